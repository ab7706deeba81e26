#!/usr/bin/env bats
# nmprobe trace and nmtcp trace: in the simulator, whose paths are scripted, and over a chain of real kernels.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=90; }

setup() {
    require_root
    require_commands jq tshark
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns trace
}

teardown() { lab_teardown; }

# trace OPTION...: nmprobe trace, its records in $RECORDS.
trace() {
    RECORDS=$BATS_TEST_TMPDIR/records
    in_ns "$NS" "$NM_BIN/nmprobe" trace --format json -t 500ms "$@" >"$RECORDS"
}

# of FILTER: jq over the trace records.
of() { jq -rc "select(.type == \"probe.trace\") | $1" "$RECORDS"; }

# Addresses hop by hop, * for silence.
hops='[.hops[] | [.replies[]?.address] | if . == [] then "*" else join("|") end] | join(" ")'

@test "ICMP, UDP and TCP follow a scripted path in both families" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*+10.98.2.1,hop_delay=2ms,tcp_open=443' \
        --rule 'fd99::/64: path=2001:db8:a::1+2001:db8:b::1,tcp_open=443'
    local method
    for method in icmp udp tcp; do
        trace --method "$method" --port 443 10.99.1.1 fd99::9
        [ "$(of "select(.target == \"10.99.1.1\") | $hops")" = '10.98.0.1 * 10.98.2.1 10.99.1.1' ]
        [ "$(of "select(.target == \"fd99::9\") | $hops")" = '2001:db8:a::1 2001:db8:b::1 fd99::9' ]
        [ "$(of '[.state, .method] | join(" ")' | sort -u)" = "reached $method" ]
        [ "$(of '.sent == .received + .lost + .lost_self' | sort -u)" = true ]
        [ "$(of '.ts_source' | sort -u)" = kernel ]
    done
    [ "$(of '.answer' | sort -u)" = open ]
    # Router N answers after N times 2 ms.
    [ "$(of 'select(.target == "10.99.1.1") | .hops[2].replies[0].rtt_min_us | . >= 6000 and . < 60000')" = true ]
}

@test "T29: all packets of a trace are one flow, to the last bit that a router hashes" {
    start_sim "$NS" --rule '10.99.0.0/16: path=10.98.0.1+10.98.1.1|10.98.1.2|10.98.1.3|10.98.1.4+10.98.2.1|10.98.2.2' \
        --rule 'fd99::/64: path=2001:db8::1+2001:db8:1::1|2001:db8:1::2|2001:db8:1::3'
    # Not what the kernel sends on its own.
    local method ours='(ip.src == 10.99.0.1 or ipv6.src == fd99::1) and not igmp and not (icmp.type in {3,11}) and not (icmpv6.type in {1..4,133..143})'
    for method in icmp udp tcp; do
        start_capture "$NS" sim0 -s 256  # longer frames would leave room for a few hundred in the buffer
        trace --method "$method" -c 20 -i 1ms 10.99.1.1 10.99.1.2 10.99.1.3 fd99::8 fd99::9
        stop_capture
        [ "$(of 'any(.hops[]; (.replies | length) != 1 or .per_packet)' | sort -u)" = false ]
        case $method in
            icmp) run -0 fields "$ours" ip.dst icmp.checksum icmp.ident ipv6.dst ipv6.flow icmpv6.checksum icmpv6.echo.identifier ;;
            udp) run -0 fields "$ours" ip.dst udp.srcport udp.dstport udp.length udp.checksum ipv6.dst ipv6.flow ;;
            tcp) run -0 fields "$ours and tcp.flags == 2" ip.dst tcp.srcport tcp.dstport ipv6.dst ipv6.flow ;;
        esac
        [ "$(sort -u <<<"$output" | wc -l)" -eq 5 ] || { sort <<<"$output" | uniq -c; false; }
        [ "$(wc -l <<<"$output")" -eq 360 ] || { echo "$method"; sort <<<"$output" | uniq -c; false; }
    done
    stop_sim
    [ -z "$(ledger 'select(.fate == "malformed" or .fate == "bad_checksum")')" ]
}

