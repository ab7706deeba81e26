#!/usr/bin/env bats
# bats file_tags=alone
# scripts/quickstart: what each stage says is judged by a program that we did not write, and nothing stays behind.
bats_require_minimum_version 1.5.0

load helpers

setup_file() {
    load helpers
    [ "$(id -u)" -eq 0 ] && [ -z "${NM_SANITIZED:-}" ] || return 0
    local tool
    for tool in nmprobe nmtcp nmflowtool nmbgp nmsched nmdeploy; do [ -x "$NM_BIN/$tool" ] || return 0; done
    export NM_LAB=qst$$ RUN_DIR=$BATS_FILE_TMPDIR
    mkdir -p "$RUN_DIR/nfcapd"
    # Beside our collector, nfcapd gets the same datagrams; it ends with the laboratory.
    (
        for _ in $(seq 200); do
            [ -e "/run/netns/nm-$NM_LAB-r" ] && ip -n "nm-$NM_LAB-r" link show lo | grep -q UP && break
            sleep 0.05
        done
        exec ip netns exec "nm-$NM_LAB-r" nfcapd -p 2056 -b 127.0.0.1 -w "$RUN_DIR/nfcapd" -t 3600
    ) >/dev/null 2>&1 3>&- &
    # While the apps run: what podman and the other judges see.
    NM_ALSO_EXPORT_TO=127.0.0.1:2056 timeout 150 "$NM_ROOT/scripts/quickstart" --no-install --no-build --keep \
        --records "$RUN_DIR/records" >"$RUN_DIR/out" 2>"$RUN_DIR/err" 3>&- || true
}

teardown_file() {
    [ -n "${NM_LAB:-}" ] || return 0
    "$NM_ROOT/scripts/quickstart" --clean >/dev/null 2>&1
    rm -f "/run/nm-quickstart-$NM_LAB.lock"
}

setup() {
    require_root
    require_commands podman birdc softflowd nginx nfcapd nfdump fping jq curl
    [ -z "${NM_SANITIZED:-}" ] || skip "the apps' memory limits are too tight for a sanitizer build"
    [ -n "${NM_LAB:-}" ] || skip "needs all six tools"
    cd "$RUN_DIR/records" || return
    run_dir=/run/nm-quickstart-$NM_LAB
    store=/var/lib/nm-quickstart-$NM_LAB
}

lab() { "$NM_ROOT/scripts/lab" "$@"; }

engine() {
    CONTAINERS_CONF=$store/containers.conf podman --root "$store/storage" --runroot "$run_dir/engine/run" \
        --tmpdir "$run_dir/engine/tmp" "$@"
}

@test "it ends with a table and one line that says what happened" {
    run -0 tail -n 3 "$RUN_DIR/out"
    grep -q 'STAGE .*RESULT' "$RUN_DIR/out"
    grep -q '^quickstart: all 9 stages done' <<<"$output"
}

@test "every stage leaves JSON lines in the one directory" {
    local n
    for n in 1 2 3 4 5 6 7 8 9; do
        cat "$n"-*.jsonl | jq -e . >/dev/null
        [ "$(cat "$n"-*.jsonl | wc -l)" -gt 0 ]
    done
}

@test "every target that nmprobe finds answers fping too, with the same loss" {
    local target
    for target in $(jq -r 'select(.type == "probe.icmp" and .received == .sent).target' 1-ping.jsonl); do
        lab exec n1 fping -q -c 3 -p 50 "$target"
    done
    [ "$(jq -s 'map(select(.type == "probe.icmp")) | length' 1-ping.jsonl)" -eq 5 ]
    [ "$(jq -s 'map(select(.type == "probe.icmp").lost) | add' 1-ping.jsonl)" -eq 0 ]
}

@test "a service that nmtcp calls open serves curl" {
    [ "$(jq -r 'select(.type == "tcp.probe" and .port == 80).state' 2-tcp.jsonl | sort -u)" = open ]
    lab exec n1 curl -sf -o /dev/null http://198.18.10.2/small
    lab exec n1 curl -sf -o /dev/null 'http://[2001:db8:10::2]/small'
}

@test "the flows are those that nfdump has of the same datagrams, byte for byte of their counters" {
    local pid
    pid=$(pgrep -f "nfcapd -p 2056 .*$RUN_DIR/nfcapd")
    kill -TERM "$pid"
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    nfdump -q -N -6 -R "$RUN_DIR/nfcapd" -o 'fmt:%sa|%da|%sp|%dp|%pkt|%byt' | tr -d ' ' | grep . | awk -F'|' '
        { print $1 "|" $2 "|" ($3 + 0) "|" $5 "|" $6 }' | sort >"$BATS_TEST_TMPDIR/theirs"
    jq -r 'select(.type == "flow") | "\(.src_ip)|\(.dst_ip)|\(.src_port // 0)|\(.packets)|\(.bytes)"' \
        4-flows.jsonl | sort >"$BATS_TEST_TMPDIR/ours"
    [ -s "$BATS_TEST_TMPDIR/ours" ]
    diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
}

@test "the bytes of a download that curl counted are in its flow" {
    local port bytes
    while read -r port bytes; do
        [ "$(jq -s --argjson port "$port" 'map(select(.type == "flow" and .src_port == 80 and .dst_port == $port).bytes) | add' 4-flows.jsonl)" -ge "$bytes" ]
    done < <(jq -r '"\(.local_port) \(.bytes)"' 3-traffic.jsonl)
}

