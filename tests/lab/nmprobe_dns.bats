#!/usr/bin/env bats
# nmprobe dns against unbound, BIND and dnsmasq, judged by dig: what we print is what dig prints.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq dig unbound named dnsmasq nft
    make_ns dns
    cd "$BATS_TEST_TMPDIR"
    local n
    for n in 1 2 3 4; do ip -n "$NS" address add "10.53.0.$n/24" dev lo; done
    ip -n "$NS" address add fd53::1/64 dev lo
    zone >lab.test.zone
}

teardown() { lab_teardown; }

zone() {
    cat <<'ZONE'
$TTL 300
@ IN SOA ns1 admin 1 3600 600 86400 60
@ IN NS ns1
@ IN MX 10 mail
@ IN TXT "a text" "of \"two\" parts"
@ IN CAA 0 issue "ca.test"
ns1 IN A 10.53.0.1
mail IN A 192.0.2.25
www IN CNAME web
web 60 IN A 192.0.2.80
web 60 IN A 192.0.2.81
web IN AAAA 2001:db8::80
_sip._udp IN SRV 1 2 5060 mail
empty IN TXT "no address"
ZONE
    local i
    for i in $(seq 90); do echo "big IN A 198.18.0.$i"; done
}

# serve COMMAND...: in the background; until dig has an answer from $1.
serve() {
    local address=$1 tries=0
    shift
    in_ns "$NS" "$@" >"$address.log" 2>&1 3>&- &
    until in_ns "$NS" dig +time=1 +tries=1 +norecurse version.test "@$address" >/dev/null; do
        [ $((tries += 1)) -lt 50 ] || { cat "$address.log" >&2; return 1; }
        sleep 0.1
    done
}

start_bind() {
    mkdir -p bind
    cat >named.conf <<CONF
options { directory "$PWD/bind"; listen-on { 10.53.0.1; }; listen-on-v6 { fd53::1; }; recursion no; pid-file none;
          session-keyfile none; server-id "bind-1"; dnssec-validation no; querylog no; rate-limit { }; };
controls { };
zone "lab.test" { type primary; file "$PWD/lab.test.zone"; };
CONF
    serve 10.53.0.1 named -g -c "$PWD/named.conf" -u root
}

start_unbound() {
    cat >unbound.conf <<CONF
server:
  interface: 10.53.0.2
  access-control: 10.53.0.0/24 allow
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  nsid: "ascii_unbound-2"
  do-not-query-localhost: no
  local-zone: "test." nodefault
  domain-insecure: "test."
remote-control:
  control-enable: no
stub-zone:
  name: "lab.test"
  stub-addr: 10.53.0.1
CONF
    serve 10.53.0.2 unbound -d -c "$PWD/unbound.conf"
}

start_dnsmasq() {
    serve 10.53.0.3 dnsmasq -k --no-resolv --no-hosts -C /dev/null --bind-interfaces --listen-address=10.53.0.3 \
        --server=/lab.test/10.53.0.1 --pid-file="$PWD/dnsmasq.pid" --user=root
}

ask() { in_ns "$NS" "$NM_BIN/nmprobe" dns --format json -t 1s "$@"; }
of() { jq -rc "select(.type == \"probe.dns\") | $1" <<<"$output"; }

# same_as_dig SERVER NAME TYPE [dig options]
same_as_dig() {
    local theirs flags
    theirs=$(in_ns "$NS" dig +short "${@:4}" "$2" "$3" "@$1" | sort)
    flags=$(in_ns "$NS" dig "${@:4}" "$2" "$3" "@$1" | sed -n 's/^;; flags: qr\(.*\);.* QUERY.*/\1/p' | xargs)
    [ "$(of '.answers[]?' | sort)" = "$theirs" ] || { diff <(of '.answers[]?' | sort) <(echo "$theirs") >&2; return 1; }
    [ "$(of .flags)" = "$flags" ] || { echo "flags: $(of .flags), dig: $flags" >&2; return 1; }
}

@test "data, rcode and flags of every server and type are those of dig" {
    start_bind
    start_unbound
    start_dnsmasq
    local server question
    for server in 10.53.0.1 10.53.0.2 10.53.0.3; do
        for question in 'www.lab.test A' 'web.lab.test AAAA' 'lab.test MX' 'lab.test TXT' 'lab.test SOA' 'lab.test NS' \
            'lab.test CAA' '_sip._udp.lab.test SRV' 'empty.lab.test A'; do
            # shellcheck disable=SC2086  # two words
            set -- $question
            in_ns "$NS" dig "$1" "$2" "@$server" >/dev/null  # what a cache answers the first time has other flags
            run -0 ask "$1" --type "$2" "@$server"
            same_as_dig "$server" "$1" "$2" || { echo "$server $question" >&2; return 1; }
        done
        run -5 ask no-such-name.lab.test "@$server"
        [ "$(of '[.state, .rcode]')" = '["nxdomain","NXDOMAIN"]' ]
    done
}