@test "T29: --mda finds both ways of a diamond within a second, and no link that is not there" {
    start_sim "$NS" --rule '10.99.0.0/16: path=10.98.0.1+10.98.1.1|10.98.1.2+10.98.2.1'
    local method began
    for method in icmp udp tcp; do
        began=$(date +%s%N)
        trace --mda --confidence 99.9 --method "$method" 10.99.1.1
        [ $(($(date +%s%N) - began)) -lt 1000000000 ] || [ "${NM_SLOW:-}" = 1 ]
        [ "$(of '[.links[] | "\(.from)>\(.to)"] | sort | join(" ")')" = \
            '10.98.0.1>10.98.1.1 10.98.0.1>10.98.1.2 10.98.1.1>10.98.2.1 10.98.1.2>10.98.2.1 10.98.2.1>10.99.1.1' ]
        [ "$(of '[.branches, .confidence_pct] | join(" ")')" = '2 99.9' ]
    done
}

@test "T29: a thousand targets behind balancing routers give no false link" {
    start_sim "$NS" --rule '10.99.0.0/16: path=10.98.0.1+10.98.1.1|10.98.1.2|10.98.1.3+10.98.2.1|10.98.2.2'
    local targets=() i
    for i in $(seq 1 1000); do targets+=("10.99.$((i / 200 + 1)).$((i % 200 + 1))"); done
    trace -c 1 --rate 0 "${targets[@]}"
    stop_sim
    [ "$(of .state | sort | uniq -c | awk '{ print $1, $2 }')" = '1000 reached' ]
    # What each probe met is in the ledger: the address that a router answered from.
    ledger 'select(.sent[0].kind == "error") | [.dst, .ttl, .sent[0].from] | @tsv' | jq -r . | sort -u >"$BATS_TEST_TMPDIR/truth"
    of '.address as $a | .hops[:-1][] | [$a, .ttl, .replies[].address] | @tsv' | sort -u >"$BATS_TEST_TMPDIR/seen"
    diff "$BATS_TEST_TMPDIR/seen" "$BATS_TEST_TMPDIR/truth"
}

@test "T7: errors with 8 bytes of quote, IP options, extension headers, a translated quote all find their probe" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.1.1,quote=8' \
        --rule '10.99.2.0/24: path=10.98.0.1,quote_ip_options' \
        --rule '10.99.3.0/24: path=10.98.0.1,quote_nat=192.0.2.99,quote=8' \
        --rule 'fd99::1:0/112: path=2001:db8::1,quote_v6_ext=hbh' --rule 'fd99::2:0/112: path=2001:db8::1,quote_v6_ext=dst'
    local method
    for method in icmp udp tcp; do
        trace --method "$method" 10.99.1.1 10.99.2.1 10.99.3.1 fd99::1:1 fd99::2:1
        [ "$(of '[.state, .lost] | join(" ")' | sort -u)" = 'reached 0' ]
        [ "$(of 'select(any(.hops[].replies[]; .nat)) | .target')" = 10.99.3.1 ]
        [ "$(of 'select(.target == "10.99.3.1") | .hops[0].replies[0].nat_address')" = 192.0.2.99 ]
    done
}

