#!/usr/bin/env bats
# bats file_tags=alone
# nmdeploy on podman, judged by podman itself; storage, namespaces and control groups are this test's own.
bats_require_minimum_version 1.5.0

load helpers

setup() {
    require_root
    require_commands podman runc jq
    if [ ! -x "$NM_BIN/nmdeploy" ] || [ ! -x "$NM_BIN/nmprobe" ]; then skip "needs nmdeploy and nmprobe"; fi
    make_ns a
    A=$NS
    make_ns b
    B=$NS
    owner=t$$
    dir=$BATS_TEST_TMPDIR/d
    cat >"$BATS_TEST_TMPDIR/targets.yaml" <<<'lo: [127.0.0.1]'
    # A sanitizer needs more memory than the app.
    memory=${NM_SANITIZED:+1024Mi}
    memory=${memory:-48Mi}
    cat >"$BATS_TEST_TMPDIR/catalog.yaml" <<CATALOG
apps:
  one: {tool: [nmprobe, ping, -f, targets.yaml, -t, 100ms, --every, 200ms], files: [targets.yaml], memory: $memory, cpu: 0.25, pids: 20}
  two: {tool: [nmprobe, ping, 127.0.0.1, -t, 100ms, --every, 200ms], memory: $memory}
  three: {tool: [nmprobe, ping, 127.0.0.2, -t, 100ms, --every, 200ms], memory: $memory}
  wrong: {tool: [nmprobe, ping, --nonsense], memory: $memory}
nodes:
  a: {netns: /run/netns/$A}
  b: {netns: /run/netns/$B}
CATALOG
}

teardown() {
    [ -z "${dir:-}" ] || [ ! -d "$dir/storage" ] || engine rm --force --all --time 1 >/dev/null 2>&1 || true
    local group
    for _ in $(seq 20); do
        group=$(find /sys/fs/cgroup -depth -type d -path "*/nmdeploy-${owner:-none}*" 2>/dev/null)
        [ -n "$group" ] || break
        # shellcheck disable=SC2086  # a list of paths
        rmdir $group 2>/dev/null || sleep 0.1
    done
    [ -z "${dir:-}" ] || awk -v d="$dir/" 'index($2, d) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
    lab_teardown
}

engine() {
    CONTAINERS_CONF=$dir/containers.conf podman --root "$dir/storage" --runroot "$dir/r/run" --tmpdir "$dir/r/tmp" "$@"
}
deploy() {
    local verb=$1
    shift
    "$NM_BIN/nmdeploy" "$verb" --owner "$owner" --dir "$dir" --run-dir "$dir/r" -f "$BATS_TEST_TMPDIR/catalog.yaml" "$@"
}
# plan APP@NODE...
plan() {
    local place
    for place in "$@"; do
        printf '{"type":"placement","v":1,"ts":"2026-11-22T00:00:00.000000Z","app":"%s","node":"%s"}\n' "${place%@*}" "${place#*@}"
    done
    printf '{"type":"plan.summary","v":1,"ts":"2026-11-22T00:00:00.000000Z","accepted":%d}\n' $#
}
# What podman has, each container by its id.
fingerprint() { engine ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.Image}}' | sort; }
running() { engine ps --format '{{.Names}}' | sort | paste -sd ' '; }

@test "apply starts what is missing, and only that; the second time nothing is done" {
    plan one@a two@b | deploy apply >"$BATS_TEST_TMPDIR/first" || { cat "$BATS_TEST_TMPDIR/first"; false; }
    [ "$(running)" = "${owner}_one_a ${owner}_two_b" ]
    [ "$(jq -c 'select(.type == "deploy.action") | [.app, .action, .result]' "$BATS_TEST_TMPDIR/first" | sort | paste -sd ' ')" = \
        '["one","create","done"] ["two","create","done"]' ]
    fingerprint >"$BATS_TEST_TMPDIR/before"
    engine events --stream=false --since 1h 2>/dev/null | wc -l >"$BATS_TEST_TMPDIR/events"
    run -0 --separate-stderr deploy apply --detailed-exitcode < <(plan one@a two@b)
    [ "$(jq -r 'select(.type == "deploy.summary") | "\(.changed) \(.engine_writes) \(.kept)"' <<<"$output")" = 'false 0 2' ]
    fingerprint | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(engine events --stream=false --since 1h 2>/dev/null | wc -l)" -eq "$(cat "$BATS_TEST_TMPDIR/events")" ]
    # One more app: the others are not touched.
    run -2 --separate-stderr deploy apply --detailed-exitcode < <(plan one@a two@b three@a)
    fingerprint | grep -F -f "$BATS_TEST_TMPDIR/before" | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(engine ps -q | wc -l)" -eq 3 ]
}

