#!/usr/bin/env bats
# bats file_tags=alone
# The Debian package installs on a bare Debian 12 root and works there.
bats_require_minimum_version 1.5.0

load helpers

# The first archive that this machine's apt takes Debian 12 from.
mirror() {
    {
        awk '/^URIs:/ { uri = $2 } /^Suites:.*bookworm( |$)/ { print uri }' /etc/apt/sources.list.d/*.sources
        awk '$1 == "deb" { for (i = 2; i < NF; i++) if ($(i + 1) == "bookworm") print $i }' \
            /etc/apt/sources.list /etc/apt/sources.list.d/*.list
    } 2>/dev/null | head -n 1
}

# A bare root in $1, from a tarball that the first run leaves outside the tree.
bare_root() {
    local cache=${NM_TEST_CACHE:-/var/tmp/nmtools-test}/debian12-minbase.tar from
    if [ ! -e "$cache" ]; then
        from=$(mirror)
        [ -n "$from" ] || { WHY_NOT='there is no apt source of Debian 12 to take a root from'; return 1; }
        debootstrap --variant=minbase bookworm "$1" "$from" >"$1.log" 2>&1 ||
            { tail -n 3 "$1.log" >&2; WHY_NOT='debootstrap cannot make a root here: no archive, or no permission'; return 1; }
        rm -rf "$1"/var/cache/apt/archives/*.deb
        mkdir -p "$(dirname "$cache")"
        tar -C "$1" -cf "$cache.$$" . && mv "$cache.$$" "$cache"
    else
        mkdir -p "$1"
        tar -C "$1" -xf "$cache"
    fi
    cp /etc/resolv.conf "$1/etc/resolv.conf"
    cp -r /etc/apt/apt.conf.d/*proxy* "$1/etc/apt/apt.conf.d/" 2>/dev/null || true
}

setup() { [ -n "${PACKAGE_DIR:-}" ] || skip "${WHY_NOT:-}"; }

setup_file() {
    export WHY_NOT=''
    [ "$(id -u)" -eq 0 ] || WHY_NOT='needs root: a chroot'
    command -v debootstrap >/dev/null || WHY_NOT='needs debootstrap (scripts/install-deps test)'
    [ -z "$WHY_NOT" ] || return 0
    export PACKAGE_DIR=$BATS_FILE_TMPDIR/package ROOT=$BATS_FILE_TMPDIR/root
    cpack --config "$NM_BUILD/CPackConfig.cmake" -B "$PACKAGE_DIR" >"$BATS_FILE_TMPDIR/cpack.log" 2>&1 ||
        { tail -n 20 "$BATS_FILE_TMPDIR/cpack.log" >&2; return 1; }
    bare_root "$ROOT" || { unset PACKAGE_DIR; return 0; }
    cp "$PACKAGE_DIR"/nmtools_*.deb "$ROOT/tmp/"
    chroot "$ROOT" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends /tmp/nmtools_*.deb' >"$BATS_FILE_TMPDIR/apt.log" 2>&1 ||
        { tail -n 20 "$BATS_FILE_TMPDIR/apt.log" >&2; return 1; }
}

tools() { for main in "$NM_ROOT"/tools/*/main.cpp; do basename "$(dirname "$main")"; done; }

@test "every tool runs on the bare root" {
    for tool in $(tools); do
        run -0 chroot "$ROOT" "/usr/bin/$tool" --version
        [[ $output == "$tool (nmtools) "* ]]
    done
}

@test "the probers may open raw sockets without root, and the others have no capability" {
    for tool in $(tools); do
        case $tool in
            nmprobe | nmtcp) [[ $(getcap "$ROOT/usr/bin/$tool") == *'cap_net_raw=ep' ]] ;;
            *) [ -z "$(getcap "$ROOT/usr/bin/$tool")" ] ;;
        esac
    done
}

@test "a user without any right pings with a raw socket of the installed program" {
    run -0 chroot --userspec=65534:65534 "$ROOT" /usr/bin/nmprobe ping --socket raw -t 1s 127.0.0.1
    [ "$(jq -r 'select(.type == "probe.icmp") | "\(.received) \(.socket)"' <<<"$output")" = '1 raw' ]
}

@test "so does the service: ambient capability, no new privileges" {
    run -0 chroot "$ROOT" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+net_raw \
        --ambient-caps=-all,+net_raw --no-new-privs /usr/bin/nmprobe ping --socket raw -t 1s 127.0.0.1
    [ "$(jq -r 'select(.type == "probe.icmp") | "\(.received) \(.socket)"' <<<"$output")" = '1 raw' ]
}

@test "manual pages, completions and units are where Debian looks for them" {
    for tool in $(tools); do
        [ -s "$ROOT/usr/share/man/man1/$tool.1.gz" ]
        [ -s "$ROOT/usr/share/bash-completion/completions/$tool" ]
        [ -s "$ROOT/usr/share/zsh/vendor-completions/_$tool" ]
        [ -s "$ROOT/usr/share/fish/vendor_completions.d/$tool.fish" ]
    done
    [ -s "$ROOT/usr/share/man/man5/nm-record.5.gz" ]
    [ -s "$ROOT/usr/share/man/man7/nm-pipeline.7.gz" ]
    [ -s "$ROOT/usr/lib/systemd/system/nmprobe@.service" ]
}

@test "the units pass systemd-analyze verify" {
    command -v systemd-analyze >/dev/null || skip 'needs systemd-analyze'
    units=$BATS_TEST_TMPDIR/units
    mkdir "$units"
    # As they are, but for the program, which this machine need not have.
    for unit in "$NM_ROOT"/scripts/systemd/*; do
        sed "s|^ExecStart=/usr/bin/|ExecStart=$NM_BIN/|" "$unit" >"$units/$(basename "$unit")"
    done
    cd "$units"
    for unit in *; do
        run systemd-analyze verify --man=no "${unit/@./@office.}"
        wrong=$(grep -E 'nmprobe' <<<"$output" | grep -vE 'Failed to (open|connect)' || true)
        [ -z "$wrong" ] || { echo "$wrong" >&2; return 1; }
    done
}

@test "removing the package leaves nothing of it" {
    run -0 chroot "$ROOT" dpkg --purge nmtools
    [ -z "$(find "$ROOT/usr" "$ROOT/etc" -name '*nmprobe*' -o -name '*nmtools*')" ]
}