@test "MPLS labels (RFC 4950) in both forms, quoted TTL and TOS" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1,mpls=16001/1/3+77' \
        --rule '10.99.2.0/24: path=10.98.0.1,mpls=18,mpls_legacy' --rule 'fd99::/64: path=2001:db8::1,mpls=16001/1/3+77' \
        --rule '10.99.3.0/24: path=10.98.0.1,quote_tos=32'
    local method
    for method in icmp udp tcp; do
        trace --method "$method" --tos 184 10.99.1.1 10.99.2.1 10.99.3.1 fd99::9
        for target in 10.99.1.1 fd99::9; do
            [ "$(of "select(.target == \"$target\") | .hops[0].replies[0].mpls")" = \
                '[{"label":16001,"tc":1,"bottom":false,"ttl":3},{"label":77,"tc":0,"bottom":true,"ttl":1}]' ]
        done
        [ "$(of 'select(.target == "10.99.2.1") | .hops[0].replies[0].mpls[0].label')" = 18 ]
        [ "$(of 'select(.target == "10.99.1.1") | .hops[0].replies[0] | [.quoted_ttl, .quoted_tos] | join(" ")')" = '1 184' ]
        [ "$(of 'select(.target == "10.99.3.1") | .hops[0].replies[0].quoted_tos')" = 32 ]
    done
}

@test "T8, T30: an unreachable ends the trace and says who and why; it is not reached" {
    start_sim "$NS" --rule '10.99.1.0/24: hops=3,icmp=error,udp=error,tcp=error,icmp_error=3/13,from=10.98.9.9' \
        --rule 'fd99::/64: hops=2,icmp=error,udp=error,tcp=error,icmp_error=1/1,from=2001:db8::9'
    local method status=0
    for method in icmp udp tcp; do
        status=0
        trace --method "$method" 10.99.1.1 fd99::9 || status=$?
        [ "$status" -eq 3 ]
        [ "$(of 'select(.target == "10.99.1.1") | [.state, .from, .icmp_type, .icmp_code, .reason] | join(",")')" = \
            'unreachable,10.98.9.9,3,13,administratively prohibited from 10.98.9.9' ]
        [ "$(of 'select(.target == "fd99::9") | [.state, .from, .icmp_type, .icmp_code] | join(",")')" = 'unreachable,2001:db8::9,1,1' ]
        [ "$(of 'any(has("hop_count", "rtt_us"); .)' 2>/dev/null | sort -u)" != true ]
    done
}

@test "T30: a silent target ends at the gap, a loop is told, the farthest hop is kept" {
    start_sim "$NS" --rule '10.99.1.0/24: hops=4,icmp=silent' \
        --rule '10.99.2.0/24: path=10.98.0.1+10.98.0.2+10.98.0.3+10.98.0.2+10.98.0.3+10.98.0.2+10.98.0.3+10.98.0.2+10.98.0.3' \
        --rule '10.99.3.0/24: hops=9'
    local status=0
    trace --gap 3 10.99.1.1 10.99.2.1 || status=$?
    [ "$status" -eq 1 ]
    [ "$(of 'select(.target == "10.99.1.1") | [.state, .reason, (.hops | length)] | join(",")')" = 'gap,3 silent hops behind hop 3,6' ]
    [ "$(of 'select(.target == "10.99.2.1") | .state')" = loop ]
    [ "$(of 'select(.target == "10.99.2.1") | .hops | length <= 6')" = true ]
    trace --max-ttl 4 10.99.3.1 || true
    [ "$(of '[.state, (.hops | length)] | join(" ")')" = 'max_ttl 4' ]
    trace --first-ttl 8 10.99.3.1
    [ "$(of '[.state, .hop_count, .hops[0].ttl] | join(" ")')" = 'reached 9 8' ]
}

@test "T9: a router that limits its errors is told apart from a way that loses packets" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.2,rate_limit=1,rate_burst=3' \
        --rule '10.99.2.0/24: path=10.98.1.1+10.98.1.2,loss=50%' --seed 3
    trace -c 10 -i 5ms 10.99.1.1
    [ "$(of '[.hops[] | .rate_limited // false] | join(" ")')" = 'true true false' ]
    trace -c 20 -i 5ms 10.99.2.1
    [ "$(of 'any(.hops[]; .rate_limited)')" = false ]
    [ "$(of '.hops[2].loss_pct | . > 20 and . < 80')" = true ]
}

