#!/usr/bin/env bats
# sFlow from captures: goldens of other projects, sflowtool's own words, tshark as the judge of headers. The trap files
# are in nmflowtool.bats. Data of third parties is found through NM_SHARED_DATA.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    traps="$golden/traps"
    shared="${NM_SHARED_DATA:-$BATS_TEST_DIRNAME/../../../shared/data}/flow"
    cd "$BATS_TEST_TMPDIR"
}

# need PATH: skips when the data of third parties is not here.
need() { [ -e "$1" ] || skip "$1 is not here: set NM_SHARED_DATA"; }

# as_capture NAME...: datagram files as a capture on stdout.
as_capture() {
    python3 - "$@" <<'PY'
import struct, sys
out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
for name in sys.argv[1:]:
    payload = open(name, "rb").read()
    udp = struct.pack("!HHHH", 1024, 6343, 8 + len(payload), 0) + payload
    frame = bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x0A000001, 0x0A000002) + udp
    out += struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame
sys.stdout.buffer.write(out)
PY
}

records() { jq -c "select(.type == \"$1\")"; }

# frames CAPTURE: each frame of a capture as a sampled header of one datagram, on stdout.
frames() {
    python3 - "$1" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
link = struct.unpack_from(order + "I", data, 20)[0]
protocol = {1: 1, 9: 7, 101: 11, 228: 11, 229: 12, 12: 11}[link]
out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
at, sequence = 24, 0
while at + 16 <= len(data):
    n, wire = struct.unpack_from(order + "II", data, at + 8)
    header = data[at + 16 : at + 16 + n]
    at += 16 + n
    sequence += 1
    raw = struct.pack("!IIII", protocol, wire, 0, len(header)) + header + bytes(-len(header) % 4)
    sample = struct.pack("!IIIIIIII", sequence, 7, 1, sequence, 0, 1, 2, 1) + struct.pack("!II", 1, len(raw)) + raw
    payload = struct.pack("!IIIIIII", 5, 1, 0x0A000009, 0, sequence, 1, 1) + struct.pack("!II", 1, len(sample)) + sample
    udp = struct.pack("!HHHH", 1024, 6343, (8 + len(payload)) & 0xFFFF, 0) + payload
    frame = bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBHII", 0x45, 0, (20 + len(udp)) & 0xFFFF, 0, 0, 64, 17, 0, 0x0A000001, 0x0A000002) + udp
    out += struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame
sys.stdout.buffer.write(out)
PY
}

@test "the published listings of sflowtool come out line by line" {
    listing=$(ls "$shared"/../../sources/002_* 2>/dev/null | head -n 1)
    [ -n "$listing" ] || skip "the listings are not here: set NM_SHARED_DATA"
    sed -n '/^startSample/,/^endSample/p' "$listing" >theirs
    [ "$(grep -c startSample theirs)" = 2 ]
    python3 "$BATS_TEST_DIRNAME/sflow_listing.py" <theirs >listing.pcap
    nmflowtool decode -r listing.pcap --sflowtool text | sed -n '/^startSample/,/^endSample/p' | diff theirs -
}

@test "--sflowtool json is what sflowtool 6 prints of the same captures" {
    need "$shared/tcpdump"
    for name in sflow_expanded sflow_multiple_counter_30_pdus; do
        TZ=UTC nmflowtool decode -r "$shared/tcpdump/$name.pcap" --sflowtool json | jq -c . >ours
        jq -c "select(.samples)" "$shared/tcpdump/$name.sflowtool.jsonl" | diff - ours
    done
}

@test "--sflowtool json is valid on hostile strings, csv has its columns, grep its prefix (trap 1)" {
    nmflowtool decode -r "$traps/s16_http.pcap" --sflowtool json >out.json
    [ "$(jq -r '[.samples[].elements[] | .http_uri // empty] | length' out.json)" -ge 1 ]
    nmflowtool decode -r "$traps/s6_qinq.pcap" --sflowtool csv >rows
    [ "$(awk -F, '$1 == "FLOW" { print NF }' rows | sort -u)" = 20 ]
    nmflowtool decode -r "$traps/s15_tcpinfo.pcap" --sflowtool grep | grep -q ' 0:2209 tcpinfo_rtt_uS 150$'
    for trap in "$traps"/s*.pcap; do nmflowtool decode -r "$trap" --sflowtool json 2>/dev/null | jq -c . >/dev/null; done
}

