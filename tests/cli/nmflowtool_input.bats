#!/usr/bin/env bats
# Where nmflowtool gets its input: captures in every form, files of nfdump, pipes, sockets; and what a person sees.
# The judges are capinfos, tshark, and nfdump with its own files.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    v9="$golden/nfcapd/input-v9.pcap"
    stored="$golden/nfcapd/nfcapd-1.7.8-v9-none.nf"
    export TZ=UTC  # nfdump writes local time
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${collector:-}" ] || kill -KILL "$collector" 2>/dev/null || true
    [ -z "${writer:-}" ] || kill -KILL "$writer" 2>/dev/null || true
}

# flows FILE: its flow records without what the transport tells.
flows() { nmflowtool decode -r "$1" | jq -c 'select(.type == "flow") | del(.ts, .exporter)'; }
# summary KEY...: of the last line of out.json.
summary() { tail -n 1 out.json | jq -c "[$(printf '.%s,' "$@" | sed 's/,$//')]"; }

@test "every byte order, time unit, link layer, tag, IP version and fragmentation gives the same flows (trap 29)" {
    mkdir variants
    python3 "$BATS_TEST_DIRNAME/capture_variants.py" "$v9" variants
    flows "$v9" >plain
    [ "$(wc -l <plain)" = 240 ]
    for file in variants/*; do
        flows "$file" | diff plain - || { echo "$file" >&2; false; }
    done
    # The capture times too, where the form can tell them.
    for file in big_endian nanoseconds big_endian_nanoseconds; do
        cmp <(nmflowtool decode -r "variants/$file.pcap") <(nmflowtool decode -r "$v9")
    done
    cmp <(nmflowtool decode -r variants/sections.pcapng) <(nmflowtool decode -r "$v9")
}

@test "fragments are put together, repeated ones too, and every packet is in the books (trap 29)" {
    mkdir variants
    python3 "$BATS_TEST_DIRNAME/capture_variants.py" "$v9" variants
    for file in fragments fragments_v6; do
        nmflowtool decode -r variants/$file.pcap >out.json
        [ "$(summary reassembled not_udp unknown_link)" = "[16,0,0]" ]
        tail -n 1 out.json | jq -e '.captured == .datagrams - .reassembled + .not_udp + .fragments + .unknown_link'
    done
    # The first fragment of a datagram missing: the others are lost with it, and counted.
    python3 - variants/fragments.pcap lossy.pcap <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = 24
while True:
    n = struct.unpack_from("<I", data, at + 8)[0]
    if struct.unpack_from(">H", data, at + 16 + 14 + 6)[0] & 0x1FFF == 0:
        break
    at += 16 + n
open(sys.argv[2], "wb").write(data[:at] + data[at + 16 + n:])
PY
    nmflowtool decode -r lossy.pcap >out.json
    [ "$(summary reassembled)" = "[15]" ]
    tail -n 1 out.json | jq -e '.fragments_lost > 0'
}

@test "packed captures, from files and from a pipe" {
    for pack in gzip bzip2 xz zstd lz4; do
        require_commands $pack
        $pack -c "$v9" >packed
        cmp <(nmflowtool decode -r packed) <(nmflowtool decode -r "$v9")
        cmp <(nmflowtool decode -r - <packed) <(nmflowtool decode -r "$v9")
    done
}

@test "pcapng files of gopacket: as many packets as capinfos counts, and never a crash (trap 29)" {
    require_commands capinfos
    folder="$NM_SHARED_DATA/flow/gopacket-pcapng"
    [ -d "$folder" ] || skip "no shared data: $folder"
    for file in "$folder"/*.pcapng; do
        status=0
        nmflowtool decode -r "$file" >out.json 2>err || status=$?
        [ $status -le 1 ] || [ $status -eq 65 ]
        theirs=$(capinfos -Mc "$file" 2>/dev/null | awk '/Number of packets/ { print $NF }')
        [ -n "$theirs" ] || continue  # it refuses a section of an unknown version, which we pass over
        ours=$(tail -n 1 out.json | jq .captured)
        [ "$ours" = "$theirs" ] || { echo "$file: $ours packets, capinfos says $theirs" >&2; false; }
    done
}

@test "a link layer that is not understood is told and counted" {
    python3 - "$v9" odd.pcap <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(data[:20] + struct.pack("<I", 105) + data[24:])
PY
    run -1 --separate-stderr nmflowtool decode -r odd.pcap
    [ "$(tail -n 1 <<<"$output" | jq -c '[.captured, .unknown_link, .datagrams]')" = "[16,16,0]" ]
    [[ $stderr == *"odd.pcap: holds packets of link type 105, which is not understood"* ]]
}

@test "files of nfdump 1.7 in all packings equal nfdump's own listing (trap 30)" {
    for protocol in v9 sflow; do
        for packing in none lzo lz4 zstd bz2; do
            nmflowtool decode -r "$golden/nfcapd/nfcapd-1.7.8-$protocol-$packing.nf" >out.json
            python3 "$BATS_TEST_DIRNAME/nfdump_compare.py" out.json \
                "$golden/nfcapd/nfcapd-1.7.8-$protocol.expected.ndjson" ${packing/none/}
            [ "$(summary stored_malformed blocks_malformed malformed)" = "[0,0,0]" ]
        done
    done
}

@test "files of nfdump 1.6 equal nfdump's own listing (trap 30)" {
    for protocol in v9 sflow; do
        nmflowtool decode -r "$golden/nfcapd/nfcapd-1.6-$protocol.nf" >out.json
        python3 "$BATS_TEST_DIRNAME/nfdump_compare.py" out.json "$golden/nfcapd/nfcapd-1.6-$protocol.expected.csv"
    done
}

@test "the other files of nfdump in the shared data equal nfdump's own listings" {
    folder="$NM_SHARED_DATA/flow/nfcapd"
    [ -d "$folder" ] || skip "no shared data: $folder"
    for protocol in v5 ipfix; do
        for packing in none lzo lz4 zstd bz2; do
            nmflowtool decode -r "$folder/nfcapd-1.7.8-$protocol-$packing.nf" >out.json
            python3 "$BATS_TEST_DIRNAME/nfdump_compare.py" out.json "$folder/nfcapd-1.7.8-$protocol.expected.ndjson" \
                ${packing/none/}
        done
        nmflowtool decode -r "$folder/nfcapd-1.6-$protocol.nf" >out.json
        python3 "$BATS_TEST_DIRNAME/nfdump_compare.py" out.json "$folder/nfcapd-1.6-$protocol.expected.csv"
    done
}

# nfdump_lines FILE: nfdump's words for the members that both know.
nfdump_lines() {
    nfdump -q -N -6 -r "$1" -o 'fmt:%sa|%da|%sp|%pr|%pkt|%byt|%ts|%te|%in|%out|%sas|%das' | sed 's/\([0-9]\) \([0-9][0-9]:\)/\1T\2/g; s/ //g'
}
our_lines() {
    nmflowtool decode -r "$1" | jq -r 'select(.type == "flow") | [.src_ip, .dst_ip, .src_port // 0, .proto_num, .packets,
        .bytes, .start[0:23], .end[0:23], .in_if, .out_if, .src_as // 0, .dst_as // 0] | map(tostring) | join("|")'
}

# start_nfcapd: the installed one, which stores in ./nf; its process in $writer, its port in $port.
start_nfcapd() {
    mkdir nf
    port=$((20000 + RANDOM % 20000))
    nfcapd -w nf -b 127.0.0.1 -p $port -t 3600 >nfcapd.log 2>&1 3>&- &
    writer=$!
    for _ in $(seq 100); do
        ! grep -q "$(printf ':%04X 0' $port | cut -d' ' -f1) " /proc/net/udp || break
        sleep 0.05
    done
}

# end_nfcapd: its file in $file.
end_nfcapd() {
    kill -TERM "$writer"
    wait "$writer" || true
    writer=
    file=$(ls nf/nfcapd.2*)
}

@test "the installed nfcapd: its file while it is written, then closed, then packed again, as nfdump lists it (trap 30)" {
    require_commands nfcapd nfdump
    start_nfcapd
    python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$v9" 127.0.0.1 $port
    sleep 0.5
    # Its flows are in memory until a block is full: an open file ends early, not in an error.
    run nmflowtool decode -r nf/nfcapd.current.*
    [ "$status" -le 1 ]
    end_nfcapd
    nfdump_lines "$file" >theirs
    [ "$(wc -l <theirs)" = 240 ]
    our_lines "$file" | diff theirs -
    for pack in -z -j -y; do
        nfdump -q -r "$file" -w packed $pack >/dev/null 2>&1
        our_lines packed | diff theirs -
    done
}

@test "what firewalls, translators and routers tell beside flows is read from nfcapd's file as from the wire" {
    require_commands nfcapd nfdump
    python3 "$BATS_TEST_DIRNAME/event_flows.py" wire.pcap
    start_nfcapd
    python3 "$BATS_TEST_DIRNAME/flow_replay.py" wire.pcap 127.0.0.1 $port
    sleep 0.5
    end_nfcapd
    # nfcapd keeps no kind of counter, and what came back as what was sent on; what it was not told is 0.
    flows wire.pcap | jq -cS 'del(.bytes_kind) | .post_bytes = (.post_bytes // .rev_bytes) | del(.rev_bytes)
        | with_entries(select(.value != null))' >wire
    [ "$(wc -l <wire)" = 4 ]
    flows "$file" | jq -cS 'del(.tos)' | diff wire -
    nfdump -r "$file" -o json | jq -c '.[] | [.user_name, .connect_id, .xevent_id, .src4_xlt_ip // .src6_xlt_ip,
        .src_xlt_port, .mpls_1, .ingress_vrf, .egress_vrf, .out_bytes, .out_packets, .t_event[0:23]]
        | map(if . == "0" or . == 0 or . == null then null else tostring end)' >theirs
    flows "$file" | jq -c '[.user, .flow_id, .fw_ext_event, .nat_src_ip, .nat_src_port,
        (if .mpls_label then "\(.mpls_label)-0-0" else null end), .in_vrf, .out_vrf, .post_bytes, .post_packets,
        .event_time[0:23]] | map(if . == null then null else tostring end)' | diff theirs -
}

@test "a file of nfdump that is cut gives what came before, a warning and 65; a damaged block costs itself only (trap 30)" {
    head -c 20000 "$stored" >cut.nf
    run -65 --separate-stderr nmflowtool decode -r cut.nf
    [[ $stderr == *"cut.nf: the file ends inside a block at byte "* ]]
    # Two blocks, the first damaged: the header of the file must not promise one block only.
    python3 - "$golden/nfcapd/nfcapd-1.7.8-v9-lz4.nf" two.nf <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
appendix = struct.unpack_from("<Q", data, 24)[0]
block = data[40:appendix]
bad = bytearray(block)
bad[12:200] = b"\xff" * 188
struct.pack_into("<QII", data, 24, appendix + len(block), 0, 2)
open(sys.argv[2], "wb").write(data[:40] + bad + block + data[appendix:])
PY
    run -65 --separate-stderr nmflowtool decode -r two.nf
    [ "$(grep -c '"type":"flow",' <<<"$output")" = 240 ]
    [ "$(tail -n 1 <<<"$output" | jq -c '[.flows, .blocks_malformed]')" = "[240,1]" ]
    [[ $stderr == *"two.nf: 0 records and 1 blocks are damaged"* ]]
}

@test "an extension that nobody knows, and a record that overruns its block (trap 30)" {
    python3 - "$stored" odd.nf overrun.nf <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
at, end = 52, 52 + struct.unpack_from("<I", data, 44)[0]
first = last = None
while at < end:
    kind, size = struct.unpack_from("<HH", data, at)
    if kind == 11:
        first, last = first or at, at
    at += size
odd = bytearray(data)
struct.pack_into("<H", odd, first + 12, 999)  # its first extension, the IPv4 addresses
open(sys.argv[2], "wb").write(odd)
struct.pack_into("<H", data, last + 2, 60000)
open(sys.argv[3], "wb").write(data)
PY
    nmflowtool decode -r odd.nf >out.json
    [ "$(head -n 1 out.json | jq -c '[has("src_ip"), .bytes]')" = "[false,558420000]" ]
    [ "$(summary flows malformed)" = "[240,0]" ]
    run -65 --separate-stderr nmflowtool decode -r overrun.nf
    tail -n 1 <<<"$output" | jq -e '.flows >= 239 and .stored_malformed == 1'
}

@test "files of nfdump of another byte order, layout or encryption are refused with a word (trap 30)" {
    { printf '\xa5\x0c\x00\x02'; tail -c +5 "$stored"; } >swapped.nf
    run -65 --separate-stderr nmflowtool decode -r swapped.nf
    [[ $stderr == *"big-endian"* ]]
    { head -c 2 "$stored"; printf '\x03\x00'; tail -c +5 "$stored"; } >layout3.nf
    run -65 --separate-stderr nmflowtool decode -r layout3.nf
    [[ $stderr == *"layout 3"* ]]
}

@test "top reads files of nfdump: the same sums as from their records, and as nfdump" {
    for by in src_ip src_ip,dst_port dst_ip/24/48 proto,in_if; do
        nmflowtool top --by $by -n 0 -r "$stored" | jq -c 'select(.type == "flow.top")' >direct
        nmflowtool decode -r "$stored" | nmflowtool top --by $by -n 0 | jq -c 'select(.type == "flow.top")' >piped
        [ -s direct ]
        diff direct piped
    done
    require_commands nfdump
    nmflowtool top --by src_ip -n 5 -r "$golden/nfcapd/nfcapd-1.6-v9.nf" |
        jq -r 'select(.type == "flow.top") | [.src_ip, .bytes, .packets, .flows] | join(" ")' >ours
    nfdump -q -N -6 -r "$golden/nfcapd/nfcapd-1.6-v9.nf" -A srcip -O bytes -o 'fmt:%sa %byt %pkt %fl' |
        sed 's/  */ /g; s/^ //' | head -n 5 >theirs
    [ -s theirs ]
    diff theirs ours
}