@test "T30: a destination that answers with the TTL it received is told" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*+*,reply_ttl=1' --rule '10.99.2.0/24: path=10.98.0.1+*+*'
    trace 10.99.1.1 10.99.2.1
    [ "$(of 'select(.ttl_copied) | .target')" = 10.99.1.1 ]
}

@test "T5: a damaged answer is counted as such and answers nothing" {
    start_sim "$NS" --rule '10.99.1.0/24: hops=1,corrupt=checksum' --rule '10.99.2.0/24: hops=1,corrupt=payload'
    trace --gap 1 10.99.1.1 10.99.2.1 || true
    [ "$(of '[.state, .received] | join(" ")' | sort -u)" = 'gap 0' ]
    [ "$(jq 'select(.type == "probe.summary") | .corrupt' "$RECORDS")" = 6 ]
}

@test "T6: an echo reply from another address does not lead on to thirty hops" {
    start_sim "$NS" --rule '10.99.1.0/24: hops=2,wrong_source=10.99.1.77'
    trace 10.99.1.1 || true
    [ "$(of '[.state, (.hops | length)] | join(" ")')" = 'gap 6' ]
    [[ "$(of .reason)" == *'answers came from 10.99.1.77' ]]
}

@test "nmtcp trace tells an open port from a closed and a filtered one" {
    start_sim "$NS" --rule '10.99.1.0/24: hops=3,tcp_open=80,tcp_filtered=22,tcp=rst'
    RECORDS=$BATS_TEST_TMPDIR/records
    in_ns "$NS" "$NM_BIN/nmtcp" trace --format json -t 300ms --gap 2 10.99.1.1:80 10.99.1.1:81 10.99.1.1:22 >"$RECORDS" || true
    [ "$(of '[.port, .state, .answer, .hop_count] | map(. // "-" | tostring) | join(",")' | sort)" = \
        $'22,gap,-,-\n80,reached,open,3\n81,reached,closed,3' ]
    # The kernel resets what answered, and the simulator saw each reset.
    stop_sim
    [ "$(ledger_count '.fate == "accepted"')" -ge 3 ]
}

@test "T30: a path that changes between rounds is a change, not loss" {
    RECORDS=$BATS_TEST_TMPDIR/records
    # The paths of the rounds that arrived, each once.
    paths() { of 'select(.state == "reached") | .path_id' | sort -u | wc -l; }
    paths_become() {
        local i
        for ((i = 0; i < 200; i++)); do [ "$(paths)" -lt "$1" ] || return 0; sleep 0.1; done
        return 1
    }
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.2'
    ip netns exec "$NS" "$NM_BIN/nmprobe" trace --format json -t 200ms -c 1 --every 400ms 10.99.1.1 >"$RECORDS" 3>&- &
    local pid=$!
    paths_become 1
    stop_sim
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.9'
    paths_become 2
    kill -TERM "$pid"
    wait "$pid" || true
    [ "$(paths)" -eq 2 ]
    [ "$(of 'select(.path_changed) | .round' | wc -l)" -eq 1 ]
}

@test "--watch leaves out no round, though silent hops keep the one before waiting until the next is due" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*+*+10.98.3.1' --rule '10.99.2.0/24: path=10.98.0.1,icmp=silent'
    trace --watch --every 500ms --rounds 6 10.99.1.1 10.99.2.1 || true
    local target
    for target in 10.99.1.1 10.99.2.1; do
        [ "$(of "select(.target == \"$target\") | .round" | sort -n | paste -sd ' ')" = '0 1 2 3 4 5' ]
    done
    # One probe to each hop in each of them, and the rounds share nothing.
    [ "$(of 'select(.target == "10.99.1.1") | [.state, ([.hops[].sent] | join(" "))] | join(" ")' | sort -u)" = 'reached 1 1 1 1 1' ]
    [ "$(of 'select(.target == "10.99.2.1") | .state' | sort -u)" = gap ]
    [ "$(of '.sent == .received + .lost + .lost_self' | sort -u)" = true ]
    [ "$(jq -r 'select(.type == "probe.summary") | [.targets, .answered, .rounds, .unfinished // 0] | join(" ")' "$RECORDS")" = '2 1 6 0' ]
    # A time limit longer than a round is no contradiction either.
    in_ns "$NS" "$NM_BIN/nmprobe" trace --format json -t 2s --watch --every 500ms --rounds 3 10.99.1.1 >"$RECORDS"
    [ "$(of .round | sort -n | paste -sd ' ')" = '0 1 2' ]
}