# listed STYLE: the listing of one sample out of the structures that Python on stdin calls structures; kind is that of
# the sample.
listed() {
    {
        cat <<'PY'
import struct, sys
import flow_pcap
def words(*values): return b"".join(struct.pack(">I", value) for value in values)
def opaque(data): return words(len(data)) + data + bytes(-len(data) % 4)
def address(text): return bytes(map(int, text.split(".")))
def header(frame, wire=None): return 1, words(1, wire or len(frame) + 4, 4) + opaque(frame)
kind = 1
PY
        cat
        cat <<'PY'
body = b"".join(words(number) + opaque(data) for number, data in structures)
head = words(7, 3, len(structures)) if kind == 2 else words(7, 3, 512, 1000, 0, 1, 2, len(structures))
datagram = words(5, 1) + address("10.0.0.1") + words(0, 1, 1000, 1, kind) + opaque(head + body)
flow_pcap.write("listed.pcap", [("10.0.0.1", datagram)])
PY
    } | PYTHONPATH="$BATS_TEST_DIRNAME" python3 -
    nmflowtool decode -r listed.pcap --sflowtool "$1"
}

@test "--sflowtool csv has a row for each sample, with the columns of sflowtool" {
    # Of IPv4 alone the link layer is taken off.
    row=$(listed csv <<'PY'
ip = struct.pack(">IHBB", 6 << 28, 20, 58, 63) + bytes(15) + b"\1" + bytes(15) + b"\2" + bytes(20)
structures = [header(bytes(12) + b"\x86\xdd" + ip)]
PY
    )
    zeros=0000:0000:0000:0000:0000:0000:0000
    [ "${row#*0x86dd,}" = "0,0,$zeros:0001,$zeros:0002,58,0x00,63,0,0,0x00,78,74,512" ]
    [ "$(listed csv <<<'structures = [header(bytes(12) + b"\x08\x06" + bytes(28))]')" = \
        FLOW,10.0.0.1,1,2,000000000000,000000000000,0x0806,0,0,-,-,0,0x00,0,0,0,0x00,46,42,512 ]
    [ "$(listed csv <<<'structures = [(3, words(1400, 6) + address("1.2.3.4") + address("5.6.7.8") + words(80, 8080, 18, 16))]')" = \
        FLOW,10.0.0.1,1,2,000000000000,000000000000,0x0000,0,0,1.2.3.4,5.6.7.8,6,0x10,0,80,8080,0x12,1400,1400,512 ]
    [ "$(listed csv <<<'kind, structures = 2, [(1005, opaque(b"eth0"))]')" = "CNTR,10.0.0.1$(printf ',0%.0s' {1..19})" ]
}

@test "--sflowtool prints its names and values, grep the numbers of sample and structure" {
    listed text <<'PY' | sed -n '/flowBlock_tag/,/^endSample/p' | grep -v endSample >lines
structures = [
    (2, words(1500) + bytes(8) + bytes(8) + words(0x86DD)),
    (1003, words(1) + address("0.0.0.0") + words(1, 2, 3, 2, 2, 2, 4, 5, 1, 2, 6, 7, 0, 150)),
    (1004, words(106) + opaque(b"ann") + words(106) + opaque(b"")),
    (1009, opaque(b"") + words(8, 2)),
    (1012, words(1, 0x88A86064)),
    (2202, opaque(b"a") * 4 + bytes(16) + words(9, 8)),
    (1002, words(1)),
]
PY
    diff - lines <<'EOF'
flowBlock_tag 0:2
flowSampleType ETHERNET
ethernet_type 34525
ethernet_len 1500
ethernet_src 000000000000
ethernet_dst 000000000000
flowBlock_tag 0:1003
extendedType GATEWAY
bgp_nexthop 0.0.0.0
my_as 1
src_as 2
src_peer_as 3
dst_as_path 4-5(6-7)
dst_as 7
dst_peer_as 4
BGP_localpref 150
flowBlock_tag 0:1004
extendedType USER
src_user_charset 106
dst_user_charset 106
src_user ann
dst_user 
flowBlock_tag 0:1009
mpls_vll_vc_id 8
mpls_vc_cos 2
flowBlock_tag 0:1012
vlan_tunnel 0x88a83.0.100
flowBlock_tag 0:2202
flowSampleType applicationOperation
application a
operation a
attributes a
status_descr a
request_bytes 0
response_bytes 0
duration_uS 9
status NOT_FOUND
flowBlock_tag 0:1002
EOF
    listed grep <<<'kind, structures = 2, [(1001, words(~0 & 0xFFFFFFFF, 2500, 0, 0, 1, 0, 2))]' |
        grep -qx '10.0.0.1 0 1 0:3 0:2 0:1001 5s_cpu unknown'
}