@test "each address has the AS path that BIRD shows for it" {
    local address path
    # One line for each address and path, destination and source alike.
    jq -r 'select(.type == "flow") | "\(.dst_ip) \(.as_path // "")"' 5-annotated.jsonl | sort -u >"$BATS_TEST_TMPDIR/pairs"
    grep -q '65100 65010' "$BATS_TEST_TMPDIR/pairs"
    while read -r address path; do
        run birdc -s "$run_dir/bird.ctl" show route for "$address" all
        [ "$(awk '/BGP.as_path:/ { $1 = ""; sub(/^ /, ""); print; exit }' <<<"$output")" = "$path" ]
    done <"$BATS_TEST_TMPDIR/pairs"
}

@test "the ranking adds up to what jq adds up" {
    jq -r 'select(.type == "flow.top" and .src_as and .dst_as) | "\(.src_as) \(.dst_as) \(.bytes)"' 6-top.jsonl | sort >"$BATS_TEST_TMPDIR/ours"
    jq -rs 'map(select(.type == "flow" and .src_as and .dst_as)) | group_by([.src_as, .dst_as])[] |
        "\(.[0].src_as) \(.[0].dst_as) \(map(.bytes) | add)"' 5-annotated.jsonl | sort >"$BATS_TEST_TMPDIR/theirs"
    [ -s "$BATS_TEST_TMPDIR/ours" ]
    diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
}

@test "the plan keeps the capacities and networks of the fleet, by jq's reckoning" {
    [ "$(jq -r 'select(.type == "plan.check").valid' 7-check.jsonl)" = true ]
    jq -es '
        (map(select(.type == "node")) | map({key: .id, value: .}) | from_entries) as $nodes |
        (map(select(.type == "app")) | map({key: .id, value: .}) | from_entries) as $apps |
        map(select(.type == "placement")) as $placed |
        ($placed | length == 2) and
        ($placed | all($nodes[.node].lan == $apps[.app].lan)) and
        ($placed | group_by(.node) | all((map($apps[.app].cpu) | add) <= $nodes[.[0].node].cpu))
    ' fleet.jsonl 7-plan.jsonl
}

@test "podman runs exactly the containers of the plan, each in its node's namespace" {
    engine ps --format '{{.Labels}}' | grep -o 'nm.app:[^ ]*\|nm.node:[^] ]*' | paste - - | sed 's/nm.app://; s/nm.node://' | sort >"$BATS_TEST_TMPDIR/theirs"
    jq -r 'select(.type == "placement") | "\(.app)\t\(.node)"' 7-plan.jsonl | sort >"$BATS_TEST_TMPDIR/ours"
    diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
    local app node pid
    while read -r app node; do
        pid=$(engine inspect --format '{{.State.Pid}}' "${NM_LAB}_${app}_$node")
        [ "$(stat -L -c %i "/proc/$pid/ns/net")" = "$(stat -L -c %i "/run/netns/nm-$NM_LAB-$node")" ]
    done <"$BATS_TEST_TMPDIR/ours"
}

# what_is_left LAB: whatever a run may leave behind, as words; nothing when all is gone.
what_is_left() {
    ip netns list | grep -o "nm-$1-[a-z0-9]*" || true
    grep -l -z -s -x "NM_QUICKSTART=$1" /proc/[0-9]*/environ || true
    grep "nm-quickstart-$1/" /proc/mounts || true
    find /sys/fs/cgroup -type d -path "*nmdeploy-$1*" 2>/dev/null || true
    ls -d "/run/nm-quickstart-$1" "/var/lib/nm-quickstart-$1" 2>/dev/null || true
    pgrep -af "nm-quickstart-$1/" | grep -v defunct || true
}

@test "killed at any moment it leaves no namespace, process, mount or container" {
    local lab=qsk$$ moment pid began
    for moment in 0.3 0.8 1.5 2.5 3.5 4.2 5 6; do
        NM_LAB=$lab "$NM_ROOT/scripts/quickstart" --no-install --no-build \
            --records "$BATS_TEST_TMPDIR/records" >/dev/null 2>&1 3>&- &
        pid=$!
        sleep "$moment"
        kill -KILL "$pid" 2>/dev/null || true
        began=$SECONDS
        # The lock is free when the cleaning is over.
        flock -w 60 "/run/nm-quickstart-$lab.lock" true
        for _ in $(seq 50); do [ -n "$(what_is_left "$lab")" ] || break; sleep 0.1; done
        run what_is_left "$lab"
        echo "killed after $moment s, clean after $((SECONDS - began)) s: $output" >&2
        [ -z "$output" ]
    done
    rm -f "/run/nm-quickstart-$lab.lock"
}

@test "SIGTERM and Ctrl-C clean up before it ends, and the last line says so" {
    local lab=qsi$$ signal pid
    for signal in TERM INT; do
        NM_LAB=$lab setsid -w bash -c 'trap - INT; exec "$@"' - env --default-signal=INT \
            "$NM_ROOT/scripts/quickstart" --no-install --no-build \
            --records "$BATS_TEST_TMPDIR/records" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
        sleep 3
        pid=$(pgrep -f "scripts/quickstart --no-install --no-build --records $BATS_TEST_TMPDIR/records" | head -n 1)
        kill -"$signal" "$pid"
        wait $! || true
        grep -q "^quickstart: interrupted by SIG$signal" "$BATS_TEST_TMPDIR/out"
        [ -z "$(what_is_left "$lab")" ]
    done
    rm -f "/run/nm-quickstart-$lab.lock"
}

@test "--clean removes what --keep left" {
    "$NM_ROOT/scripts/quickstart" --clean
    run what_is_left "$NM_LAB"
    [ -z "$output" ]
}