@test "captures and files of nfdump in one run; a file that is none is told, and costs the others nothing" {
    nmflowtool decode -r "$v9" -r "$stored" -r "$v9" >out.json
    [ "$(summary flows stored datagrams)" = "[720,240,32]" ]
    : >empty.pcap
    status=0
    nmflowtool decode --state kept -r "$v9" -r empty.pcap -r "$v9" >out.json 2>err || status=$?
    [ $status = 65 ]
    [ "$(cat err)" = 'nmflowtool: empty.pcap: too short for a capture file: passed over' ]
    [ "$(summary type flows datagrams)" = '["flow.summary",480,32]' ]
    [ -s kept ]
    run -65 --separate-stderr nmflowtool decode --strict -r empty.pcap -r "$v9"
    [ -z "$output" ]
}

# The IPv4 packets of $v9 behind labels, in tunnels and in mirrors, as NAME.pcap.
wrapped() {
    python3 - "$v9" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
def ip(payload, proto): return struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, 0, 64, proto, 0, 0x0A090001, 0x0A090002) + payload
def ethernet(payload, kind=0x0800): return bytes(12) + struct.pack("!H", kind) + payload
def udp(payload, port): return struct.pack("!HHHH", 5000, port, 8 + len(payload), 0) + payload
forms = {
    "mpls": lambda p: ethernet(struct.pack("!II", 100 << 12 | 64, 200 << 12 | 0x140) + p, 0x8847),
    "pppoe": lambda p: ethernet(struct.pack("!BBHHH", 0x11, 0, 1, len(p) + 2, 0x21) + p, 0x8864),
    "gre": lambda p: ethernet(ip(struct.pack("!HH", 0, 0x0800) + p, 47)),
    "erspan": lambda p: ethernet(ip(struct.pack("!HHIII", 0x1000, 0x88BE, 1, 0x10000001, 0) + ethernet(p), 47)),
    "vxlan": lambda p: ethernet(ip(udp(struct.pack("!II", 0x08000000, 7 << 8) + ethernet(p), 4789), 17)),
    "ipip": lambda p: ethernet(ip(p, 4)),
}
for name, form in forms.items():
    out, at = data[:24], 24
    while at < len(data):
        times, size = data[at : at + 8], struct.unpack_from("<I", data, at + 8)[0]
        frame = form(data[at + 16 + 14 : at + 16 + size])
        out += times + struct.pack("<II", len(frame), len(frame)) + frame
        at += 16 + size
    open(name + ".pcap", "wb").write(out)