@test "a container has its limits, one capability, a root it cannot write and its node's namespace" {
    plan one@a | deploy apply >/dev/null
    engine inspect "${owner}_one_a" >"$BATS_TEST_TMPDIR/inspect"
    jq -e --arg memory "$memory" '.[0] | .HostConfig.Memory == ($memory | rtrimstr("Mi") | tonumber) * 1024 * 1024 and .HostConfig.PidsLimit == 20 and
        .HostConfig.CpuQuota == 25000 and .HostConfig.ReadonlyRootfs and
        (.HostConfig.SecurityOpt | index("no-new-privileges")) and .Config.User == "65532:65532"' "$BATS_TEST_TMPDIR/inspect"
    local pid
    pid=$(jq '.[0].State.Pid' "$BATS_TEST_TMPDIR/inspect")
    # The tool drops it again once its sockets are open.
    grep -q '^CapEff:.000000000000[02]000$' "/proc/$pid/status"
    [ "$(jq -c '.[0].EffectiveCaps' "$BATS_TEST_TMPDIR/inspect")" = '["CAP_NET_RAW"]' ]
    grep -q '^CapBnd:.0000000000002000$' "/proc/$pid/status"
    grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
    [ "$(stat -L -c %i "/proc/$pid/ns/net")" = "$(stat -L -c %i "/run/netns/$A")" ]
}

@test "the records of a container come back as JSON lines, and stay when it is replaced" {
    plan one@a | deploy apply >/dev/null
    sleep 1
    [ "$(jq -r 'select(.type == "probe.icmp") | .state' "$dir/records/one@a.jsonl" | sort -u)" = up ]
    local before
    before=$(head -n 1 "$dir/records/one@a.jsonl")
    sed -i 's/200ms\], files/300ms], files/' "$BATS_TEST_TMPDIR/catalog.yaml"
    run -0 --separate-stderr deploy apply < <(plan one@a)
    [ "$(jq -r 'select(.type == "deploy.action") | "\(.action) \(.drift)"' <<<"$output")" = 'replace changed' ]
    [ "$(head -n 1 "$dir/records/one@a.jsonl")" = "$before" ]
}

@test "an image has what its verb loads at run time, and no more: nmprobe http works in it, with TLS" {
    require_commands python3 openssl
    local port port6 port_tls
    cd "$BATS_TEST_TMPDIR"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 9 \
        -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>openssl.log
    mkfifo ports hold
    exec 7<>hold
    in_ns "$A" "$NM_ROOT/tests/cli/http_server.py" cert.pem key.pem <hold >ports 3>&- &
    read -r -t 10 port port6 port_tls <ports
    memory=${NM_SANITIZED:+1024Mi}
    sed -i "s|^nodes:|  web: {tool: [nmprobe, http, 'http://127.0.0.1:$port/', 'https://127.0.0.1:$port_tls/', --ca-file, cert.pem, -t, 2s, --every, 2s], files: [cert.pem], memory: ${memory:-96Mi}}\n&|" catalog.yaml
    plan web@a one@a | deploy apply >first || { cat first; false; }
    # Of the answers that are well, by HTTP and HTTPS.
    well() { jq -r 'select(.state == "ok") | .tls_version // "none"' "$dir/records/web@a.jsonl" | LC_ALL=C sort -u | paste -sd ' '; }
    local i
    for ((i = 0; i < 200; i++)); do [ "$(well)" != 'TLSv1.3 none' ] || break; sleep 0.1; done
    exec 7>&-
    [ "$(well)" = 'TLSv1.3 none' ] || { cat "$dir/records/web@a.jsonl"; false; }
    # Whom the machine trusts, the container trusts; what does not ask the web has none of this.
    engine export "${owner}_web_a" | tar -t >web.files
    engine export "${owner}_one_a" | tar -t >one.files
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || grep -q 'etc/ssl/certs/ca-certificates\.crt$' web.files
    grep -q '/libcurl\.so\.4$' web.files
    run -1 grep -E 'libcurl|ca-certificates' one.files
}

@test "a changed file of an app, and a changed network namespace, replace exactly that container" {
    plan one@a two@b | deploy apply >/dev/null
    echo 'lo: [127.0.0.3]' >"$BATS_TEST_TMPDIR/targets.yaml"
    run -0 --separate-stderr deploy apply < <(plan one@a two@b)
    [ "$(jq -r 'select(.type == "deploy.action") | "\(.app) \(.action)"' <<<"$output" | sort | paste -sd,)" = 'one replace,two keep' ]
    ip netns del "$B"
    make_ns b
    run -0 --separate-stderr deploy apply < <(plan one@a two@b)
    [ "$(jq -r 'select(.app == "two") | "\(.action) \(.drift)"' <<<"$output")" = 'replace lost_netns' ]
}

@test "state tells what runs and how it differs; drift is exit 1 and healed by one apply" {
    plan one@a two@b | deploy apply >/dev/null
    plan one@a two@b >"$BATS_TEST_TMPDIR/plan"
    run -0 --separate-stderr deploy state "$BATS_TEST_TMPDIR/plan"
    engine stop --time 1 "${owner}_one_a" >/dev/null
    engine rm --force --time 1 "${owner}_two_b" >/dev/null
    run -1 --separate-stderr deploy state "$BATS_TEST_TMPDIR/plan"
    [ "$(jq -r 'select(.type == "deploy.state") | "\(.app) \(.drift)"' <<<"$output" | sort | paste -sd,)" = 'one stopped,two missing' ]
    deploy apply "$BATS_TEST_TMPDIR/plan" >/dev/null
    run -0 --separate-stderr deploy state "$BATS_TEST_TMPDIR/plan"
    [ "$(jq -r 'select(.type == "deploy.state") | .container_id' <<<"$output" | sort)" = "$(engine ps -q --no-trunc | sort)" ]
}