@test "--sflowtool refuses what is for records: 64, and a word" {
    for option in '--format csv' '--fields src_ip' --all-fields --names --header '--state new' '--sampling-rate 10' \
        '--template-scope port' '--filter any'; do
        # shellcheck disable=SC2086
        run -64 --separate-stderr nmflowtool decode -r "$traps/s5_expanded.pcap" --sflowtool text $option
        [[ $stderr == *"--sflowtool text has a form of its own, in which ${option%% *} "* ]] || { echo "$option: $stderr"; false; }
    done
    [ ! -e new ]
    # On a terminal records are a table, and this is not.
    in_terminal "nmflowtool decode -r $traps/s5_expanded.pcap --sflowtool text" | grep -q '^startDatagram'
    in_terminal "nmflowtool decode -r $traps/s5_expanded.pcap --all-fields" | grep -q '^{"type":"sflow.sample"'
    in_terminal "nmflowtool decode -r $traps/s5_expanded.pcap --sflowtool pcap" | grep -q 'nothing for a terminal'
}

# in_terminal COMMAND: what it writes to a terminal.
in_terminal() { script -qec "$1" /dev/null </dev/null | tr -d '\r'; }

@test "--sflowtool pcap: the sampled packets, byte for byte as they were" {
    need "$shared/tcpdump"
    require_commands tcpdump tshark
    for name in 802.1ad_QinQ geneve ipv6-routing-header pppoe various_gre; do
        frames "$shared/tcpdump/$name.pcap" >headers.pcap
        nmflowtool decode -r headers.pcap --sflowtool pcap >sampled.pcap
        # The time is that of the datagram.
        diff <(tcpdump -t -n -XX -r "$shared/tcpdump/$name.pcap" 2>/dev/null) <(tcpdump -t -n -XX -r sampled.pcap 2>/dev/null)
        [ "$(tshark -r sampled.pcap -T fields -e frame.time_epoch 2>/dev/null | sort -u)" = 1.000000000 ]
    done
    frames "$shared/tcpdump/geneve.pcap" >geneve.pcap
    # Headers that begin with IP get an Ethernet header without addresses.
    frames "$shared/tcpdump/LINKTYPE_IPV6.pcap" >headers.pcap
    nmflowtool decode -r geneve.pcap -r headers.pcap --sflowtool pcap -o both.pcap
    diff <(tshark -n -r "$shared/tcpdump/LINKTYPE_IPV6.pcap" -T fields -e ipv6.src -e ipv6.dst -e frame.len 2>/dev/null | \
        awk '{ print $1, $2, $3 + 14 }') <(tshark -n -r both.pcap -Y 'eth.src == 00:00:00:00:00:00 && ipv6' -T fields -e ipv6.src -e ipv6.dst \
        -e frame.len 2>/dev/null | tr '\t' ' ')
    # PPP cannot; that is told when it first happens.
    listed pcap 2>err >ppp.pcap <<'PY' || [ $? -eq 1 ]
structures = [(1, words(7, 100, 0) + opaque(bytes(60)))]
PY
    grep -q 'neither Ethernet, IP nor MPLS, are not in the capture' err
    nmflowtool decode -r geneve.pcap --sflowtool pcap --filter 'src ip 20.0.0.1' | tcpdump -n -r - 2>/dev/null >from
    [ "$(wc -l <from)" -gt 0 ] && ! grep -v '20.0.0.1.* > ' from
}