@test "all servers of a list are asked, of both families, and tell who they are (NSID)" {
    start_bind
    start_unbound
    in_ns "$NS" dig +short www.lab.test @10.53.0.2 >/dev/null
    run -0 ask --nsid www.lab.test @10.53.0.1 @10.53.0.2 @fd53::1
    [ "$(of '[.server, .nsid]' | sort | tr '\n' ' ')" \
        = '["10.53.0.1","bind-1"] ["10.53.0.2","unbound-2"] ["fd53::1","bind-1"] ' ]
}

@test "resolv.conf is used when no server is named" {
    start_bind
    printf 'nameserver 10.53.0.1\nnameserver 10.53.0.4\n' >resolv.conf
    # shellcheck disable=SC2016
    run -4 in_ns "$NS" unshare -m sh -c 'mount --bind resolv.conf /etc/resolv.conf && shift && exec "$@"' sh x \
        "$NM_BIN/nmprobe" dns --format json -t 300ms www.lab.test
    [ "$(of '[.address, .state]' | sort | tr '\n' ' ')" = '["10.53.0.1","ok"] ["10.53.0.4","closed"] ' ]
}

@test "a large answer is truncated by UDP and whole by TCP, as dig has it" {
    start_bind
    run -0 ask big.lab.test @10.53.0.1
    [ "$(of '[.transport, .answer_count]')" = '["tcp",90]' ]
    same_as_dig 10.53.0.1 big.lab.test A
    run -1 ask --no-tcp --no-edns big.lab.test @10.53.0.1
    [ "$(of '[.state, .transport]')" = '["truncated","udp"]' ]
    of '.bytes <= 512' | grep -qx true
    in_ns "$NS" nft -f - <<'NFT'
table inet f {
    chain out {
        type filter hook output priority 0;
        tcp dport 53 reject with tcp reset
    }
}
NFT
    run -1 ask big.lab.test @10.53.0.1
    [ "$(of .state)" = truncated ]
    of .error | grep -q 'by TCP: Connection refused'
}

@test "silence, a closed port, an administrator's no and a server that refuses read differently" {
    start_bind
    in_ns "$NS" nft -f - <<'NFT'
table inet f {
    chain in {
        type filter hook input priority 0;
        ip daddr 10.53.0.2 udp dport 53 drop
        ip daddr 10.53.0.3 udp dport 53 reject with icmp type admin-prohibited
    }
}
NFT
    run -1 ask www.lab.test @10.53.0.1 @10.53.0.2 @10.53.0.3 @10.53.0.4
    [ "$(of '[.address, .state]' | sort | tr '\n' ' ')" \
        = '["10.53.0.1","ok"] ["10.53.0.2","timeout"] ["10.53.0.3","unreachable"] ["10.53.0.4","closed"] ' ]
    of 'select(.state == "unreachable") | .error' | grep -q 'from 10.53.0.3'
    run -3 ask www.lab.test @10.53.0.1 @10.53.0.3
    run -6 ask www.lab.test @192.0.2.1  # no route
    [ "$(of '[.state, .error]')" = '["error","Network is unreachable"]' ]
    run -1 ask www.elsewhere.test @10.53.0.1
    [ "$(of '[.state, .rcode]')" = '["failed","REFUSED"]' ]
}

@test "the time of a query is that of the wire" {
    start_bind
    start_capture "$NS" lo udp port 53
    run -0 ask -c 50 -i 10ms www.lab.test @10.53.0.1
    stop_capture
    fields 'dns.flags.response == 1' dns.time | awk '{ print $1 * 1e6 }' | sort -g >wire
    of .rtt_us | sort -g >ours
    [ "$(wc -l <wire)" -eq 50 ]
    [ "$(of .ts_source | sort -u)" = kernel ]
    paste ours wire | python3 -c 'import sys
errors = sorted(abs(float(a) - float(b)) for a, b in map(str.split, sys.stdin))
print("median error in us:", errors[len(errors) // 2], file=sys.stderr)
sys.exit(errors[len(errors) // 2] >= 30)'
}
