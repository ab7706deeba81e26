#!/usr/bin/env bats
# nmprobe sweep: what it finds is what fping and nmap find, on a routed path (simulator) and on a link with ARP and
# neighbour discovery; nothing is left out when it is killed; its memory does not grow with the prefix.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq python3 fping nmap nft
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns sweep
    cd "$BATS_TEST_TMPDIR"
}

teardown() { lab_teardown; }

sweep() { in_ns "$NS" "$NM_BIN/nmprobe" sweep --format json "$@"; }
in_state() { jq -r "select(.type == \"probe.sweep\" and .state == \"$1\") | .address" | sort -V; }
summary() { jq -c "select(.type == \"sweep.summary\") | $1"; }
sums_hold() {
    [ "$(summary '[.addresses == .answered + .unreachable + .silent + .failed + .left,
        .sent == .received + .errors + .lost + .lost_self + .unfinished]')" = '[true,true]' ]
}

# make_link: a second namespace $FAR on the link 10.50.0.0/24 and fd50::/64; we are .1, live hosts are the arguments
# (the last part of both addresses).
make_link() {
    local near=$NS host
    make_ns far
    FAR=$NS NS=$near
    ip link add eth0 netns "$NS" type veth peer name eth0 netns "$FAR"
    in_ns "$FAR" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
    in_ns "$NS" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
    ip -n "$NS" address add 10.50.0.1/24 brd + dev eth0
    ip -n "$NS" address add fd50::1/64 dev eth0 nodad
    for host in "$@"; do
        ip -n "$FAR" address add "10.50.0.$host/24" dev eth0
        ip -n "$FAR" address add "fd50::$host/64" dev eth0 nodad
    done
    ip -n "$NS" link set eth0 up
    ip -n "$FAR" link set eth0 up
    until in_ns "$NS" ping -6 -qc1 -W1 "fd50::$1" >/dev/null; do sleep 0.1; done
    ip -n "$NS" neighbour flush dev eth0
}