@test "--sflowtool pcap and discards: a capture also where there is nothing; discarded packets are none that passed" {
    require_commands tcpdump
    nmflowtool decode -r "$traps/s17_drop.pcap" --sflowtool discards -o discards.pcap
    [ "$(tcpdump -n -r discards.pcap 2>/dev/null | wc -l)" = 1 ]
    run -64 nmflowtool decode -r "$traps/s17_drop.pcap" --sflowtool discards -o discards.pcap --append
    run -1 nmflowtool decode -r "$traps/s17_drop.pcap" --sflowtool pcap -o none.pcap
    [ "$(tcpdump -n -r none.pcap 2>&1 | grep -c 'link-type EN10MB')" = 1 ]
    # What was taken off before sampling is not of the packet.
    listed pcap <<'PY' >stripped.pcap
structures = [header(bytes(range(60)), 1004)]
PY
    [ "$(python3 -c 'import struct; print(*struct.unpack_from("<II", open("stripped.pcap", "rb").read(), 32))')" = '60 1000' ]
}

@test "--sflowtool http: lines of a log that goaccess reads" {
    require_commands goaccess
    TZ=UTC listed http <<'PY' >access.log
def request(method, uri, status, size, referer=b"", agent=b"", user=b""):
    return 2206, words(method, 1001) + opaque(uri) + opaque(b"host") + opaque(referer) + opaque(agent) + opaque(b"") + \
        opaque(user) + opaque(b"text/html") + struct.pack(">QQ", 10, size) + words(5000, status)
socket = 2100, words(6) + address("192.0.2.1") + address("198.51.100.7") + words(80, 5000)
structures = [socket, request(2, b'/a "b"?\x01', 404, 123, b"http://from/", b"Mozilla/5.0", b"a user")]
PY
    [ "$(sed 's/\[.*\]/[]/' access.log)" = \
        '198.51.100.7 - a_user [] "GET /a \"b\"?\x01 HTTP/1.1" 404 123 "http://from/" "Mozilla/5.0"' ]
    TZ=UTC nmflowtool decode -r "$traps/s16_http.pcap" --sflowtool http >>access.log
    goaccess access.log --log-format=COMBINED --no-global-config -o report.json >/dev/null 2>&1
    [ "$(jq -c '.general | [.total_requests, .valid_requests, .failed_requests, .bandwidth >= 123]' report.json)" = '[2,2,0,true]' ]
    [ "$(jq -c '[.hosts.data[].data] | sort' report.json)" = '["198.51.100.1","198.51.100.7"]' ]
    # Samples without a request give no line.
    run -1 nmflowtool decode -r "$traps/s5_expanded.pcap" --sflowtool http
    [ -z "$output" ]
}

@test "s15: the state of a TCP socket" {
    nmflowtool decode -r "$traps/s15_tcpinfo.pcap" | records sflow.sample >data
    [ "$(jq -c '[.tcp_direction, .tcp_snd_mss, .tcp_rcv_mss, .tcp_unacked, .tcp_lost, .tcp_retrans, .tcp_pmtu,
        .tcp_rtt_us, .tcp_rttvar_us, .tcp_cwnd, .tcp_reordering, .tcp_min_rtt_us]' data)" = \
        '["received",1460,1448,0,0,0,1500,150,50,10,3,120]' ]
}

