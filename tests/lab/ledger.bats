#!/usr/bin/env bats
# bats file_tags=alone
# Every packet has one fate, and it is the true one: the records of nmprobe and nmtcp, the simulator's ledger and
# a capture between the two are compared packet by packet (ledger.py). Each test sets one trap.

bats_require_minimum_version 1.5.0
load helpers
load ledger

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() { ledger_setup; }
teardown() { lab_teardown; }

# json_targets COUNT FIRST...: addresses a.b.0.0 + i as JSON lines.
json_targets() { python3 -c '
import ipaddress, sys
first = ipaddress.ip_address(sys.argv[2])
for i in range(int(sys.argv[1])):
    print("{\"target\":\"%s\"}" % (first + i))' "$@"; }

@test "fates, answers and times agree with both ledgers, packet by packet, in both families" {
    observe --spin --rule '10.99.1.0/24: delay=5ms,jitter=3ms,loss_request=10%,loss_reply=5%' \
        --rule 'fd99::/64: delay=2ms,loss=0.1,dup=1,every=7'
    local mode
    for mode in raw dgram; do
        run -0 icmp $mode -c 20 -i 30ms -t 500ms 10.99.1.{1..10} fd99::1:{1..10}
    done
    finish
    for mode in raw dgram; do judge $mode 500ms 'reply>300 lost>10 dup>10 lost_self=0 ts_kernel>300 unfinished=0' --median 8us; done
}

@test "T1: more than 65,536 probes are in flight and none is taken for another" {
    json_targets 35000 10.99.64.0 >"$BATS_TEST_TMPDIR/targets"
    # All must have left before the first answer: a sanitizer takes its time.
    local mode delay=3s timeout=8s
    [ -z "${NM_SANITIZED:-}" ] || delay=8s timeout=15s
    for mode in raw dgram; do
        observe --rule "10.99.0.0/16: delay=$delay"
        run -0 icmp $mode --rate 0 --receive-buffer 256M -c 2 -i 10ms -t $timeout <"$BATS_TEST_TMPDIR/targets"
        finish
        judge $mode $timeout 'reply=70000 dup=0 late=0 foreign=0 answered=35000'
        # In flight at one time: requests before the first answer.
        local in_flight
        in_flight=$(jq -s 'map(select(.icmp_type == 8)) | (map(.sent[0].t_ns) | min) as $first
            | map(select(.t_rx_ns < $first)) | length' "$LEDGER")
        [ "$in_flight" -gt 65536 ]
    done
}

@test "T2: what falls out of a small receive buffer is lost by this host, not by the network" {
    observe --rule '10.99.1.0/24: dup=15,delay=250ms'
    local mode
    for mode in raw dgram; do stopped_icmp $mode --receive-buffer 128k --rate 0 -c 1 -t 900ms 10.99.1.{1..70}; done
    finish
    for mode in raw dgram; do judge $mode 900ms 'lost_self>0 lost=0 reply>5' --drops; done
}

@test "T2: answers that this host dropped earlier do not excuse the network later" {
    observe --rule '10.99.1.0/24: dup=31,delay=250ms' --rule '10.99.2.0/24: icmp=silent'
    cat >"$BATS_TEST_TMPDIR/targets.yaml" <<YAML
flood: [$(printf '10.99.1.%s, ' {1..40})]
targets:
$(printf '  - {host: 10.99.2.%s, count: 20, interval: 100ms}\n' {1..4})
YAML
    local mode
    for mode in raw dgram; do stopped_icmp $mode --receive-buffer 128k --rate 0 -t 400ms -f "$BATS_TEST_TMPDIR/targets.yaml"; done
    finish
    # Of the 80 that the silent ones lose, those on the way until the drops were seen are beyond telling.
    for mode in raw dgram; do judge $mode 400ms 'lost_self>0 lost>=40' --drops; done
}

@test "T3: duplicates are counted beside the reply, with their own time, also those after the timeout" {
    observe --rule '10.99.1.0/24: dup=1' --rule '10.99.2.0/24: dup=1,every=2' \
        --rule '10.99.3.0/24: dup=2,dup_delay=250ms' --rule 'fd99::/64: dup=3,delay=3ms'
    local mode
    for mode in raw dgram; do
        run -0 icmp $mode -c 10 -i 40ms -t 150ms 10.99.{1,2,3}.{1..3} fd99::{1,2,3}:1
    done
    finish
    for mode in raw dgram; do judge $mode 150ms 'reply=120 dup=195 late=0 lost=0'; done
}

@test "T4: a late reply is late with its true time, and not the next probe's reply" {
    observe --rule '10.99.1.0/24: delay=300ms' --rule '10.99.2.0/24: delay=300ms,dup=1' --rule 'fd99::/64: delay=300ms'
    local mode
    for mode in raw dgram; do
        run -1 icmp $mode -c 10 -i 40ms -t 200ms 10.99.{1,2}.{1..3} fd99::{1,2,3}:1
    done
    finish
    for mode in raw dgram; do judge $mode 200ms 'reply=0 lost=90 late=120 dup=0 answered=0'; done
}

@test "T5: replies with a wrong checksum or an altered byte are corrupt, never good" {
    observe --rule '10.99.1.0/24: corrupt=checksum' --rule '10.99.2.0/24: corrupt=payload' \
        --rule '10.99.3.0/24: corrupt=data' --rule '10.99.4.0/24: corrupt=tag' --rule '10.99.5.0/24: corrupt=data,every=2' \
        --rule 'fd99::1:0/112: corrupt=checksum' --rule 'fd99::2:0/112: corrupt=data' --rule 'fd99::3:0/112: corrupt=tag'
    local mode
    for mode in raw dgram; do
        run -1 icmp $mode -c 4 -i 30ms -t 200ms 10.99.{1..5}.{1..5} fd99::{1..3}:{1..5}
    done
    finish
    # Only raw IPv4 sockets are given what the kernel has not checked; elsewhere a wrong checksum is a packet that
    # never came: lost, and not by us.
    judge raw 200ms 'reply=10 lost=150 corrupt=130 lost_self=0'
    judge dgram 200ms 'reply=10 lost=150 corrupt=90 lost_self=0'
}

@test "T6: a reply from another address is no reply" {
    observe --rule '10.99.1.0/24: wrong_source=10.99.1.77' --rule 'fd99::/64: wrong_source=fd99::77' \
        --rule '10.99.2.0/24: dup=1,dup_from=10.99.2.99'
    local mode
    for mode in raw dgram; do
        run -1 icmp $mode -c 4 -i 30ms -t 200ms 10.99.{1,2}.{1..3} fd99::1:{1..3}
    done
    finish
    for mode in raw dgram; do judge $mode 200ms 'reply=12 lost=24 wrong_source=36'; done
}

@test "T6: two runs at once keep to their own packets" {
    observe --rule '10.99.0.0/16: delay=20ms,dup=1,every=5' --rule 'fd99::/64: delay=20ms'
    local mode pids=()
    for mode in raw dgram; do
        icmp $mode -c 25 -i 20ms -t 500ms 10.99.1.{1..10} fd99::1:{1..5} 3>&- &
        pids+=($!)
    done
    wait "${pids[0]}" && wait "${pids[1]}"
    finish
    # The simulator counts every fifth request of a destination, whoever sent it: the two share 100 duplicates.
    for mode in raw dgram; do judge $mode 500ms 'reply=375 dup>0 lost=0 corrupt=0'; done
}

@test "T6: another program with our identifier and sequence numbers leaves our books alone" {
    observe --rule '10.99.0.0/16: delay=100ms'
    icmp raw -c 8 -i 300ms -t 400ms 10.99.1.{1..8} 3>&- &
    local pid=$!
    # Requests with every identifier that a run may have, to a neighbour that answers them.
    in_ns "$NS" python3 - <<'PY'
import socket, struct, time
def echo(ident, seq):
    head = struct.pack("!BBHHH", 8, 0, 0, ident, seq) + bytes(56)
    total = sum(struct.unpack(f"!{len(head) // 2}H", head))
    total = (total >> 16) + (total & 0xFFFF)
    return head[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[4:]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for sweep in range(4):  # the run may not have opened its sockets during the first
    for ident in range(0, 65536, 16):
        raw.sendto(echo(ident, ident % 8), ("10.99.5.5", 0))
    time.sleep(0.05)
PY
    wait $pid
    sleep 0.2
    finish
    judge raw 400ms 'reply=64 corrupt=0 lost=0 foreign>0'
}

@test "T7: every form in which an error may quote us finds its probe" {
    observe --rule '10.99.1.0/24: icmp_error=3/1,from=10.99.0.254' --rule '10.99.2.0/24: icmp_error=3/1,quote=8' \
        --rule '10.99.3.0/24: icmp_error=3/1,quote_ip_options' --rule '10.99.4.0/24: icmp_error=3/1,quote_nat=192.0.2.9' \
        --rule '10.99.5.0/24: icmp_error=3/13,quote_tos=184' --rule '10.99.6.0/24: icmp_error=11/0,mpls=16001/1/3+77' \
        --rule '10.99.7.0/24: icmp_error=11/0,mpls=18,mpls_legacy' --rule '10.99.8.0/24: icmp_error=3/1,quote=8,quote_ip_options' \
        --rule 'fd99::1:0/112: icmp_error=1/3,quote_v6_ext=dst' --rule 'fd99::2:0/112: icmp_error=1/3,quote_v6_ext=hbh' \
        --rule 'fd99::3:0/112: icmp_error=1/3,quote_nat=2001:db8::9' --rule 'fd99::4:0/112: icmp_error=3/0,mpls=16001+77' \
        --rule 'fd99::5:0/112: icmp_error=1/3,quote=8'
    local mode
    for mode in raw dgram; do
        run -3 icmp $mode -c 3 -i 30ms -t 400ms 10.99.{1..8}.{1..3} fd99::{1..5}:{1..3}
    done
    run -3 tcp syn -c 3 -i 30ms -t 400ms 10.99.{1..8}.{1..3}:80 '[fd99::'{1..5}:{1..3}']:80'
    finish
    for mode in raw dgram syn; do judge $mode 400ms 'icmp_error=117 lost=0 reply=0'; done
}

@test "T7: errors that come in while a datagram socket sends are not those of the packets it sends" {
    observe --rule '10.99.0.0/16: icmp_error=3/13' --rule 'fd99::/64: icmp_error=1/1'
    { json_targets 2000 10.99.1.0 && json_targets 2000 fd99::1:0; } >"$BATS_TEST_TMPDIR/targets"
    run -3 icmp dgram --rate 20000 -t 1s - <"$BATS_TEST_TMPDIR/targets"
    finish
    judge dgram 1s 'icmp_error=4000 send_error=0 lost=0'
}

@test "T7: an error that quotes too little and a rewritten address is nobody's" {
    observe --rule '10.99.1.0/24: icmp_error=3/1,quote=8,quote_nat=192.0.2.9'
    run -1 icmp raw -c 3 -i 30ms -t 200ms 10.99.1.{1..3}
    finish
    run -1 judge raw 200ms ''
    # The capture's reader matches them by identifier alone; the tool, rightly, does not.
    [ "$(grep -c 'the tool says lost, the capture icmp_error' <<<"$output")" -eq 9 ]
    [ "$(jq 'select(.type == "probe.summary") | .foreign' "$BATS_TEST_TMPDIR/raw")" -eq 9 ]
}

@test "T8: ICMP errors of every type and code are errors with type, code and sender, never replies" {
    local form n=0 targets=() services=()
    for form in 3/{0..15} 11/0 11/1 12/0; do
        n=$((n + 1)) && targets+=("10.99.1.$n") services+=("10.99.1.$n:443")
        echo "10.99.1.$n: icmp_error=$form,from=10.99.0.254,mtu=1300"
    done >"$BATS_TEST_TMPDIR/script"
    n=0
    for form in 1/{0..6} 2/0 3/0 3/1 4/{0..2}; do
        n=$((n + 1)) && targets+=("fd99::1:$n") services+=("[fd99::1:$n]:443")
        echo "fd99::1:$n: icmp_error=$form,from=fd99::ffff,mtu=1300"
    done >>"$BATS_TEST_TMPDIR/script"
    observe --script "$BATS_TEST_TMPDIR/script"
    local mode
    run -3 icmp raw -c 2 -i 30ms -t 300ms "${targets[@]}"
    run -1 icmp dgram -c 2 -i 30ms -t 300ms "${targets[@]}"  # the kernel keeps some from a datagram socket
    run -3 tcp syn -c 2 -i 30ms -t 300ms "${services[@]}"
    finish
    for mode in raw dgram syn; do
        # 10.99.1.18 is told that reassembly timed out, which the kernel passes on to raw sockets only.
        case $mode in
            dgram) judge $mode 300ms 'icmp_error=62 reply=0 lost=2 answered=0' ;;
            *) judge $mode 300ms 'icmp_error=64 reply=0 lost=0 answered=0' ;;
        esac
        [ "$(jq -r 'select(.state and .address != "10.99.1.18") | .state' "$BATS_TEST_TMPDIR/$mode" | sort -u)" = unreachable ]
        [ "$(jq -r 'select(.fate == "icmp_error") | .reason' "$BATS_TEST_TMPDIR/$mode" | grep -c '^ICMP error\|^null')" -eq 0 ]
    done
}

@test "T8: source quench and redirect say nothing about the probe" {
    observe --rule '10.99.1.1: icmp_error=4/0' --rule '10.99.1.2: icmp_error=5/1'
    local mode
    for mode in raw dgram; do run -1 icmp $mode -c 2 -i 30ms -t 200ms 10.99.1.{1,2}; done
    finish
    for mode in raw dgram; do judge $mode 200ms 'lost=4 icmp_error=0'; done
}

@test "T10: SYN/ACK, RST, ICMP, silence and answers to what we did not send are five states" {
    local rule='tcp_open=1,tcp_closed=2,tcp_filtered=3,tcp_error=4,tcp_rst_noack=5,tcp_rst_bad_ack=6,tcp_bad_ack=7,tcp_challenge_ack=8'
    observe --rule "10.99.1.0/24: $rule,icmp_error=3/13,from=10.99.0.254" --rule "fd99::/64: $rule,icmp_error=1/1,from=fd99::ffff"
    local mode
    for mode in syn connect; do run -1 tcp $mode -c 3 -i 50ms -t 400ms 10.99.1.1:{1..8} '[fd99::1:1]':{1..8}; done
    finish
    for mode in syn connect; do
        judge $mode 400ms 'reply=12 icmp_error=6 lost=30'
        [ "$(jq -r 'select(.state and .port and (.fate | not)) | "\(.port) \(.state)"' "$BATS_TEST_TMPDIR/$mode" | sort | uniq -c |
            awk '{ print $1, $2, $3 }' | paste -sd,)" \
            = '2 1 open,2 2 closed,2 3 filtered,2 4 unreachable,2 5 filtered,2 6 filtered,2 7 filtered,2 8 filtered' ]
    done
}

@test "T10: duplicates, late answers and wrong sources of TCP are told apart too" {
    observe --rule '10.99.1.0/24: tcp=synack,dup=1' --rule '10.99.2.0/24: tcp=rst,delay=300ms' \
        --rule '10.99.3.0/24: tcp=synack,wrong_source=10.99.3.77' --rule '10.99.4.0/24: tcp=synack,corrupt=checksum' \
        --rule 'fd99::1:0/112: tcp=rst,dup=2' --rule 'fd99::4:0/112: tcp=synack,corrupt=checksum'
    run -1 tcp syn -c 5 -i 40ms -t 200ms 10.99.{1..4}.{1..3}:80 '[fd99::'{1,4}':1]:80'
    finish
    # The kernel does not give raw IPv6 sockets what has a wrong checksum.
    judge syn 200ms 'reply=20 dup=25 late=15 wrong_source=15 corrupt=15 lost=50 lost_self=0'
}

@test "T11: the kernel resets what answers a SYN, once, and the server is left without half-open connections" {
    observe --rule '0.0.0.0/0: tcp=synack,delay=2ms' --rule '::/0: tcp=synack,delay=2ms'
    run -0 tcp syn -c 10 -i 20ms -t 500ms 10.99.1.{1..10}:443 '[fd99::1:1]:443'
    finish
    judge syn 500ms 'reply=110'
    [ "$(ledger_count '.tcp_flags == "S"')" -eq 110 ]
    [ "$(ledger_count '.tcp_flags == "R"')" -eq 110 ]
}

@test "T13: a SYN that the kernel had to send twice gives no time" {
    observe --rule '10.99.1.0/24: tcp=synack,swallow_first_syn=1' --rule '10.99.2.0/24: tcp=synack,delay=5ms'
    run -0 tcp connect -c 2 -i 10ms -t 4s 10.99.{1,2}.{1..3}:80
    finish
    judge connect 4s 'reply=12 lost=0'
    [ "$(jq -c 'select(.type == "tcp.probe" and (.address | startswith("10.99.1."))) | [.state, .syn_retrans, .rtt_min_us]' \
        "$BATS_TEST_TMPDIR/connect" | sort -u)" = '["open",2,null]' ]
}

@test "connect() is timed by its packets: any number of connections at once, open and closed" {
    observe --spin --rule '10.99.0.0/16: tcp_open=80,tcp=rst,delay=10ms' --rule 'fd99::/64: tcp_open=80,delay=3ms'
    run -4 tcp connect --window 500 --rate 5k -c 4 -i 50ms -t 2s 10.99.{1..5}.{1..40}:80 '[fd99::1:'{1..20}']:80' 10.99.6.{1..9}:81
    finish
    judge connect 2s 'reply=916 lost=0 ts_kernel=916' --median 8us
}

@test "connect() without any privilege is timed by the kernel, and a refusal by our clock" {
    observe --spin --rule '10.99.0.0/16: tcp_open=80,tcp=rst,delay=10ms' --rule 'fd99::/64: tcp_open=80,delay=3ms'
    under=(setpriv --bounding-set=-net_raw)
    run -4 tcp connect --window 500 --rate 5k -c 4 -i 50ms -t 2s 10.99.{1..5}.{1..40}:80 '[fd99::1:'{1..20}']:80' 10.99.6.{1..9}:81
    finish
    judge connect 2s 'reply=916 lost=0 ts_tcp_info=880 ts_mono=36' --median 100us
}

@test "T18: what the kernel refuses is that packet's own fate; those before and behind it leave" {
    in_ns "$NS" nft -f - <<'NFT'
table inet refuse {
    chain out {
        type filter hook output priority 0
        ip daddr 10.99.1.17 drop
        ip6 daddr fd99::17 drop
    }
}
NFT
    observe --spin --rule '10.99.0.0/16: delay=3ms' --rule 'fd99::/64: delay=3ms'
    in_ns "$NS" ip route add unreachable 10.98.0.0/16
    # nft: EPERM; no route: ENETUNREACH; route that refuses: EHOSTUNREACH; broadcast: EACCES.
    local mode
    for mode in raw dgram; do
        local targets=(10.99.1.{1..40} 192.0.2.1 10.98.1.1 10.99.255.255 10.99.2.{1..20} fd99::{10..16} fd99::{18..40} 2001:db8::1)
        # The kernel tells no datagram socket that an ICMPv6 packet was dropped on its way out.
        [ $mode = dgram ] || targets+=(fd99::17)
        run -6 icmp $mode -c 10 -i 20ms -t 500ms "${targets[@]}"
    done
    run -1 tcp syn -c 10 -i 20ms -t 500ms 10.99.1.{1..40}:80 192.0.2.1:80 10.98.1.1:80 10.99.255.255:80 '[fd99::'{10..40}']:80'
    finish
    judge raw 500ms 'send_error=60 reply=890 lost=0'
    judge dgram 500ms 'send_error=50 reply=890 lost=0'
    judge syn 500ms 'send_error=50 reply=690 lost=0'
    local why
    for mode in raw dgram syn; do
        why=$(jq -r 'select(.fate == "send_error") | "\(.address) \(.reason)"' "$BATS_TEST_TMPDIR/$mode" | sort -u)
        grep -qx '10.99.1.17 Operation not permitted' <<<"$why"
        [ $mode = dgram ] || grep -qx 'fd99::17 Operation not permitted' <<<"$why"
        grep -qx '192.0.2.1 Network is unreachable' <<<"$why"
        grep -qx '10.98.1.1 No route to host' <<<"$why"
        grep -qx '10.99.255.255 Permission denied' <<<"$why"
    done
}
