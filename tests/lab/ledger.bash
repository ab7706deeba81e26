# What the tests with three ledgers share: simulator and capture around runs of nmprobe and nmtcp, then the
# comparison by ledger.py. Load behind helpers.

ledger_setup() {
    require_root
    require_commands tcpdump jq python3 nft
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns ledger
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
}

# observe SIM-OPTION...: simulator and capture, from here to judge.
observe() {
    start_sim "$NS" "$@"
    start_capture "$NS" sim0 -s 256  # longer frames would leave room for a few hundred in the buffer
}

# A run of nmprobe is known by its TTL: several may share an observation.
declare -gA ttl_of=([raw]=61 [dgram]=62 [syn]=63 [connect]=60)

# icmp MODE OPTION...: nmprobe over raw or datagram sockets, its records in $BATS_TEST_TMPDIR/MODE.
icmp() {
    local mode=$1
    shift
    in_ns "$NS" "$NM_BIN/nmprobe" ping --each --linger 300ms --format json --socket "$mode" --ttl "${ttl_of[$mode]}" "$@" \
        >"$BATS_TEST_TMPDIR/$mode"
}

# tcp METHOD OPTION...: the same for nmtcp, started by the command in `under`.
under=()
tcp() {
    local method=$1
    shift
    in_ns "$NS" "${under[@]}" "$NM_BIN/nmtcp" ping --each --linger 300ms --format json --method "$method" --ttl "${ttl_of[$method]}" "$@" \
        >"$BATS_TEST_TMPDIR/$method"
}

# finish: ends the observation; judge MODE TIMEOUT EXPECTATION compares the three ledgers.
finish() {
    # A busy machine lets tcpdump lag, and told to stop it leaves what the buffer still holds.
    local size=-1 tries=0
    while [ "$size" != "$(stat -c %s "$PCAP")" ] && [ $((tries += 1)) -lt 20 ]; do
        size=$(stat -c %s "$PCAP")
        sleep 0.3
    done
    stop_capture
    stop_sim
    if ! grep -q '^0 packets dropped by kernel' "$BATS_TEST_TMPDIR/tcpdump.err"; then
        cat "$BATS_TEST_TMPDIR/tcpdump.err"
        return 1
    fi
}

judge() {
    local mode=$1 timeout=$2 expectation=$3
    shift 3
    python3 "$NM_ROOT/tests/lab/ledger.py" --mode "$mode" --ttl "${ttl_of[$mode]}" --tool "$BATS_TEST_TMPDIR/$mode" \
        --sim "$LEDGER" --pcap "$PCAP" --timeout "$timeout" --expect "$expectation" "$@"
}

# stopped_icmp MODE OPTION...: icmp that is stopped for 500 ms, 200 ms after its start.
stopped_icmp() {
    local mode=$1
    shift
    # Not through a function: the process must be nmprobe itself.
    ip netns exec "$NS" "$NM_BIN/nmprobe" ping --each --linger 300ms --format json --socket "$mode" \
        --ttl "${ttl_of[$mode]}" "$@" <&0 >"$BATS_TEST_TMPDIR/$mode" 3>&- &
    local pid=$!
    sleep 0.2
    kill -STOP $pid && sleep 0.5 && kill -CONT $pid
    wait $pid || true
}