PY
}

@test "datagrams behind labels, in tunnels and in mirrors of ports are found, as tshark finds them" {
    require_commands tshark
    wrapped
    for form in mpls pppoe gre erspan vxlan ipip; do
        flows $form.pcap | cmp - <(flows "$v9") || { echo "$form" >&2; false; }
        [ "$(tshark -r $form.pcap -d udp.port==9995,cflow -Y cflow 2>/dev/null | wc -l)" = 16 ]
        nmflowtool decode -r $form.pcap >out.json
        [ "$(summary captured datagrams not_udp not_flow)" = '[16,16,0,0]' ]
    done
}

@test "a capture without UDP is told; packets without a time have that of the one before" {
    python3 - "$v9" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))
timed = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0))
at, first = 24, True
while at < len(data):
    size = struct.unpack_from("<I", data, at + 8)[0]
    frame = data[at + 16 : at + 16 + size]
    us = 1_700_000_000_000_000
    timed += block(6, struct.pack("<IIIII", 0, us >> 32, us & 0xFFFFFFFF, size, size) + frame) if first else \
        block(3, struct.pack("<I", size) + frame)
    at, first = at + 16 + size, False
open("simple.pcapng", "wb").write(timed)
frame = bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBHII", 0x45, 0, 40, 0, 0, 64, 6, 0, 1, 2) + bytes(20)
open("tcp.pcap", "wb").write(data[:24] + struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)
PY
    nmflowtool decode -r simple.pcapng >out.json
    [ "$(jq -r 'select(.type == "flow").ts' out.json | sort | uniq -c | tr -s ' ')" = ' 240 2023-11-14T22:13:20.000000Z' ]
    run -1 --separate-stderr nmflowtool decode -r tcp.pcap
    [ "$stderr" = 'nmflowtool: tcp.pcap: holds no UDP packets; flows in TCP or SCTP are not read' ]
}