@test "finds what fping -g finds, each address asked once, in an order that is none" {
    start_sim "$NS" --rule '10.99.1.0/26: delay=3ms' --rule '10.99.1.128/25: icmp=silent' --rule '10.99.0.0/16:'
    in_ns "$NS" fping -g -a -q -r0 -t500 10.99.1.0 10.99.1.255 2>/dev/null | sort -V >fping || true
    [ "$(wc -l <fping)" -eq 128 ]
    stop_sim && start_sim "$NS" --rule '10.99.1.0/26: delay=3ms' --rule '10.99.1.128/25: icmp=silent' --rule '10.99.0.0/16:'
    run -0 sweep --rate 5k -t 300ms 10.99.1.0/24
    stop_sim
    printf '%s\n' "$output" >out
    in_state up <out | cmp - fping
    sums_hold <out
    [ "$(summary '[.addresses, .answered, .silent, .sent, .received, .lost, .lost_self]' <out)" = '[256,128,128,256,128,128,0]' ]
    [ "$(ledger 'select(.icmp_type == 8).dst' | sort | uniq -c | awk '$1 != 1' | wc -l)" -eq 0 ]
    # Neighbours seldom follow each other.
    [ "$(ledger 'select(.icmp_type == 8).dst' | tr -d '"' | awk -F. '{ n += ($4 == last + 1); last = $4 } END { print n + 0 }')" -lt 12 ]
    jq -se 'map(select(.state == "up")) | all(.rtt_us > 0 and .ttl == 64 and .ts_source == "kernel")' out >/dev/null
}

@test "T28: on a link with 250 silent addresses the live ones are found, as fping and nmap find them" {
    make_link 2 17 130 254
    in_ns "$NS" fping -g -a -q -r1 10.50.0.1 10.50.0.254 2>/dev/null | sort -V >fping || true
    in_ns "$NS" nmap -sn -n -oG - 10.50.0.0/24 | awk '/Status: Up/ { print $2 }' | sort -V >nmap
    cmp fping nmap
    ip -n "$NS" neighbour flush dev eth0
    local began=$SECONDS
    run -0 sweep -t 500ms 10.50.0.0/24
    [ $((SECONDS - began)) -le 6 ]
    printf '%s\n' "$output" >out
    in_state up <out | cmp - fping
    sums_hold <out
    # Network and broadcast address are no hosts; who does not answer ARP is silent, not unreachable.
    [ "$(summary '[.addresses, .skipped, .answered, .silent, .no_neighbour, .unreachable, .failed]' <out)" = '[254,2,5,249,249,0,0]' ]
    jq -se 'map(select(.state == "up" and .address != "10.50.0.1")) | all(.neighbour_us > 0 and .rtt_us < 500000)' out >/dev/null
}

@test "T28: the same for IPv6 and neighbour discovery, and through datagram sockets without any right" {
    make_link 2 17
    for i in {1..60}; do echo "fd50::$i"; done >list
    run -0 sweep -t 500ms -f list
    [ "$(in_state up <<<"$output" | paste -sd' ')" = 'fd50::1 fd50::2 fd50::17' ]
    [ "$(summary '[.silent, .no_neighbour]' <<<"$output")" = '[57,57]' ]
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    ip -n "$NS" neighbour flush dev eth0
    run -0 in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        "$NM_BIN/nmprobe" sweep --format json -t 500ms 10.50.0.0/26 fd50::10/124
    [ "$(in_state up <<<"$output" | paste -sd' ')" = '10.50.0.1 10.50.0.2 10.50.0.17 fd50::17' ]
    sums_hold <<<"$output"
    [ "$(summary '[.silent, .unreachable, .failed]' <<<"$output")" = '[75,0,0]' ]
}

@test "T28: a host whose first ARP is lost is up, and its time is without the wait" {
    make_link 2
    in_ns "$FAR" nft -f - <<'NFT'
table arp slow {
    chain in { type filter hook input priority 0; arp operation request limit rate over 1/day burst 1 packets accept; drop; }
}
NFT
    # The limit matches from the second request on: the first is dropped.
    ip -n "$NS" neighbour flush dev eth0
    run -0 sweep -t 300ms 10.50.0.2
    jq -se 'map(select(.type == "probe.sweep"))[0] | .state == "up" and .neighbour_us > 900000 and .rtt_us < 900000
        and .sent == 1' <<<"$output" >/dev/null
}

@test "more addresses on a link than the neighbour table holds: none is taken for another's failure" {
    make_link 2
    ip -n "$NS" address add 10.60.0.1/21 dev eth0
    local host
    for host in 10.60.0.9 10.60.3.77 10.60.7.200; do ip -n "$FAR" address add "$host/21" dev eth0; done
    run -0 sweep -t 500ms --rate 0 10.60.0.0/21
    [ "$(in_state up <<<"$output" | paste -sd' ')" = '10.60.0.1 10.60.0.9 10.60.3.77 10.60.7.200' ]
    sums_hold <<<"$output"
    [ "$(summary '[.addresses, .silent, .failed, .unreachable]' <<<"$output")" = '[2046,2042,0,0]' ]
}

@test "a dead router makes addresses unreachable with who says so; -c asks again only who did not answer" {
    start_sim "$NS" --rule '10.99.1.0/28: icmp_error=3/1,from=10.99.0.9' --rule '10.99.1.16/28: icmp=silent' \
        --rule '10.99.1.32/28: drop_every=2' --rule '10.99.0.0/16:'
    run -0 sweep -c 3 -t 200ms 10.99.1.0/26
    stop_sim
    [ "$(jq -c 'select(.state == "unreachable") | [.icmp_type, .icmp_code, .from, .reason, .sent]' <<<"$output" | sort -u)" \
        = '[3,1,"10.99.0.9","host unreachable",3]' ]
    sums_hold <<<"$output"
    [ "$(summary '[.answered, .unreachable, .silent]' <<<"$output")" = '[32,16,16]' ]
    [ "$(ledger 'select(.icmp_type == 8 and (.dst | test("\\.(4[89]|5[0-9]|6[0-3])$"))).dst' | sort | uniq -c | awk '{ print $1 }' | sort -u)" = 1 ]
}

@test "kill -9 again and again: nothing is left out, and the sums hold" {
    start_sim "$NS" --ledger-counts --rule '10.99.4.0/24: icmp=silent' --rule '10.99.0.0/16: delay=20ms'
    local tries=0 status=137 pid
    until [ "$status" -ne 137 ]; do
        [ $((tries += 1)) -lt 20 ]
        ip netns exec "$NS" "$NM_BIN/nmprobe" sweep --format json --rate 1k -t 1s --state state 10.99.4.0/22 >>out 3>&- &
        pid=$!
        [ "$tries" -gt 3 ] || { sleep 0.9 && kill -KILL $pid; }
        status=0
        wait $pid || status=$?
    done
    [ "$status" -eq 0 ] && [ "$tries" -eq 4 ]
    [ ! -e state ]
    in_state up <out | sort -Vu >found
    summary "[.answered, .silent, .late, .lost, .unfinished]" <out >&2
    wc -l <found >&2
    [ "$(wc -l <found)" -eq 768 ]
    [ "$(summary '[.addresses, .answered, .silent, .left]' <out)" = '[1024,768,256,0]' ]
    sums_hold <out
    stop_sim
    # Each address was asked, few of them twice.
    [ "$(jq -s 'map(select(.dst // .address)) | length' "$LEDGER")" -ge 1024 ]
}

@test "SIGINT keeps the place: the next run goes on, and no address is told twice" {
    start_sim "$NS" --rule '10.99.0.0/16: delay=10ms'
    local pid status=0
    sh -c 'exec "$@"' sh ip netns exec "$NS" python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$NM_BIN/nmprobe" sweep --format json --rate 500 --state state 10.99.4.0/23 >one 3>&- &
    pid=$!
    until grep -q '^{' one; do sleep 0.02; done  # of a second's work something is done
    sleep 0.2
    kill -INT $pid
    wait $pid || status=$?
    [ "$status" -eq 130 ]
    sums_hold <one
    [ "$(summary '.left > 0 and .unfinished >= 0' <one)" = true ]
    # Another sweep's place is refused, and so is a file that is none.
    run -64 --separate-stderr sweep --state state 10.99.4.0/24
    [[ $stderr == *'state: belongs to a sweep of other addresses'* ]]
    run -64 sweep --state state --seed 1 10.99.4.0/23
    echo '{"type":"sweep.summary"' >junk
    run -65 --separate-stderr sweep --state junk 10.99.4.0/23
    [[ $stderr == *'junk: is not the state of a sweep'* ]]
    run -0 sweep --rate 2k --state state 10.99.4.0/23
    printf '%s\n' "$output" >two
    [ "$(cat one two | in_state up | uniq | wc -l)" -eq 512 ]
    [ "$(cat one two | in_state up | uniq -d | wc -l)" -eq 0 ]
    [ "$(summary '[.addresses, .answered, .left]' <two)" = '[512,512,0]' ]
    sums_hold <two
    [ ! -e state ]
}

@test "a state file that cannot be written is told before the first packet" {
    start_sim "$NS"
    run -73 --separate-stderr sweep --state no/such/folder/state 10.99.1.0/28
    [ -z "$output" ]
    stop_sim
    [ "$(ledger_count '.icmp_type == 8')" -eq 0 ]
}

@test "T24: overlaps are probed once, exclusions not at all, and all are counted" {
    start_sim "$NS"
    printf '10.99.1.64/27 # printers\n10.99.1.100-103\n' >away
    printf '%s\n' '# all of it' 10.99.1.0/25 10.99.1.64-10.99.1.127 >list
    run -0 sweep -f list --exclude away --exclude 10.99.1.1 10.99.1.5 224.0.0.1
    stop_sim
    [ "$(summary '[.addresses, .repeated, .excluded, .skipped, .answered]' <<<"$output")" = '[91,65,37,1,91]' ]
    [ "$(ledger 'select(.icmp_type == 8).dst' | sort | uniq -c | awk '$1 != 1' | wc -l)" -eq 0 ]
    run ! grep -qE '"10\.99\.1\.(1|64|95|100|103)"' <<<"$(ledger 'select(.icmp_type == 8).dst')"
}

@test "T24: typos are refused with the count, a wide IPv6 network with the way out" {
    run -64 --separate-stderr sweep 10.0.0.0/0
    [[ $stderr == *'write 0.0.0.0/0'* ]]
    run -64 --separate-stderr sweep 0.0.0.0/0
    [[ $stderr == *'3758096384 addresses'*'--max-addresses 3758096384'* || $stderr == *'addresses, more than 1048576'* ]]
    run -64 --separate-stderr sweep fd50::/64
    [[ $stderr == *'list of addresses'* ]]
    run -64 sweep 10.99.1.0/24 --shard 1/2
    run -64 sweep 10.99.1.0/24 --shard 3/2 --seed 1
    run -64 sweep nonsense
}

@test "shards of one seed are disjoint and together whole; the same seed gives the same order" {
    start_sim "$NS"
    local i
    for i in 1 2 3; do sweep --seed 5 --shard $i/3 10.99.1.0/24 10.99.2.0-9; done | in_state up >all
    [ "$(wc -l <all)" -eq 266 ]
    [ "$(uniq -d all | wc -l)" -eq 0 ]
}

@test "--rate and --prefix-rate hold: no /24 gets more than its share" {
    start_sim "$NS"
    run -0 sweep --rate 1k --prefix-rate 50 -t 200ms 10.99.1.0-99 10.99.2.0-99
    stop_sim
    ledger 'select(.icmp_type == 8) | [.dst, .t_rx_ns]' | python3 -c '
import json, sys
times = {}
for dst, t in map(json.loads, sys.stdin): times.setdefault(dst.rsplit(".", 1)[0], []).append(t)
assert len(times) == 2
for network, ts in times.items():
    ts.sort()
    assert len(ts) == 100
    for width in (5, 20, 50):  # packets in a window never more than its time allows, but for scheduling
        for a, b in zip(ts, ts[width:]): assert b - a > (width - 1) * 20e6 * 0.9 - 15e6, (network, width, b - a)
    assert ts[-1] - ts[0] < 2.6e9
'
}

@test "duplicates, damaged, late and foreign answers are counted, and a late one still says that the host is up" {
    start_sim "$NS" --rule '10.99.1.0/28: dup=2' --rule '10.99.1.16/28: corrupt=payload' \
        --rule '10.99.1.32/28: wrong_source=10.99.7.7' --rule '10.99.1.48/28: delay=450ms'
    run -0 sweep --each-silent -t 300ms -c 2 10.99.1.0/26
    sums_hold <<<"$output"
    [ "$(summary '[.answered, .silent, .dup, .corrupt, .wrong]' <<<"$output")" = '[32,32,32,32,32]' ]
    [ "$(summary '.late >= 16' <<<"$output")" = true ]
    [ "$(in_state up <<<"$output" | tail -n 1)" = 10.99.1.63 ]
}

@test "T2: answers that fall out of a small receive buffer are lost by this host, and asked for again" {
    start_sim "$NS" --rule '10.99.1.0/24: dup=15,delay=200ms'
    run -0 sweep --receive-buffer 64k --rate 0 -t 500ms 10.99.1.0/24
    sums_hold <<<"$output"
    [ "$(summary '[.answered + .failed, .silent, .lost]' <<<"$output")" = '[256,0,0]' ]
}

@test "memory does not grow with the prefix" {
    [ -z "${NM_SANITIZED:-}" ] || skip "a sanitizer keeps what is freed"
    in_ns "$NS" python3 - "$NM_BIN/nmprobe" <<'PY'
import os, resource, subprocess, sys
def peak(prefix):
    child = subprocess.Popen([sys.argv[1], "sweep", "--rate", "0", "--format", "json", "--max-addresses", "2M", prefix],
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    assert status == 0
    return usage.ru_maxrss / 1024
small, large = peak("127.64.0.0/16"), peak("127.64.0.0/12")
print(f"65,536 addresses: {small:.1f} MB, 1,048,576: {large:.1f} MB")
assert large < 40 and large < small + 6, (small, large)
PY
}
