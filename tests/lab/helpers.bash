# What every laboratory test shares. Load with `load helpers` (tests/lab) or `load ../lab/helpers`.
# Namespaces of a test are named nm-t<pid>-..., so tests do not meet; lab_teardown removes them.

NM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NM_BUILD=${NM_BUILD:-$NM_ROOT/build}
case $NM_BUILD in /*) ;; *) NM_BUILD=$NM_ROOT/$NM_BUILD ;; esac
NM_BIN=$NM_BUILD/bin
# shellcheck disable=SC2034  # used by the tests that load this
NM_SHARED_DATA=${NM_SHARED_DATA:-$NM_ROOT/../shared/data}

require_root() {
    [ "$(id -u)" -eq 0 ] || skip "needs root: network namespaces"
    [ -c /dev/net/tun ] || skip "needs /dev/net/tun"
}

require_commands() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || skip "needs $command (scripts/install-deps test)"
    done
}

# make_ns NAME: a namespace of this test, lo up, ICMP limits of the kernel out of the way; its name in $NS.
make_ns() {
    NS=nm-t$$-$1
    ip netns add "$NS"
    ip -n "$NS" link set lo up
    in_ns "$NS" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 \
        net.ipv4.icmp_msgs_burst=1000000 net.ipv6.icmp.ratelimit=0
}

in_ns() {
    local ns=$1
    shift
    ip netns exec "$ns" "$@"
}

# start_sim NS OPTION...: starts nm-netsim in the namespace and waits until it answers. Sets SIM_PID and LEDGER.
# Its host side is 10.99.0.1/16 and fd99::1/64 unless an --address is given.
start_sim() {
    local ns=$1 own_address='--address 10.99.0.1/16 --address fd99::1/64' option
    shift
    for option in "$@"; do [ "$option" != --address ] || own_address=''; done
    LEDGER=$BATS_TEST_TMPDIR/ledger.jsonl
    rm -f "$BATS_TEST_TMPDIR/sim.ready"
    mkfifo "$BATS_TEST_TMPDIR/sim.ready"
    # shellcheck disable=SC2086  # a list of words
    ip netns exec "$ns" "$NM_BIN/nm-netsim" $own_address --ledger "$LEDGER" "$@" \
        >"$BATS_TEST_TMPDIR/sim.ready" 2>"$BATS_TEST_TMPDIR/sim.err" 3>&- &
    SIM_PID=$!
    local word=''
    read -r -t 10 word <"$BATS_TEST_TMPDIR/sim.ready" || true
    if [ "$word" != ready ]; then
        cat "$BATS_TEST_TMPDIR/sim.err" >&2
        return 1
    fi
}

# stop_sim: ends it and waits, so that $LEDGER is complete.
stop_sim() {
    [ -n "${SIM_PID:-}" ] || return 0
    kill "$SIM_PID" 2>/dev/null || true
    local status=0
    wait "$SIM_PID" || status=$?
    SIM_PID=''
    return "$status"
}

# ledger FILTER: jq over the packet lines; ledger_summary FILTER over the last.
ledger() { jq -c "select(.summary | not) | $1" "$LEDGER"; }
ledger_count() { ledger "select($1)" | wc -l; }
ledger_summary() { jq -r "select(.summary) | $1" "$LEDGER"; }

# start_capture NS DEVICE [FILTER...]: every packet with nanoseconds into $PCAP; stop_capture completes the file.
start_capture() {
    local ns=$1 device=$2 tries=0
    shift 2
    PCAP=$BATS_TEST_TMPDIR/$device.pcap
    ip netns exec "$ns" tcpdump -i "$device" --time-stamp-precision=nano --immediate-mode -B 65536 -U -n -Z root \
        -w "$PCAP" "$@" 2>"$BATS_TEST_TMPDIR/tcpdump.err" 3>&- &
    CAPTURE_PID=$!
    until grep -q 'listening on' "$BATS_TEST_TMPDIR/tcpdump.err"; do
        [ $((tries += 1)) -lt 200 ] || return 1
        sleep 0.05
    done
}

stop_capture() {
    [ -n "${CAPTURE_PID:-}" ] || return 0
    sleep 0.2
    kill -INT "$CAPTURE_PID" 2>/dev/null || true
    wait "$CAPTURE_PID" || true
    CAPTURE_PID=''
}

# fields FILTER FIELD...: tshark's reading of $PCAP, a line per packet, checksums verified.
fields() {
    local filter=$1 field arguments=()
    shift
    for field in "$@"; do arguments+=(-e "$field"); done
    tshark -r "$PCAP" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -Y "$filter" -T fields -E separator=' ' -E occurrence=a "${arguments[@]}" 2>/dev/null
}

# lab_teardown: what a test started ends, its namespaces go. Only those that carry this test's own name.
lab_teardown() {
    stop_capture || true
    stop_sim || true
    local ns pid
    for ns in $(ip netns list | awk -v own="nm-t$$-" 'index($1, own) == 1 { print $1 }'); do
        for pid in $(ip netns pids "$ns"); do kill -KILL "$pid" 2>/dev/null || true; done
        ip netns del "$ns"
    done
}