@test "a group is joined; a host without IPv6 listens on every address of IPv4" {
    require_commands strace
    port=$((20000 + RANDOM % 20000))
    if ip route get 239.77.1.2 >/dev/null 2>&1; then
        nmflowtool decode -l 239.77.1.2:$port >out.json 3>&- &
        collector=$!
        for _ in $(seq 100); do grep -q 02014DEF /proc/net/igmp && break; sleep 0.05; done
        grep -q 02014DEF /proc/net/igmp
        kill -TERM $collector
        wait $collector || [ $? -eq 143 ]
        collector=
    fi
    strace -o trace -f -e trace=socket,bind -e inject=socket:error=EAFNOSUPPORT:when=1 \
        "$(command -v nmflowtool)" decode -l :$port >out.json 3>&- &
    collector=$!
    for _ in $(seq 100); do grep -q bind trace && break; sleep 0.05; done
    grep -q "sin_port=htons($port), sin_addr=inet_addr(\"0.0.0.0\")" trace
    pkill -TERM -P $collector
    wait $collector || true
    collector=
}

@test "a table has nfdump's columns" {
    nmflowtool decode --format table -r "$v9" >table
    grep -Eq '^DATE_FIRST_SEEN +DURATION +PROTO +SRC_IP:PORT +-> +DST_IP:PORT +FLAGS +PACKETS +BYTES +FLOWS$' table
    [ "$(grep -c '^DATE' table)" = 1 ]
    grep -Eq '^2023-11-14T22:12:25.455000Z +53.636 +tcp +10.109.125.181:29330 +-> +192.15.41.220:25 +FRPA +2270 +558420 +1$' table
    grep -Eq '\[2001:db8:[0-9a-f:]+\]:[0-9]+ +->' table
    nmflowtool decode --format table --fields src_ip,bytes -r "$v9" | head -n 1 | grep -Eq '^SRC_IP +BYTES$'
}