@test "an empty, cut or damaged plan changes nothing, at whatever byte it is cut" {
    plan one@a two@b | deploy apply >/dev/null
    fingerprint >"$BATS_TEST_TMPDIR/before"
    run -65 deploy apply </dev/null
    local size at
    plan two@b >"$BATS_TEST_TMPDIR/plan"
    size=$(stat -c %s "$BATS_TEST_TMPDIR/plan")
    # The newline at the end is no part of the last record.
    for ((at = 0; at < size - 1; at += 7)); do
        run -65 deploy apply < <(head -c "$at" "$BATS_TEST_TMPDIR/plan")
    done
    run -65 deploy apply < <(plan two@b | sed 1d | sed 's/accepted":1/accepted":1/')
    run -65 deploy apply < <(plan two@b; plan one@a)
    run -65 deploy apply < <(plan '../x@a')
    run -65 deploy apply < <(plan 'nobody@a')
    fingerprint | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a plan that removes too much is refused, unless that is said" {
    plan one@a two@b three@a | deploy apply >/dev/null
    fingerprint >"$BATS_TEST_TMPDIR/before"
    run -1 --separate-stderr deploy apply < <(plan one@a)
    grep -q -- --allow-remove <<<"$stderr"
    fingerprint | diff "$BATS_TEST_TMPDIR/before" -
    # A move is no removal.
    plan one@b two@a three@b | deploy apply >/dev/null
    [ "$(running)" = "${owner}_one_b ${owner}_three_b ${owner}_two_a" ]
    plan | deploy apply --allow-remove >/dev/null
    [ -z "$(engine ps --all -q)" ]
    [ -z "$(find /sys/fs/cgroup -type d -name "nmdeploy-$owner")" ]
}

@test "a command that ends at once has failed: told with its words, removed, the others run" {
    run -1 --separate-stderr deploy apply < <(plan wrong@a two@b)
    [ "$(jq -r 'select(.app == "wrong").result' <<<"$output")" = failed ]
    jq -r 'select(.app == "wrong").reason' <<<"$output" | grep -q 'nonsense'
    [ "$(engine ps --all --format '{{.Names}}')" = "${owner}_two_b" ]
}

@test "--dry-run tells the difference and does nothing" {
    run -2 --separate-stderr deploy apply --dry-run --detailed-exitcode < <(plan one@a)
    [ "$(jq -r 'select(.type == "deploy.action") | "\(.action) \(.result)"' <<<"$output")" = 'create planned' ]
    [ -z "$(engine ps --all -q)" ]
    [ -z "$(engine images -q)" ]
}

@test "containers of another owner are neither seen nor touched" {
    plan one@a | deploy apply >/dev/null
    owner=u$$ deploy apply < <(plan two@b) >/dev/null
    owner=u$$ deploy apply --allow-remove < <(plan) >/dev/null
    [ "$(running)" = "${owner}_one_a" ]
}

@test "two runs at once: one works, the other says so with 75" {
    exec 7>"$BATS_TEST_TMPDIR/x"
    mkdir -p "$dir"
    (flock 8; sleep 3) 8>"$dir/lock" 3>&- 7>&- &
    sleep 0.5
    run -75 deploy apply < <(plan one@a)
    wait $!
}

@test "killed at any moment, a second run converges" {
    local moment pid
    for moment in 0.1 0.25 0.4 0.6 0.8 1.0 1.3 1.6; do
        plan one@a two@b three@a >"$BATS_TEST_TMPDIR/plan"
        deploy apply "$BATS_TEST_TMPDIR/plan" >/dev/null 2>&1 3>&- &
        pid=$!
        sleep "$moment"
        pkill -KILL -P "$pid" -x nmdeploy || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" || true
        deploy apply "$BATS_TEST_TMPDIR/plan" >"$BATS_TEST_TMPDIR/out" || deploy apply "$BATS_TEST_TMPDIR/plan" >"$BATS_TEST_TMPDIR/out"
        [ "$(running)" = "${owner}_one_a ${owner}_three_a ${owner}_two_b" ]
        plan | deploy apply --allow-remove >/dev/null
        [ -z "$(engine ps --all --external -q)" ]
    done
}

@test "engines and verbs that are not there are refused in plain words" {
    run -64 --separate-stderr deploy apply --engine kubectl < <(plan one@a)
    grep -q 'not in this version; there is podman' <<<"$stderr"
    run -64 --separate-stderr "$NM_BIN/nmdeploy" vault
    grep -q 'not in this version' <<<"$stderr"
}