@test "the table on a terminal has one line a hop" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*,mpls=77'
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" trace --format table -t 300ms 10.99.1.1
    [[ ${lines[0]} == 'TARGET '*'STATE'* ]]
    [[ $output == *$'\n'*'  10.98.0.1 '*'MPLS 77'* ]]
    [ "$(grep -cE '^ *[123] ' <<<"$output")" -eq 3 ]
}

@test "CSV is one table with a line for each address at each hop of all targets" {
    start_sim "$NS" --rule '10.99.0.0/16: path=10.98.0.1+*'
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" trace --format csv -t 300ms --fields target,state,ttl,hop 10.99.1.1 10.99.1.2
    [ "${lines[0]}" = type,target,state,ttl,hop ]
    [ "$(tail -n +2 <<<"$output" | sort)" = "$(printf 'probe.trace.hop,%s\n' \
        10.99.1.1,reached,1,10.98.0.1 10.99.1.1,reached,2, 10.99.1.1,reached,3,10.99.1.1 \
        10.99.1.2,reached,1,10.98.0.1 10.99.1.2,reached,2, 10.99.1.2,reached,3,10.99.1.2)" ]
}

# --- a real path: this namespace - r1 - {ra, rb} - r3 - d, balanced by the kernel of r1 ---

# wire A B NET: a link between two namespaces of this test; A is .1 and B is .2.
wire() {
    local a=nm-t$$-$1 b=nm-t$$-$2 net=$3
    ip link add name "$2" netns "$a" type veth peer name "$1" netns "$b"
    ip -n "$a" -batch - <<BATCH
address add 10.0.$net.1/24 dev $2
address add fd00:$net::1/64 dev $2 nodad
link set dev $2 up
BATCH
    ip -n "$b" -batch - <<BATCH
address add 10.0.$net.2/24 dev $1
address add fd00:$net::2/64 dev $1 nodad
link set dev $1 up
BATCH
}

# route NODE PREFIX4 PREFIX6 NET...: by way of the .2 of these nets, balanced when there are several; NET- is its .1.
route() {
    local ns=nm-t$$-$1 four=$2 six=$3 net hops4=() hops6=()
    shift 3
    for net in "$@"; do
        case $net in
            *-) hops4+=(nexthop via "10.0.${net%-}.1") hops6+=(nexthop via "fd00:${net%-}::1") ;;
            *) hops4+=(nexthop via "10.0.$net.2") hops6+=(nexthop via "fd00:$net::2") ;;
        esac
    done
    ip -n "$ns" route add "$four" "${hops4[@]}"
    ip -n "$ns" -6 route add "$six" "${hops6[@]}"
}

