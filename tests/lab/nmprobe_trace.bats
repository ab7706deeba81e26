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
    [ "$(of 'select(.target == "10.99.1.1") | .hops[2].replies[0].rtt_min_us | . >= 6000 and . < 12000')" = true ]
}

@test "T29: all packets of a trace are one flow, to the last bit that a router hashes" {
    start_sim "$NS" --rule '10.99.0.0/16: path=10.98.0.1+10.98.1.1|10.98.1.2|10.98.1.3|10.98.1.4+10.98.2.1|10.98.2.2' \
        --rule 'fd99::/64: path=2001:db8::1+2001:db8:1::1|2001:db8:1::2|2001:db8:1::3'
    local method
    for method in icmp udp tcp; do
        start_capture "$NS" sim0
        trace --method "$method" -c 20 -i 1ms --rate 0 10.99.1.1 10.99.1.2 10.99.1.3 fd99::1 fd99::2
        stop_capture
        [ "$(of 'any(.hops[]; (.replies | length) != 1 or .per_packet)' | sort -u)" = false ]
        case $method in
            icmp) run -0 fields 'icmp.type == 8 or icmpv6.type == 128' ip.dst icmp.checksum icmp.ident ipv6.dst ipv6.flow icmpv6.checksum icmpv6.echo.identifier ;;
            udp) run -0 fields 'udp and not icmp and not icmpv6' ip.dst udp.srcport udp.dstport udp.length udp.checksum ipv6.dst ipv6.flow ;;
            tcp) run -0 fields 'tcp.flags == 2 and not icmp and not icmpv6' ip.dst tcp.srcport tcp.dstport ipv6.dst ipv6.flow ;;
        esac
        [ "$(sort -u <<<"$output" | wc -l)" -eq 5 ]
        [ "$(wc -l <<<"$output")" -ge 360 ]
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
        trace --method "$method" --tos 184 10.99.1.1 10.99.2.1 10.99.3.1 fd99::1
        for target in 10.99.1.1 fd99::1; do
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
        trace --method "$method" 10.99.1.1 fd99::1 || status=$?
        [ "$status" -eq 1 ]
        [ "$(of 'select(.target == "10.99.1.1") | [.state, .from, .icmp_type, .icmp_code, .reason] | join(",")')" = \
            'unreachable,10.98.9.9,3,13,administratively prohibited from 10.98.9.9' ]
        [ "$(of 'select(.target == "fd99::1") | [.state, .from, .icmp_type, .icmp_code] | join(",")')" = 'unreachable,2001:db8::9,1,1' ]
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
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.2'
    in_ns "$NS" "$NM_BIN/nmprobe" trace --format json -t 200ms -c 1 --every 400ms --rounds 4 10.99.1.1 \
        >"$BATS_TEST_TMPDIR/records" &
    local pid=$!
    sleep 1
    stop_sim
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.9'
    wait "$pid" || true
    RECORDS=$BATS_TEST_TMPDIR/records
    [ "$(of 'select(.state == "reached") | .path_id' | sort -u | wc -l)" -eq 2 ]
    [ "$(of 'select(.path_changed) | .round' | wc -l)" -eq 1 ]
}

@test "the table on a terminal has one line a hop" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*,mpls=77'
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" trace --format table -t 300ms 10.99.1.1
    [[ ${lines[0]} == 'TARGET '*'STATE'* ]]
    [[ $output == *$'\n'*'  10.98.0.1 '*'MPLS 77'* ]]
    [ "$(grep -cE '^ *[123] ' <<<"$output")" -eq 3 ]
}
