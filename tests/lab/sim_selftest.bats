#!/usr/bin/env bats
# bats file_tags=alone
# The simulator judged by peers that are not ours: ping, fping, traceroute, nmap, tcpdump, tshark.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=60; }

setup() {
    require_root
    require_commands ping fping traceroute nmap tcpdump tshark jq
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns sim
}

teardown() { lab_teardown; }

@test "a reply leaves its delay after the request, and the capture brackets both stamps of the ledger" {
    start_sim "$NS" --spin --rule '10.99.1.0/24: delay=20ms'
    start_capture "$NS" sim0 icmp
    in_ns "$NS" ping -q -c 50 -i 0.01 10.99.1.1
    stop_capture
    stop_sim
    # Requests: captured before we read them. Replies: captured after the stamp before our write.
    fields 'icmp.type == 8' icmp.seq frame.time_epoch | sort -n >"$BATS_TEST_TMPDIR/requests"
    fields 'icmp.type == 0' icmp.seq frame.time_epoch | sort -n >"$BATS_TEST_TMPDIR/replies"
    ledger '"\(.seq) \(.t_rx_ns) \(.sent[0].t_ns) \(.sent[0].late_ns)"' | tr -d '"' | sort -n >"$BATS_TEST_TMPDIR/truth"
    run -0 python3 - "$BATS_TEST_TMPDIR" <<'PY' || { echo "$output"; false; }
import sys
def table(name):
    return {int(line.split()[0]): line.split()[1:] for line in open(f"{sys.argv[1]}/{name}")}
def ns(text):
    seconds, fraction = text.split(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
requests, replies, truth = table("requests"), table("replies"), table("truth")
assert len(truth) == 50 and requests.keys() == truth.keys() == replies.keys()
gaps = []
for seq, (rx, tx, late) in truth.items():
    rx, tx, late = int(rx), int(tx), int(late)
    assert ns(requests[seq][0]) <= rx, (seq, "read before it was sent")
    assert tx <= ns(replies[seq][0]), (seq, "captured before it was written")
    assert late >= 0 and abs(tx - late - rx - 20_000_000) < 2_000, (seq, tx - late - rx)
    gaps.append(ns(replies[seq][0]) - ns(requests[seq][0]) - 20_000_000)
# A busy machine delays single packets; the ledger says so in late_ns.
late = sorted(int(row[2]) for row in truth.values())
gaps.sort()
assert gaps[25] < late[25] + 1_000_000, (gaps, late)
PY
}

@test "losses are those of the ledger, target by target, and the seed decides them" {
    local targets=() i
    for i in $(seq 1 50); do targets+=("10.99.1.$i"); done
    start_sim "$NS" --seed 7 --rule '10.99.1.0/24: loss_request=10%,loss_reply=0.1'
    in_ns "$NS" fping -q -i 1 -p 20 -t 500 -c 20 "${targets[@]}" 2>"$BATS_TEST_TMPDIR/fping" || true
    stop_sim
    awk '{ split($5, count, "/"); print $1, count[1], count[2] }' "$BATS_TEST_TMPDIR/fping" | sort >"$BATS_TEST_TMPDIR/seen"
    jq -rs 'map(select(.dst)) | group_by(.dst)[] |
        "\(.[0].dst) \(length) \(map(select(.fate == "replied")) | length)"' "$LEDGER" | sort >"$BATS_TEST_TMPDIR/truth"
    diff "$BATS_TEST_TMPDIR/seen" "$BATS_TEST_TMPDIR/truth"
    local lost
    lost=$(ledger_count '.fate == "lost_request" or .fate == "lost_reply"')
    [ "$(ledger_count '.fate == "lost_reply"')" -gt 0 ]
    [ "$lost" -gt 120 ]  # 190 of 1000 expected: five sigma
    [ "$lost" -lt 260 ]
    ledger '[.dst, .seq, .fate]' | sort >"$BATS_TEST_TMPDIR/first"

    start_sim "$NS" --seed 7 --rule '10.99.1.0/24: loss_request=10%,loss_reply=0.1'
    in_ns "$NS" fping -q -i 1 -p 20 -t 500 -c 20 "${targets[@]}" || true
    stop_sim
    diff "$BATS_TEST_TMPDIR/first" <(ledger '[.dst, .seq, .fate]' | sort)

    start_sim "$NS" --seed 8 --rule '10.99.1.0/24: loss_request=10%,loss_reply=0.1'
    in_ns "$NS" fping -q -i 1 -p 20 -t 500 -c 20 "${targets[@]}" || true
    stop_sim
    run -1 diff -q "$BATS_TEST_TMPDIR/first" <(ledger '[.dst, .seq, .fate]' | sort)
}

@test "drop_every drops each third request, no other" {
    start_sim "$NS" --rule 'fd99::/64: drop_every=3'
    in_ns "$NS" ping -c 9 -i 0.02 -W 1 fd99::9 >"$BATS_TEST_TMPDIR/ping" || true
    stop_sim
    run -0 grep -o 'icmp_seq=[0-9]*' "$BATS_TEST_TMPDIR/ping"
    [ "$(tr -dc '0-9\n' <<<"$output" | tr '\n' ' ')" = '1 2 4 5 7 8 ' ]
    [ "$(ledger 'select(.fate == "lost_request") | .seq' | tr '\n' ' ')" = '3 6 9 ' ]
}

@test "copies are seen as duplicates, at their distance, from their source" {
    start_sim "$NS" --rule '10.99.1.0/24: dup=2,dup_delay=30ms' --rule '10.99.2.0/24: dup=1,dup_from=10.99.2.99'
    start_capture "$NS" sim0 icmp
    run in_ns "$NS" ping -c 4 -i 0.1 10.99.1.1
    [ "$(grep -c 'DUP!' <<<"$output")" -ge 6 ]  # ping leaves at the fourth first answer
    in_ns "$NS" ping -q -c 1 10.99.2.1
    sleep 0.1
    stop_capture
    stop_sim
    [ "$(ledger_count '.dst == "10.99.1.1" and ([.sent[].kind] == ["reply", "dup", "dup"])')" -eq 4 ]
    [ "$(fields 'icmp.type == 0 and ip.src == 10.99.1.1' frame.number | wc -l)" -eq 12 ]
    [ "$(fields 'icmp.type == 0 and ip.dst == 10.99.0.1 and icmp.seq == 1' ip.src | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ,)" \
        = '3 10.99.1.1,1 10.99.2.1,1 10.99.2.99,' ]
}

@test "every restricts the fault to each Nth probe" {
    start_sim "$NS" --rule '10.99.1.0/24: dup=1,every=4'
    in_ns "$NS" ping -q -c 8 -i 0.02 10.99.1.1
    stop_sim
    [ "$(ledger 'select(.sent | length == 2) | .seq' | tr '\n' ' ')" = '4 8 ' ]
}

@test "corrupt replies are wrong exactly as asked, in both families" {
    start_sim "$NS" --rule '10.99.1.1: corrupt=checksum' --rule '10.99.1.2: corrupt=payload' \
        --rule '10.99.1.3: corrupt=data' --rule '10.99.1.4: corrupt=tag' --rule '10.99.1.5: ' \
        --rule 'fd99::1:1: corrupt=checksum' --rule 'fd99::1:2: corrupt=payload' \
        --rule 'fd99::1:3: corrupt=data' --rule 'fd99::1:4: corrupt=tag' --rule 'fd99::1:5: '
    start_capture "$NS" sim0 'icmp or icmp6'
    local i
    for i in 1 2 3 4 5; do
        in_ns "$NS" ping -q -c 1 -W 0.1 -p 55 -s 24 "10.99.1.$i" || true
        in_ns "$NS" ping -q -c 1 -W 0.1 -p 55 -s 24 "fd99::1:$i" || true
    done
    stop_capture
    stop_sim
    # checksum status: 1 good, 0 bad
    run -0 fields 'icmp.type == 0' ip.src icmp.checksum.status
    [ "$output" = $'10.99.1.1 0\n10.99.1.2 0\n10.99.1.3 1\n10.99.1.4 1\n10.99.1.5 1' ]
    run -0 fields 'icmpv6.type == 129' ipv6.src icmpv6.checksum.status
    [ "$output" = $'fd99::1:1 0\nfd99::1:2 0\nfd99::1:3 1\nfd99::1:4 1\nfd99::1:5 1' ]
    # What the payload became: 24 bytes, ping's time stamp first, then 55 55 ...
    local requests replies
    requests=$(tshark -r "$PCAP" -Y 'icmp.type == 8' -T fields -e icmp.data_time -e data.data 2>/dev/null | cut -f2)
    replies=$(tshark -r "$PCAP" -Y 'icmp.type == 0' -T fields -e icmp.data_time -e data.data 2>/dev/null | cut -f2)
    run -0 paste -d= <(cut -c 1-500 <<<"$requests") <(cut -c 1-500 <<<"$replies")
    [ "$(awk -F= '{ print $1 == $2 ? "same" : "other" }' <<<"$output" | tr '\n' ' ' | cut -d' ' -f1-3)" = 'same other other' ]
    [ "$(awk -F= 'NR == 5 { print $1 == $2 ? "same" : "other" }' <<<"$output")" = same ]
    [ "$(ledger 'select(.proto == 1 and .icmp_type == 8) | .sent[0].corrupt' | tr '\n' ' ')" \
        = '"checksum" "payload" "data" "tag" null ' ]
}

@test "reorder swaps each pair" {
    start_sim "$NS" --rule '10.99.1.0/24: reorder,delay=5ms'
    start_capture "$NS" sim0 icmp
    in_ns "$NS" ping -q -c 6 -i 0.02 10.99.1.1
    stop_capture
    stop_sim
    [ "$(fields 'icmp.type == 0' icmp.seq | awk '{ print $1 }' | cut -d, -f1 | tr '\n' ' ')" = '2 1 4 3 6 5 ' ]
}

@test "a reply can come from another address" {
    start_sim "$NS" --rule '10.99.1.0/24: wrong_source=10.99.1.77' --rule 'fd99::/64: wrong_source=fd99::77'
    start_capture "$NS" sim0 'icmp or icmp6'
    in_ns "$NS" ping -q -c 1 -W 0.2 10.99.1.1 || true
    in_ns "$NS" ping -q -c 1 -W 0.2 fd99::9 || true
    stop_capture
    stop_sim
    [ "$(fields 'icmp.type == 0' ip.src icmp.checksum.status)" = '10.99.1.77 1' ]
    [ "$(fields 'icmpv6.type == 129' ipv6.src icmpv6.checksum.status)" = 'fd99::77 1' ]
    [ "$(ledger 'select(.fate == "replied") | .sent[0].from' | tr '\n' ' ')" = '"10.99.1.77" "fd99::77" ' ]
}

@test "every ICMP error is well formed, from its router, about its probe" {
    local script=$BATS_TEST_TMPDIR/errors form targets=() n=0
    for form in 3/{0..15} 4/0 11/0 11/1 12/0; do
        n=$((n + 1)) && targets+=("10.99.1.$n")
        echo "10.99.1.$n: icmp_error=$form,from=10.98.0.1" >>"$script"
    done
    n=0
    for form in 1/{0..6} 2/0 3/0 3/1 4/{0..2}; do
        n=$((n + 1)) && targets+=("fd99::1:$n")
        echo "fd99::1:$n: icmp_error=$form,from=2001:db8::1,mtu=1300" >>"$script"
    done
    start_sim "$NS" --route 10.98.0.0/16 --route 2001:db8::/32 --script "$script"
    start_capture "$NS" sim0 'icmp or icmp6'
    in_ns "$NS" fping -q -c 1 -t 100 "${targets[@]}" || true
    stop_capture
    stop_sim
    # tshark verifies checksums: 1 is good; it leaves that of the quoted ICMP header alone (2).
    run -0 fields 'icmp and ip.src == 10.98.0.1' icmp.type icmp.code ip.dst icmp.checksum.status ip.checksum.status
    [ "${#lines[@]}" -eq 20 ]
    n=0
    for form in 3,8/{0..15} 4,8/0 11,8/0 11,8/1 12,8/0; do
        n=$((n + 1))
        grep -qx "${form%/*} ${form#*/},0 10.99.0.1,10.99.1.$n 1,2 1,1" <<<"$output"
    done
    run -0 fields 'icmpv6 and ipv6.src == 2001:db8::1' icmpv6.type icmpv6.code ipv6.dst icmpv6.checksum.status
    [ "${#lines[@]}" -eq 13 ]
    n=0
    for form in 1,128/{0..6} 2,128/0 3,128/0 3,128/1 4,128/{0..2}; do
        n=$((n + 1))
        grep -qx "${form%/*} ${form#*/},0 fd99::1,fd99::1:$n 1,2" <<<"$output"
    done
    [ -z "$(fields '_ws.malformed' frame.number)" ]
    [ "$(fields 'icmpv6.type == 2' icmpv6.mtu)" = 1300 ]
    [ "$(ledger_count '.fate == "error" and .sent[0].icmp_type == 3 and .sent[0].icmp_code == 13')" -eq 1 ]
}

@test "the kernel takes the errors as its own: ping names them" {
    start_sim "$NS" --route 10.98.0.0/16 --rule '10.99.1.1: icmp_error=3/1,from=10.98.0.1,quote=8' \
        --rule '10.99.1.2: icmp_error=3/13,from=10.98.0.1' --rule 'fd99::2: icmp_error=1/1,from=fd99::ffff'
    run in_ns "$NS" ping -c 1 -W 1 10.99.1.1
    [[ $output == *'From 10.98.0.1 icmp_seq=1 Destination Host Unreachable'* ]]
    run in_ns "$NS" ping -c 1 -W 1 10.99.1.2
    [[ $output == *'From 10.98.0.1 icmp_seq=1 Packet filtered'* ]]
    run in_ns "$NS" ping -c 1 -W 1 fd99::2
    [[ $output == *'From fd99::ffff icmp_seq=1 Destination unreachable: Administratively prohibited'* ]]
}

@test "quotes are cut, rewritten and extended as asked" {
    start_sim "$NS" --rule '10.99.1.1: icmp_error=3/1,quote=8' --rule '10.99.1.2: icmp_error=3/1,quote_ip_options' \
        --rule '10.99.1.3: icmp_error=3/1,quote_nat=192.0.2.9' --rule '10.99.1.4: icmp_error=3/1,quote_tos=184' \
        --rule 'fd99::1:1: icmp_error=1/3,quote_v6_ext=dst' --rule 'fd99::1:2: icmp_error=1/3,quote_v6_ext=hbh' \
        --rule 'fd99::1:3: icmp_error=1/3,quote_nat=2001:db8::9' --rule '10.99.1.5: icmp_error=3/1'
    start_capture "$NS" sim0 'icmp or icmp6'
    in_ns "$NS" fping -q -c 1 -t 100 10.99.1.{1,2,3,4} fd99::1:{1,2,3} || true
    in_ns "$NS" ping -q -c 1 -s 1400 -W 0.1 10.99.1.5 || true
    stop_capture
    stop_sim
    [ "$(fields 'icmp.type == 3 and ip.src == 10.99.1.1' ip.len icmp.seq | cut -d, -f1)" = 56 ]
    [ "$(fields 'icmp.type == 3 and ip.src == 10.99.1.2' ip.hdr_len ip.opt.type ip.checksum.status icmp.checksum.status)" \
        = '20,28 7,0 1,1 1,2' ]
    [ "$(fields 'icmp.type == 3 and ip.src == 10.99.1.3' ip.dst ip.checksum.status)" = '10.99.0.1,192.0.2.9 1,1' ]
    [ "$(fields 'icmp.type == 3 and ip.src == 10.99.1.4' ip.dsfield)" = '0x00,0xb8' ]
    [ "$(fields 'icmpv6.type == 1 and ipv6.src == fd99::1:1' ipv6.nxt ipv6.dstopts.nxt icmpv6.type)" = '58,60 58 1,128' ]
    [ "$(fields 'icmpv6.type == 1 and ipv6.src == fd99::1:2' ipv6.nxt ipv6.hopopts.nxt icmpv6.type)" = '58,0 58 1,128' ]
    [ "$(fields 'icmpv6.type == 1 and ipv6.src == fd99::1:3' ipv6.dst)" = 'fd99::1,2001:db8::9' ]
    [ "$(fields 'icmp.type == 3 and ip.src == 10.99.1.5' ip.len)" = '576,1428' ]
}

@test "label stacks are RFC 4884 extensions that tshark and traceroute read, also in the legacy form" {
    start_sim "$NS" --route 10.98.0.0/16 --route 2001:db8::/32 \
        --rule '10.99.1.0/24: path=10.98.0.1,mpls=16001/1/3+77' --rule '10.99.2.0/24: path=10.98.0.1,mpls=18,mpls_legacy' \
        --rule 'fd99::/64: path=2001:db8::1,mpls=16001/1/3+77'
    start_capture "$NS" sim0 'icmp or icmp6'
    run -0 in_ns "$NS" traceroute -n -e -q 1 -m 4 10.99.1.1
    [[ $output == *'1  10.98.0.1 <MPLS:L=16001,E=1,S=0,T=3/L=77,E=0,S=1,T=1>'* ]]
    run -0 in_ns "$NS" traceroute -n -e -q 1 -m 4 10.99.2.1
    [[ $output == *'1  10.98.0.1 <MPLS:L=18,E=0,S=1,T=1>'* ]]
    run -0 in_ns "$NS" traceroute -6 -n -e -q 1 -m 4 fd99::9
    [[ $output == *'1  2001:db8::1 <MPLS:L=16001,E=1,S=0,T=3/L=77,E=0,S=1,T=1>'* ]]
    stop_capture
    stop_sim
    [ "$(fields 'icmp.type == 11 and ip.dst == 10.99.1.1' icmp.length icmp.mpls.label icmp.ext.checksum.status)" = '32 16001,77 1' ]
    [ -z "$(fields '_ws.malformed' frame.number)" ]
}

@test "hops are those of the script, in both families, with a silent router and branches by flow" {
    start_sim "$NS" --route 10.98.0.0/16 --route 2001:db8::/32 --route 198.18.254.0/24 \
        --rule '10.99.1.0/24: path=10.98.0.1+*+10.98.2.1,hop_delay=2ms,delay=9ms' \
        --rule '10.99.2.0/24: path=10.98.0.1+10.98.1.1|10.98.1.2|10.98.1.3' \
        --rule 'fd99::/64: hops=3' --rule '10.99.3.0/24: hops=2'
    run -0 in_ns "$NS" traceroute -n -I -q 1 -w 0.5 -m 8 10.99.1.1
    [ "$(awk 'NR > 1 { print $1, $2 }' <<<"$output" | tr '\n' ,)" = '1 10.98.0.1,2 *,3 10.98.2.1,4 10.99.1.1,' ]
    run -0 in_ns "$NS" traceroute -6 -n -q 1 -w 0.5 -m 8 fd99::9
    [ "$(awk 'NR > 1 { print $1, $2 }' <<<"$output" | tr '\n' ,)" = '1 2001:db8:fffe::1,2 2001:db8:fffe::2,3 fd99::9,' ]
    run -0 in_ns "$NS" traceroute -n -T -p 80 -q 1 -w 0.5 -m 8 10.99.3.1
    [ "$(awk 'NR > 1 { print $1, $2 }' <<<"$output" | tr '\n' ,)" = '1 198.18.254.1,2 10.99.3.1,' ]
    # UDP probes change their port, so all three branches appear; a fixed flow sees one.
    run -0 in_ns "$NS" sh -c 'for i in 1 2 3; do traceroute -n -q 10 -N 1 -w 0.5 -f 2 -m 2 10.99.2.1; done'
    [ "$(grep -o '10\.98\.1\.[123]' <<<"$output" | sort -u | wc -l)" -eq 3 ]
    run -0 in_ns "$NS" traceroute -n -U -p 53 --sport=4000 -q 10 -N 1 -w 0.5 -f 2 -m 2 10.99.2.1
    [ "$(grep -o '10\.98\.1\.[123]' <<<"$output" | sort -u | wc -l)" -eq 1 ]
    stop_sim
}

@test "a router's error limit lets its rate through and no more" {
    start_sim "$NS" --rule '10.99.1.0/24: icmp_error=3/1,from=10.99.9.9,rate_limit=20,rate_burst=5'
    in_ns "$NS" fping -q -p 10 -c 100 -t 50 10.99.1.1 || true
    stop_sim
    local errors limited span
    errors=$(ledger_count '.fate == "error"')
    limited=$(ledger_count '.fate == "rate_limited"')
    [ $((errors + limited)) -eq 100 ]
    span=$(jq -s 'map(select(.t_rx_ns) | .t_rx_ns) | (max - min) / 1000000 | floor' "$LEDGER")
    [ "$errors" -le $((5 + span / 50 + 1)) ]
    [ "$errors" -ge $((5 + span / 50 - 1)) ]
}

@test "nmap finds ports open, closed, filtered and unreachable, half-open and by connect()" {
    start_sim "$NS" --rule '10.99.1.0/24: tcp_open=80,8000-8001,tcp_filtered=22,tcp_error=23,icmp_error=3/13,tcp=rst' \
        --rule 'fd99::/64: tcp_open=80,tcp_filtered=22,tcp=rst'
    local scan
    for scan in -sS -sT; do
        run -0 in_ns "$NS" nmap -n -Pn --reason $scan --max-retries 1 -p 22,23,80,81,8000,8001,8002 10.99.1.1
        grep -q '^22/tcp *filtered .*no-response' <<<"$output"
        grep -q '^23/tcp *filtered .*admin-prohibited\|^23/tcp *filtered .*host-unreach' <<<"$output"
        [ "$(grep -c '/tcp *open .*syn-ack' <<<"$output")" -eq 3 ]
        [ "$(grep -c '/tcp *closed .*\(reset\|conn-refused\)' <<<"$output")" -eq 2 ]
        run -0 in_ns "$NS" nmap -6 -n -Pn $scan --max-retries 1 -p 22,80,81 fd99::9
        [ "$(awk '/\/tcp/ { print $1, $2 }' <<<"$output" | tr '\n' ,)" = '22/tcp filtered,80/tcp open,81/tcp closed,' ]
    done
    stop_sim
}

@test "connect() completes, data is acknowledged and the connection closes" {
    start_sim "$NS" --rule '0.0.0.0/0: tcp_open=80,mss=1234,delay=5ms' --rule '::/0: tcp_open=80'
    start_capture "$NS" sim0 tcp
    run -0 in_ns "$NS" python3 - <<'PY'
import socket, struct
for address in ("10.99.1.1", "fd99::9"):
    with socket.create_connection((address, 80), timeout=5) as s:
        s.sendall(b"x" * 5000)
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b"", "the peer closes"
        info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
        print(struct.unpack_from("I", info, 16)[0])
PY
    stop_capture
    stop_sim
    [ "${lines[0]}" = 1234 ]
    [ -z "$(fields 'tcp.checksum.status != 1 || tcp.analysis.retransmission' frame.number)" ]
    [ "$(fields 'tcp.flags.syn == 1 && tcp.flags.ack == 1' tcp.options.mss_val | tr '\n' ' ')" = '1234 1460 ' ]
    [ "$(ledger_count '.sent[0].kind == "fin"')" -eq 2 ]
}

@test "the first SYN is swallowed, the kernel's second is answered" {
    start_sim "$NS" --rule '10.99.1.0/24: tcp_open=80,swallow_first_syn=1'
    run -0 in_ns "$NS" python3 - <<'PY'
import socket, time
start = time.monotonic()
socket.create_connection(("10.99.1.1", 80), timeout=5).close()
assert 0.9 < time.monotonic() - start < 2.5
PY
    stop_sim
    [ "$(ledger 'select(.tcp_flags == "S") | .fate' | tr '\n' ' ')" = '"swallowed" "replied" ' ]
}

@test "odd answers to a SYN carry exactly the wrong numbers asked for" {
    start_sim "$NS" --rule '10.99.1.0/24: tcp_rst_noack=1,tcp_rst_bad_ack=2,tcp_bad_ack=3,tcp_challenge_ack=4,tcp_closed=5,tcp=synack'
    start_capture "$NS" sim0 tcp
    in_ns "$NS" nmap -n -Pn -sS --max-retries 0 -p 1-6 10.99.1.1 >"$BATS_TEST_TMPDIR/nmap"
    stop_capture
    stop_sim
    local port expected flags
    for expected in 1:R:no 2:RA:no 3:SA:no 4:A:no 5:RA:yes 6:SA:yes; do
        IFS=: read -r port flags expected <<<"$expected"
        local seq ack letters
        seq=$(fields "tcp.dstport == $port && tcp.flags.syn == 1" tcp.seq_raw | head -1)
        read -r letters ack <<<"$(fields "tcp.srcport == $port" tcp.flags.str tcp.ack_raw | head -1 | tr -d '·')"
        [ "$(fold -w1 <<<"$letters" | sort | tr -d '\n')" = "$(fold -w1 <<<"$flags" | sort | tr -d '\n')" ]
        [ "$([ "$ack" = $(((seq + 1) % 4294967296)) ] && echo yes || echo no)" = "$expected" ]
    done
    [ -z "$(fields 'tcp.checksum.status != 1' frame.number)" ]
}

@test "a request with a bad checksum is told, not answered" {
    require_commands nping
    start_sim "$NS" --rule '0.0.0.0/0: tcp=synack,udp=reply'
    run -0 in_ns "$NS" nping -q --tcp --badsum -c 1 -p 80 10.99.1.1
    run -0 in_ns "$NS" nping -q --udp --badsum -c 1 -p 53 10.99.1.1
    stop_sim
    [ "$(ledger_count '.fate == "bad_checksum" and .sent == []')" -eq 2 ]
}

@test "65,000 targets: the totals are those of the sender, and nothing is dropped on the way in" {
    start_sim "$NS" --ledger-counts --rule '10.99.0.0/16: delay=10ms'
    in_ns "$NS" fping -q -r 0 -t 500 -i 0.01 -g 10.99.1.0 10.99.253.255 >/dev/null 2>&1 || true
    stop_sim
    [ "$(ledger_summary .device_dropped)" -eq 0 ]
    [ "$(jq -c 'select(.dst and .received == 1 and .replied == 1 and .sent == 1)' "$LEDGER" | wc -l)" -eq 64768 ]
    [ "$(ledger_summary .unsent)" -eq 0 ]
}

@test "what the kernel dropped before the simulator is told" {
    start_sim "$NS" --queue 10
    kill -STOP "$SIM_PID"
    in_ns "$NS" ping -q -f -c 200 -W 0.2 10.99.1.1 >/dev/null 2>&1 || true
    kill -CONT "$SIM_PID"
    stop_sim
    local seen dropped
    seen=$(ledger_count '.icmp_type == 8')
    dropped=$(ledger_summary .device_dropped)
    [ "$seen" -eq 10 ]
    [ $((seen + dropped)) -eq 200 ]
}

@test "SIGHUP reads the script again; a bad script leaves the rules" {
    echo '10.99.1.0/24: icmp=silent' >"$BATS_TEST_TMPDIR/script"
    start_sim "$NS" --script "$BATS_TEST_TMPDIR/script"
    run -1 in_ns "$NS" ping -q -c 1 -W 0.2 10.99.1.1
    echo '10.99.1.0/24: ' >"$BATS_TEST_TMPDIR/script"
    kill -HUP "$SIM_PID" && sleep 0.3
    in_ns "$NS" ping -q -c 1 -W 1 10.99.1.1
    echo '10.99.1.0/24: color=red' >"$BATS_TEST_TMPDIR/script"
    kill -HUP "$SIM_PID" && sleep 0.3
    in_ns "$NS" ping -q -c 1 -W 1 10.99.1.1
    stop_sim
    grep -q "script:1: .*'color' is not a key" "$BATS_TEST_TMPDIR/sim.err"
}

@test "a rule that cannot be meant is refused with the reason" {
    run -64 in_ns "$NS" timeout 5 "$NM_BIN/nm-netsim" --rule '10.0.0.0/8: delay=10'
    [[ $output == *"delay: '10' is not a duration"* ]]
    run -64 in_ns "$NS" timeout 5 "$NM_BIN/nm-netsim" --rule '10.0.0.0/33: '
    run -64 in_ns "$NS" timeout 5 "$NM_BIN/nm-netsim" --rule '10.0.0.0/8: loss=1.5'
    run -64 in_ns "$NS" timeout 5 "$NM_BIN/nm-netsim" --rule '10.0.0.0/8: from=fd99::1'
    run -64 in_ns "$NS" timeout 5 "$NM_BIN/nm-netsim" --colour
    run -0 "$NM_BIN/nm-netsim" --help
    [[ $output == *EXAMPLES* ]]
}