# Routers answer from the interface that a packet came in by, so that each link can be told.
real_diamond() {
    local node
    for node in r1 ra rb r3 d; do
        make_ns "$node"
        in_ns "$NS" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.fib_multipath_hash_policy=1 \
            net.ipv6.fib_multipath_hash_policy=1 net.ipv4.icmp_errors_use_inbound_ifaddr=1 \
            net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    done
    NS=nm-t$$-trace
    for node in trace r1 ra rb r3 d; do  # no waiting for duplicate addresses
        in_ns "nm-t$$-$node" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    done
    wire trace r1 1 && wire r1 ra 2 && wire r1 rb 3 && wire ra r3 4 && wire rb r3 5 && wire r3 d 6
    route trace 10.0.0.0/8 fd00::/8 1
    route r1 10.99.0.0/16 fd99::/64 2 3
    route ra 10.99.0.0/16 fd99::/64 4
    route rb 10.99.0.0/16 fd99::/64 5
    route r3 10.99.0.0/16 fd99::/64 6
    route d 10.0.0.0/8 fd00::/8 6-
    route r3 10.0.1.0/24 fd00:1::/64 4-
    route ra 10.0.1.0/24 fd00:1::/64 2-
    route rb 10.0.1.0/24 fd00:1::/64 3-
    ip -n "nm-t$$-d" route add local 10.99.0.0/16 dev lo
    ip -n "nm-t$$-d" -6 route add local fd99::/64 dev lo
    # Each router learns its neighbours: until then it holds few packets and drops the rest (trap T28).
    local warm=() i
    for i in $(seq 1 30); do warm+=("10.99.9.$i" "fd99::9:$i"); done
    trace "${warm[@]}" || true
}

@test "T29: over real kernels that balance by ports, a thousand traces show no link that is not there" {
    real_diamond
    local targets=() i method
    for i in $(seq 1 500); do targets+=("10.99.$((i / 200 + 1)).$((i % 200 + 1))" "fd99::$i"); done
    for method in icmp udp tcp; do
        trace -c 2 -i 0s --rate 20k --method "$method" "${targets[@]}" || { of 'select(.state != "reached" or .lost > 0)' | head -5; jq -c 'select(.type=="probe.summary")' "$RECORDS"; false; }
        [ "$(of '[.state, .hop_count] | join(" ")' | sort | uniq -c | awk '{ print $1, $2, $3 }')" = '1000 reached 4' ]
        # Hops 2 and 3 belong together: ra (net 2) before net 4, rb (net 3) before net 5.
        run -0 of 'select(.address | contains(".")) | [.hops[1, 2].replies[].address] | join(" ")'
        [ "$(sort -u <<<"$output")" = $'10.0.2.2 10.0.4.2\n10.0.3.2 10.0.5.2' ]
        run -0 of 'select(.address | contains(":")) | [.hops[1].replies[].address] | join(" ")'
        [ "$(sort -u <<<"$output")" = $'fd00:2::2\nfd00:3::2' ]
        [ "$(of 'any(.hops[]; .per_packet)' | sort -u)" = false ]
    done
}

@test "T29: --mda over real kernels finds the diamond that traceroute sees piece by piece" {
    require_commands traceroute
    real_diamond
    trace --mda --confidence 99.9 --method udp 10.99.1.1
    [ "$(of '[.links[] | "\(.from)>\(.to)"] | sort | join(" ")')" = \
        '10.0.1.2>10.0.2.2 10.0.1.2>10.0.3.2 10.0.2.2>10.0.4.2 10.0.3.2>10.0.5.2 10.0.4.2>10.99.1.1 10.0.5.2>10.99.1.1' ]
    of '.hops[1, 2].replies[].address' | sort -u >"$BATS_TEST_TMPDIR/seen"
    local i
    for i in $(seq 1 12); do in_ns "$NS" traceroute -n -q 1 -f 2 -m 3 10.99.1.1; done |
        awk '$1 ~ /^[23]$/ { print $2 }' | sort -u >"$BATS_TEST_TMPDIR/traceroute"
    diff "$BATS_TEST_TMPDIR/seen" "$BATS_TEST_TMPDIR/traceroute"
}

@test "T9: the error limit of a real kernel is told apart from loss" {
    real_diamond
    local node
    for node in ra rb; do
        in_ns "nm-t$$-$node" sysctl -qw net.ipv4.icmp_ratelimit=20 net.ipv6.icmp.ratelimit=20
    done
    trace -c 20 -i 5ms 10.99.1.1 fd99::77
    [ "$(of '[.hops[] | .rate_limited // false] | join(" ")' | sort -u)" = 'false true false false' ]
    [ "$(of '.hops[1].received | . > 0 and . < 16' | sort -u)" = true ]
}