@test "a pipe that pauses has given what came so far" {
    mkfifo pipe
    nmflowtool decode -r - <pipe >out.json 3>&- &
    collector=$!
    exec 9>pipe
    head -c 3000 "$v9" >&9
    for _ in $(seq 250); do
        [ ! -s out.json ] || break
        sleep 0.02
    done
    [ "$(grep -c '"type":"flow",' out.json)" -gt 0 ]
    tail -c +3001 "$v9" >&9
    exec 9>&-
    wait $collector
    collector=
    [ "$(grep -c '"type":"flow",' out.json)" = 240 ]
}

@test "datagrams that the kernel had no room for are in the books, and told with the way out" {
    port=$((20000 + RANDOM % 20000))
    nmflowtool decode -l 127.0.0.1:$port --receive-buffer 20000 >out.json 2>err 3>&- &
    collector=$!
    for _ in $(seq 100); do
        ! grep -q "$(printf ':%04X 0' $port | cut -d' ' -f1) " /proc/net/udp || break
        sleep 0.05
    done
    kill -STOP $collector
    for _ in 1 2 3 4 5 6 7 8 9 10; do python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$v9" 127.0.0.1 $port; done
    kill -CONT $collector
    for _ in $(seq 100); do
        [ ! -s out.json ] || break
        sleep 0.05
    done
    kill -TERM $collector
    wait $collector || [ $? -eq 143 ]
    collector=
    tail -n 1 out.json | jq -e '.kernel_drops > 0 and .datagrams + .kernel_drops == 160'
    grep -q 'the kernel dropped [0-9]* datagrams: ' err
}

@test "a folder stands for the files beneath it in the order of their names; other things in it are told" {
    mkdir -p flows/2026/11 empty
    cp "$stored" flows/2026/11/nfcapd.202611220005
    cp "$v9" flows/2026/11/a.pcap
    cp "$v9" flows/b.pcap
    touch flows/2026/11/.nfstat
    nmflowtool decode -r flows >out.json 2>err
    [ ! -s err ]
    nmflowtool decode -r flows/2026/11/a.pcap -r flows/2026/11/nfcapd.202611220005 -r flows/b.pcap | cmp - out.json

    echo "not flows" >flows/README
    run -65 --separate-stderr nmflowtool decode -r flows
    [[ "$stderr" == *flows/README:* ]]
    [ "$(head -n -1 out.json)" = "$(head -n -1 <<<"$output")" ]
    run -66 nmflowtool decode -r empty
    [[ "$output" == *"empty: a folder without files"* ]]
}