@test "s16: an HTTP operation with a hostile URI, and its socket (trap 1)" {
    nmflowtool decode -r "$traps/s16_http.pcap" | records sflow.sample >data
    [ "$(jq -c '[.http_method, .http_protocol, .http_status, .socket_proto_num, .socket_local_ip, .socket_local_port,
        .socket_remote_ip, .socket_remote_port]' data)" = \
        '["GET",1001,200,6,"192.0.2.1",1001,"198.51.100.1",443]' ]
    [ "$(jq -r '.http_uri' data)" = "$(printf '/a?b="c\\\xef\xbf\xbd\x01')" ]
}

@test "s17: a discarded packet is a record of its own, and no traffic (trap 16)" {
    nmflowtool decode -r "$traps/s17_drop.pcap" >all
    [ "$(records sflow.drop <all | jq -c '[.discard_reason, .discard, .in_if, .src_ip != null]')" = \
        '[264,"vlan_tag_mismatch",3,true]' ]
    [ -z "$(records sflow.sample <all)" ]
    [ "$(tail -n 1 all | jq -c '[.type, .discard_samples, .malformed]')" = '["flow.summary",1,0]' ]
}

@test "s10, s11: labels and tunnels, with what they carry (trap 22)" {
    nmflowtool decode -r "$traps/s10_mpls.pcap" | records sflow.sample >data
    [ "$(jq -c '[.mpls_labels, .src_ip != null, .src_port != null, .tunnels]' data)" = '[[100,200],true,true,["mpls"]]' ]
    nmflowtool decode -r "$traps/s11_vxlan.pcap" | records sflow.sample >data
    [ "$(jq -c '[.src_ip, .dst_ip, .dst_port, .tunnels, .vni, .inner_src_ip, .inner_dst_ip]' data)" = \
        '["192.0.2.1","198.51.100.1",4789,["vxlan"],5000,"10.0.0.1","10.0.0.2"]' ]
}

@test "--header and --all-fields keep the sampled bytes and unknown structures, in hex" {
    nmflowtool decode --header --all-fields -r "$traps/s1_unknown_ent_record.pcap" | records sflow.sample >data
    [ "$(jq -r 'select(.unknown) | .unknown[0] | split(":")[0:2] | join(":")' data)" = 8800:2 ]
    [ "$(jq -s 'all((.header | length) / 2 == .header_bytes)' data)" = true ]
    nmflowtool decode -r "$traps/s1_unknown_ent_record.pcap" | records sflow.sample >data
    [ "$(jq -s 'any(has("header") or has("unknown"))' data)" = false ]
}

@test "host counters are a record of their own" {
    need "$shared/tcpdump"
    nmflowtool decode -r "$shared/tcpdump/sflow_multiple_counter_30_pdus.pcap" >all
    records sflow.host <all | jq -s 'map(select(.hostname)) | .[0]' >host
    [ "$(jq -c '[.hostname, .uuid, .machine_type, .os_name, .os_release, .cpus, .load_1m, .disk_fullest_pct,
        .adapters[0].macs[0], .net_in_drops]' host)" = \
        '["proxy-use03147k2","36383935-3431-5355-4530-333134374b32","x86_64","linux","2.6.18-194.el5",24,0.02,19.54,"1c:c1:de:18:96:f0",810]' ]
    # Counter by counter, judged by sflowtool's own output.
    jq -r '.samples[].elements[]? | select(.counterBlock_tag == "0:1") | [.ifIndex, .ifInOctets, .ifOutUcastPkts, .ifOutBroadcastPkts] | join(" ")' \
        "$shared/tcpdump/sflow_multiple_counter_30_pdus.sflowtool.jsonl" | sort >theirs
    records sflow.counters <all | jq -r 'select(.if_index) | [.if_index, .in_bytes, .out_unicast, .out_broadcast] | join(" ")' | sort >ours
    [ -s theirs ]
    diff theirs ours
    [ "$(tail -n 1 all | jq .malformed)" = 0 ]
}

@test "routes of a gateway: AS path, communities, peers" {
    need "$shared/tcpdump"
    nmflowtool decode -r "$shared/tcpdump/sflow_expanded.pcap" | records sflow.sample >data
    [ "$(jq -c '[.router_as, .src_as, .src_peer_as, .dst_as, .dst_peer_as, .as_path, .communities[0], .local_pref,
        .bgp_next_hop, .next_hop, .src_mask, .dst_mask, .in_if, .out_if, .vlan]' data)" = \
        '[28976,203476,203476,203361,8218,"8218 29605 203361","8218:101",100,"54.54.54.54","54.54.54.54",32,22,29001,1285816721,809]' ]
}

# Two of gopacket's datagrams (5 and 8) tell a sample length that ends inside their record.
@test "goldens of gopacket, goflow2 and telegraf are decoded, none of their samples is unknown" {
    need "$shared/gopacket-sflow"
    as_capture "$shared"/gopacket-sflow/*.bin "$shared"/goflow2/sflow_*.bin "$shared"/telegraf/sflow*/*.bin >all.pcap
    nmflowtool decode -r all.pcap >all
    [ "$(tail -n 1 all | jq -c '[.malformed, .not_flow]')" = '[2,0]' ]
    [ "$(jq -s 'map(select(.type == "flow.stats") | .unknown_samples) | add' all)" = 0 ]
    nmflowtool decode -r "$shared/gopacket-sflow/SFlowTestPacket1.pcap" | tail -n 1 | jq -e '.samples > 0' >/dev/null
    # telegraf's own expected values
    as_capture "$shared"/telegraf/sflow_issue_15375/*.bin >drop.pcap
    nmflowtool decode -r drop.pcap | records sflow.drop | jq -c '[.in_if, .out_if, .queue, .discard_reason, .drops]' >drops
    [ "$(head -n 1 drops)" = '[1,2,42,1,256]' ]
    as_capture "$shared"/telegraf/sflow_v5_example/*.bin >counters.pcap
    nmflowtool decode -r counters.pcap | records sflow.counters |
        jq -c 'select(.if_name == "eno1") | [.if_index, .in_bytes, .out_bytes, .in_unicast, .out_unicast, .if_speed_bps, has("in_multicast")]' >counters
    [ "$(head -n 1 counters)" = '[3,3910,3946,28,29,1000000000,false]' ]
}

@test "a malformed capture of tcpdump's collection gives valid lines and is told" {
    need "$shared/tcpdump"
    run nmflowtool decode -r "$shared/tcpdump/sflow_print-segv.pcap"
    jq -c . <<<"$output" >/dev/null
}

@test "headers decode as tshark decodes them: addresses, ports, VLANs, labels, tunnels (traps 21, 22)" {
    need "$shared/tcpdump"
    require_commands tshark
    for name in 802.1ad_QinQ geneve ipv6-routing-header ipv6-srh-ext-header mpls-traceroute pppoe various_gre vxlan \
        LINKTYPE_IPV6 LINKTYPE_RAW_ipv6 mpls-over-udp; do
        frames "$shared/tcpdump/$name.pcap" >headers.pcap
        nmflowtool decode -r headers.pcap | records sflow.sample |
            jq -r '[.src_ip // "", (if .inner_src_ip then .inner_src_ip else .src_ip // "" end),
                .src_port // "", (.vlan // "")] | map(tostring) | join("|")' >ours
        tshark -n -r "$shared/tcpdump/$name.pcap" -T fields -E separator='|' -E occurrence=a -E aggregator=, \
            -e ip.src -e ipv6.src -e tcp.srcport -e udp.srcport -e ieee8021ad.id -e vlan.id -e frame.protocols 2>/dev/null >theirs
        python3 - "$name" <<'PY'
import sys
name = sys.argv[1]
ours = open("ours").read().splitlines()
theirs = open("theirs").read().splitlines()
assert len(ours) == len(theirs), (name, len(ours), len(theirs))
for number, (our, their) in enumerate(zip(ours, theirs), 1):
    src, inner, port, vlan = our.split("|")
    v4, v6, tcp, udp, outer_vlans, inner_vlans, protocols = their.split("|")
    vlans = outer_vlans or inner_vlans
    quoted = "icmp" in protocols.split(":")  # addresses of the packet quoted in an ICMP error come last
    addresses = {a for a in (v4 + "," + v6).split(",") if a}
    if addresses and not quoted:
        assert src in addresses, (name, number, our, their)
        assert inner in addresses, (name, number, our, their)
    ports = {p for p in (tcp + "," + udp).split(",") if p}
    if port:
        assert port in ports, (name, number, our, their)
    elif not quoted and "udp" not in protocols:
        assert not tcp, (name, number, our, their)
    if vlan and vlans:
        assert vlan == vlans.split(",")[0], (name, number, our, their)
PY
    done
}