@test "T29: packets that a router balances one by one are told, and give no link" {
    require_commands nft
    real_diamond
    local r1=nm-t$$-r1
    # In turn, and each hop's packets with a counter of their own: no drawing of lots, and none of one hop can
    # all be the even ones of a sequence that they share with another hop.
    in_ns "$r1" nft -f - <<'NFT'
table ip balance {
    chain in {
        type filter hook prerouting priority mangle;
        ip daddr 10.99.0.0/16 ip ttl 2 meta mark set numgen inc mod 2
        ip daddr 10.99.0.0/16 ip ttl 3 meta mark set numgen inc mod 2
        ip daddr 10.99.0.0/16 ip ttl > 3 meta mark set numgen inc mod 2
    }
}
NFT
    ip -n "$r1" rule add fwmark 1 lookup 77
    ip -n "$r1" route add 10.99.0.0/16 via 10.0.2.2 table 77
    ip -n "$r1" route replace 10.99.0.0/16 via 10.0.3.2
    trace -c 16 -i 1ms 10.99.1.1
    [ "$(of '[.hops[] | .per_packet // false] | join(" ")')" = 'false true true false' ]
    trace --mda --confidence 99.9 --method udp 10.99.1.1
    [ "$(of '.hops[1].per_packet')" = true ]
    [ "$(of '[.links[]? | select(.ttl <= 3)] | length')" -eq 0 ]
}

@test "T30: over real kernels an unreachable, a filtered port and an open path read differently" {
    require_commands nft
    real_diamond
    in_ns "nm-t$$-r3" nft -f - <<'NFT'
table inet filter {
    chain forward {
        type filter hook forward priority 0;
        ip daddr 10.99.7.1 reject with icmp type admin-prohibited
        ip daddr 10.99.7.2 drop
        tcp dport 81 reject with tcp reset
    }
}
NFT
    trace --gap 2 10.99.7.1 10.99.7.2 10.99.7.3 || true
    [ "$(of '[.target, .state] | join(" ")' | sort)" = $'10.99.7.1 unreachable\n10.99.7.2 gap\n10.99.7.3 reached' ]
    trace --method tcp --port 81 10.99.7.3
    [ "$(of '[.state, .answer, .hop_count] | join(" ")')" = 'reached closed 4' ]
}

@test "T28, T20: without a route the error is the kernel's, without privileges the hint is ours" {
    local status=0
    trace 192.0.2.1 || status=$?
    [ "$status" -eq 6 ]
    [ "$(of '[.state, .reason] | join(",")')" = 'error,Network is unreachable' ]
    run -77 --separate-stderr in_ns "$NS" setpriv --reuid 65534 --clear-groups --bounding-set -all "$NM_BIN/nmprobe" trace 127.0.0.1
    [[ $stderr == *CAP_NET_RAW* && $stderr == *'--method udp'* ]]
}

# plain_trace OPTION...: trace as a user without any right.
plain_trace() {
    RECORDS=$BATS_TEST_TMPDIR/records
    in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        "$NM_BIN/nmprobe" trace --format json -t 500ms "$@" >"$RECORDS"
}

@test "T20, T21: UDP needs no privilege: the same path, flow and answers as with raw sockets, kernel stamps too" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*+10.98.2.1,hop_delay=2ms' \
        --rule '10.99.2.0/24: path=10.98.0.1+10.98.1.1|10.98.1.2|10.98.1.3|10.98.1.4+10.98.2.1|10.98.2.2' \
        --rule '10.99.3.0/24: hops=3,udp=error,icmp_error=3/13,from=10.98.9.9' \
        --rule 'fd99::/64: path=2001:db8:a::1+2001:db8:b::1'
    RECORDS=$BATS_TEST_TMPDIR/records
    local as keys='[.target, .state, .answer, .hop_count, .reason, .from, .icmp_type,
        [.hops[] | [.ttl, .sent, .received, [.replies[]? | [.address, .received, .ttl, .icmp_type, .icmp_code, .nat]]]]]'
    for as in trace plain_trace; do
        start_capture "$NS" sim0 -s 256 udp
        run -3 "$as" --method udp --tos 8 10.99.1.1 10.99.3.1 fd99::9
        run -0 "$as" --method udp --tos 8 -c 8 -i 5ms 10.99.2.{1..9}
        stop_capture
        [ "$(of 'any(.hops[]; (.replies | length) != 1 or .per_packet)' | sort -u)" = false ]
        # One flow for each target.
        [ "$(fields 'ip.dst == 10.99.2.0/24' ip.dst udp.srcport udp.dstport udp.length udp.checksum ip.dsfield | sort -u | wc -l)" -eq 9 ]
        "$as" --method udp 10.99.1.1 10.99.3.1 fd99::9 || true
        of "$keys" | sort >"$BATS_TEST_TMPDIR/$as"
        [ "$(of .ts_source | sort -u)" = kernel ]
        [ "$(of 'select(.target == "10.99.1.1") | .hops[2].replies[0].rtt_min_us | . >= 6000 and . < 60000')" = true ]
    done
    diff "$BATS_TEST_TMPDIR/trace" "$BATS_TEST_TMPDIR/plain_trace"
    [ "$(of .socket | sort -u)" = dgram ]
    [ "$(of 'any(.hops[].replies[]?; has("quoted_ttl", "quoted_tos"))' | sort -u)" = false ]  # not known, so not there
    trace --method udp 10.99.1.1
    [ "$(of .socket)" = raw ]
    trace --method udp --socket dgram 10.99.1.1
    [ "$(of .socket)" = dgram ]
    run -64 trace --socket dgram 10.99.1.1
    run -64 trace --socket dgram --method udp --mda 10.99.1.1
    run -77 plain_trace --method udp --socket raw 10.99.1.1
    run -77 plain_trace --method udp --mda 10.99.1.1
}

@test "T7: without privileges quotes of 8 bytes are told apart by asking hop by hop, in one flow" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.1.1+*+10.98.3.1|10.98.3.2|10.98.3.3,quote=8' \
        --rule '10.99.0.0/16: path=10.98.0.1+10.98.1.1+*+10.98.3.1|10.98.3.2|10.98.3.3'
    start_capture "$NS" sim0 -s 256 udp
    plain_trace --method udp --socket dgram 10.99.1.1 10.99.1.2 10.99.2.1
    stop_capture
    # What is known of one way is known of it all: no router is seen at a hop of another.
    [ "$(of 'select(.target | startswith("10.99.1.")) | .hops[:3] | map(.replies[0].address // "*") | join(" ")' | sort -u)" = \
        '10.98.0.1 10.98.1.1 *' ]
    [ "$(of 'any(.hops[]; (.replies | length) > 1 or .per_packet)' | sort -u)" = false ]
    [ "$(of '[.state, .hop_count] | join(" ")' | sort -u)" = 'reached 5' ]
    of 'select(.target | startswith("10.99.1.")) | .hops[0].received' | grep -q '[1-3]'
    [ "$(fields 'ip.dst == 10.99.1.0/24' ip.dst udp.srcport udp.dstport udp.length udp.checksum | sort -u | wc -l)" -eq 2 ]
    [ "$(of 'select(.target == "10.99.2.1") | has("unplaced")')" = false ]
}

@test "T38: the host itself is one hop away" {
    trace 127.0.0.1 ::1
    [ "$(of '[.state, .hop_count] | join(" ")' | sort -u)" = 'reached 1' ]
}
