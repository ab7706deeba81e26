#!/usr/bin/env bats
# nmflowtool from captures and from loopback sockets. The traps are tests/golden/flow/traps (EXPECTED.md there says
# what each must yield); the judges are nfdump's own output of the same datagrams, and tshark.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    traps="$golden/traps"
    v9="$golden/nfcapd/input-v9.pcap"
    sflow="$golden/nfcapd/input-sflow.pcap"
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${collector:-}" ] || kill -KILL "$collector" 2>/dev/null || true
}

# decode TRAP: its records in records.json; the files of flow and sample records are data.json, the books stats.json.
decode() {
    nmflowtool decode -r "$traps/$1.pcap" >records.json 2>decode.err || status=$?
    jq -c 'select(.type == "flow" or .type == "sflow.sample")' records.json >data.json
    jq -c 'select(.type == "flow.stats")' records.json >stats.json
}

# data FILTER, stat KEY (summed over all books), no_loss
data() { jq -cr "$1" data.json | paste -sd' '; }
stat() { jq -s "map(.$1 // 0) | add" stats.json; }

# is_flow NUMBER...: the records are rN of EXPECTED.md, in this order.
is_flow() {
    local n
    for n; do
        echo "192.0.2.$n 198.51.100.$n $((1000 + n)) 443 tcp $n $((100 * n))"
    done >expected
    jq -r '"\(.src_ip) \(.dst_ip) \(.src_port) \(.dst_port) \(.proto) \(.packets) \(.bytes)"' data.json | diff expected -
}

@test "t1: data before its template is decoded once the template comes, and counted (trap 10)" {
    decode t1_data_before_tpl_v9
    is_flow 1 2 3
    [ "$(stat sets_waited) $(stat sets_recovered) $(stat sets_no_template) $(stat sequence_gaps)" = "1 1 0 0" ]
}

@test "t2: a template that changes its layout takes effect at once (trap 9)" {
    decode t2_redefine_v9
    is_flow 1 2
    [ "$(stat template_redefinitions)" = 1 ]
}

@test "t3: two exporters with one template id do not share it (trap 8)" {
    decode t3_two_exporters
    is_flow 1 2
    [ "$(data .exporter)" = "10.1.1.1 10.1.1.2" ]
}

@test "t4: a new UDP port of an exporter keeps its templates (trap 8)" {
    decode t4_port_change_v9
    is_flow 1
    [ "$(stat sets_no_template)" = 0 ]
}

@test "t10: an uptime that wrapped, and a flow newer than its header, get the right times (trap 13)" {
    decode t10_uptime_wrap
    [ "$(data '.start, .end')" = "2023-11-14T22:13:05.000000Z 2023-11-14T22:13:17.000000Z" ]
    decode t10b_first_after_uptime
    [ "$(data '.start, .end')" = "2023-11-14T22:13:20.400000Z 2023-11-14T22:13:20.500000Z" ]
}

@test "t16: each flow has its own sampler's rate, and none when that is unknown (trap 14)" {
    decode t16_sampler
    is_flow 1 2 3
    [ "$(data '.sampling_rate // "unknown"')" = "100 1000 unknown" ]
    [ "$(stat samplers) $(stat unknown_sampler)" = "2 1" ]
    [ "$(jq -c 'select(.type == "flow.option") | [.sampler_id, .sampling_rate]' records.json | paste -sd' ')" = "[1,100] [2,1000]" ]
}

@test "t1b, t5: a data set before its template, and sets that cannot be, spoil nothing beside them (traps 2, 5)" {
    decode t1b_data_set_before_tpl_same_msg
    is_flow 1 2
    decode t5_setlen0
    is_flow 1 2 3
    [ "$(stat malformed_sets) $(stat records_lost)" = "2 0" ]
    [ "$(jq -s 'map(.errors // [] | .[] | select(.kind == "set_length") | .count) | add' stats.json)" = 2 ]
}

@test "t6: variable lengths of both forms; a record past its set is dropped and explains its sequence number (traps 2, 6)" {
    decode t6_varlen
    is_flow 1 2 3 5
    [ "$(stat malformed_records) $(stat sequence_gaps) $(stat sequence_unknown)" = "1 0 1" ]
}

@test "t8: a template that is taken back is gone (traps 5, 9)" {
    decode t8_withdraw
    is_flow 1 3
    [ "$(stat template_withdrawals) $(stat sets_no_template) $(stat sequence_gaps) $(stat records_lost)" = "1 1 0 0" ]
}

@test "t12: the values of a basicList are told with --all-fields" {
    nmflowtool decode --all-fields -r "$traps/t12_basiclist.pcap" | jq -c 'select(.type == "flow") | .basicList' >lists
    [ "$(head -n 1 lists | jq -c '[.semantic, .element, .values]')" = \
        '["ordered","totalLengthIPv4",[60,52,367,52]]' ]
    [ "$(tail -n 1 lists | jq -c .values)" = '[]' ]
}

@test "t14: numbers of reduced size (trap 7)" {
    decode t14_reduced
    [ "$(data '[.src_ip, .dst_ip, .packets, .bytes, .vlan, .post_vlan]')" = \
        '["192.0.2.1","198.51.100.1",65536,4294967296,100,200]' ]
}

@test "t15: both directions of a biflow are in one record" {
    decode t15_biflow
    is_flow 1
    [ "$(data '[.rev_packets, .rev_bytes]')" = "[77,7777]" ]
}

@test "t17: NetFlow v5 counts flows, per engine (trap 12)" {
    decode t17_v5_gap
    [ "$(wc -l <data.json)" = 10 ]
    [ "$(jq -c '[.obs_domain % 256, .records_lost, .sequence_gaps]' stats.json | sort | paste -sd' ')" = "[0,5,1] [1,0,0]" ]
}

@test "every datagram is decoded or counted with its reason, and every data set too" {
    for file in "$traps"/t*.pcap "$v9"; do
        nmflowtool decode -r "$file" >all.json 2>/dev/null || true
        jq -se '(map(select(.type == "flow.stats")) | map(.datagrams) | add) as $booked
            | (map(select(.type == "flow.summary"))[0]) as $sum
            | (map(select(.type == "flow" or .type == "flow.option")) | length) as $printed
            | $sum.datagrams == $booked + $sum.not_flow and $sum.flows + $sum.option_records == $printed' all.json
    done
}

@test "a template learnt in one run decodes the data of the next; a damaged state is told and ignored (trap 33)" {
    require_commands editcap
    trap=$traps/t2_redefine_v9.pcap
    editcap -r -F pcap "$trap" first.pcap 1
    editcap -r -F pcap "$trap" second.pcap 2
    nmflowtool decode -r "$trap" | jq -c 'select(.type == "flow")' | head -n 1 >whole.json
    run -1 nmflowtool decode -r first.pcap --state templates
    head -n 1 templates | grep -q '^nmflowtool-state 1 '
    grep -q '^template 256 data 0 ' templates
    cp templates kept
    nmflowtool decode -r second.pcap --state templates | jq -c 'select(.type == "flow")' | diff whole.json -
    printf 'nmflowtool-state 1 00\n' >templates
    run -1 --separate-stderr nmflowtool decode -r first.pcap --state templates
    [[ $stderr == *"templates: its checksum is wrong: it is ignored"* ]]
    cmp templates kept
    run -73 nmflowtool decode -r first.pcap --state /no/such/place
}

@test "--all-fields adds each element by its registry name, and is for JSON only" {
    nmflowtool decode --all-fields -r "$v9" | jq -c 'select(.type == "flow")' >all.json
    nmflowtool decode -r "$v9" | jq -c 'select(.type == "flow")' >plain.json
    [ "$(jq -c '.octetDeltaCount == .bytes and has("flowStartSysUpTime")' all.json | sort -u)" = true ]
    jq -c 'with_entries(select(.key | test("^[a-z0-9_]+$")))' all.json | diff - <(jq -c . plain.json)
    run -64 nmflowtool decode --all-fields --format csv -r "$v9"
    run -64 nmflowtool decode --all-fields --fields src_ip -r "$v9"
}

@test "s1, s2: structures and samples of vendors are passed over and counted (trap 2)" {
    decode s1_unknown_ent_record
    [ "$(data .sequence)" = "1 9" ]
    [ "$(stat unknown_records)" = 1 ]
    decode s2_unknown_sample
    [ "$(data .sequence)" = 9 ]
    [ "$(stat unknown_samples)" = 1 ]
}

@test "s3: a structure that overruns spoils its own sample only (trap 2)" {
    decode s3_rec_len_too_long
    [ "$(data .sequence)" = "9 9" ]
    [ "$(stat malformed_samples)" = 1 ]
}

@test "s4: a structure longer than known gives its known part (trap 3)" {
    decode s4_rec_longer_than_known
    [ "$(data '[.in_vlan, .out_vlan]')" = "[5,6] [null,null]" ]
    [ "$(stat trailing_records)" = 1 ]
}

@test "s5: expanded samples have interfaces beyond 16 bits (trap 16)" {
    decode s5_expanded
    [ "$(data '[.in_if, .out_if]')" = "[70000,70001]" ]
}

@test "s6: VLAN stacks of two and three tags, with addresses and ports behind them (trap 19)" {
    decode s6_qinq
    [ "$(data '[.vlan, .inner_vlan, .src_port]')" = "[100,200,1001]" ]
    decode s6b_3tags
    [ "$(data '[.vlan, .inner_vlan, .vlans, .dst_port]')" = "[100,200,[100,200,300],443]" ]
}

@test "s7: ports behind IPv6 extension headers (trap 21)" {
    decode s7_ipv6_ext
    [ "$(data '[.proto_num, .src_port, .dst_port]')" = "[6,1001,443]" ]
}

@test "s8: a later fragment has no ports, not zero ports (trap 20)" {
    decode s8_ipv4_frag2nd
    [ "$(data '[has("src_port"), has("dst_port"), .fragment_offset]')" = "[false,false,185]" ]
}

@test "s9: a header without Ethernet is decoded, one of an unknown kind is told by its number (trap 17)" {
    decode s9_hdrproto_ipv4
    [ "$(data '[.src_ip, .src_port, has("src_mac")]')" = '["192.0.2.1",1001,false]' ]
    decode s9c_hdrproto_ppp_unknown
    [ "$(data '[.header_protocol, has("src_ip")]')" = "[7,false] [99,false] [1,true]" ]
}

@test "s12: a datagram that was cut keeps its whole samples; a count that lies is bound by the bytes (traps 2, 4)" {
    decode s12_truncated
    [ "$(data .sequence)" = "9 9" ]
    [ "$(stat truncated_datagrams) $(stat malformed_samples)" = "1 1" ]
    decode s12b_nsamples_lie
    [ "$(wc -l <data.json)" = 2 ]
    [ "$(stat count_mismatches)" = 1 ]
}

@test "s13: discarded, multiple and internal are words, not interface numbers (trap 16)" {
    decode s13_ifformats
    [ "$(data '[.in_kind, .discard_reason, .out_kind, .out_count, .in_if, .out_if]')" = \
        '["discarded",256,"multiple",3,null,null] ["internal",null,null,null,null,null]' ]
}

@test "s14, s19: sequences are per sub-agent; an agent can have an IPv6 address (traps 12, 16)" {
    decode s14_subagents
    [ "$(wc -l <data.json)" = 4 ]
    [ "$(stat datagrams_lost)" = 0 ]
    decode s19_v6agent
    [ "$(data .exporter)" = 2001:db8::99 ]
}

@test "NetFlow v9 equals nfdump 1.7.8 record by record" {
    nmflowtool decode -r "$v9" | jq -c 'select(.type == "flow") | [.src_ip, .dst_ip, .proto_num,
        (.src_port // 0), (.dst_port // 0), (.icmp_type // 0), (.icmp_code // 0),
        .bytes * .sampling_rate, .packets * .sampling_rate, .in_if, .out_if, (.src_as // 0), (.dst_as // 0),
        .src_mask, .dst_mask, (.vlan // 0), (.start | rtrimstr("000Z")), (.end | rtrimstr("000Z")),
        .exporter]' >ours
    jq -c '[.src4_addr // .src6_addr, .dst4_addr // .dst6_addr, .proto, .src_port // 0, .dst_port // 0,
        .icmp_type // 0, .icmp_code // 0, .in_bytes, .in_packets, .input_snmp, .output_snmp, .src_as, .dst_as,
        .src_mask, .dst_mask, .src_vlan, .first, .last,
        .ip4_router]' "$golden/nfcapd/nfcapd-1.7.8-v9.expected.ndjson" >theirs
    [ "$(wc -l <theirs)" = 240 ]
    diff theirs ours
}

@test "sFlow equals nfdump 1.7.8 sample by sample" {
    nmflowtool decode -r "$sflow" | jq -c 'select(.type == "sflow.sample") | [.src_ip, .dst_ip, .proto_num,
        (.src_port // 0), (.dst_port // 0), .bytes * .sampling_rate, .sampling_rate, .in_if, .out_if,
        (.in_vlan // 0), .src_mac, .exporter]' >ours
    jq -c '[.src4_addr // .src6_addr, .dst4_addr // .dst6_addr, .proto, .src_port // 0, .dst_port // 0,
        .in_bytes, .in_packets, .input_snmp, .output_snmp, .src_vlan, .in_src_mac,
        .ip4_router]' "$golden/nfcapd/nfcapd-1.7.8-sflow.expected.ndjson" >theirs
    [ "$(wc -l <theirs)" = 189 ]
    diff theirs ours
}

# same_as_tshark FILE KEY TSHARK_FIELD: the values of a key in the order of the wire.
same_as_tshark() {
    nmflowtool decode -r "$1" 2>/dev/null | jq -r "select(.type == \"flow\") | .$2 // 0" >ours
    tshark -r "$1" -d udp.port==9995,cflow -T fields -e "$3" 2>/dev/null |
        tr ',' '\n' | sed '/^$/d' >theirs
    [ -s theirs ]
    diff theirs ours
}

@test "NetFlow v9 bytes, packets and interfaces equal tshark's in the order of the wire" {
    require_commands tshark
    same_as_tshark "$v9" bytes cflow.octets
    same_as_tshark "$v9" packets cflow.packets
    same_as_tshark "$v9" in_if cflow.inputint
}

@test "top of a capture and top of its records are equal, for both protocols and any keys" {
    for file in "$v9" "$sflow"; do
        for by in src_ip src_ip,dst_port dst_ip/24/48 proto,in_if exporter,vlan src_mac; do
            for value in bytes packets flows; do
                nmflowtool top --by "$by" --value $value -n 0 -r "$file" | jq -c 'select(.type == "flow.top")' >direct
                nmflowtool decode -r "$file" | nmflowtool top --by "$by" --value $value -n 0 |
                    jq -c 'select(.type == "flow.top")' >piped
                [ -s direct ]
                diff direct piped
            done
        done
    done
}

@test "top gives the sums and the order that jq gives" {
    nmflowtool top --by src_ip -n 0 -r "$v9" |
        jq -c 'select(.type == "flow.top") | [.rank, .src_ip, .bytes, .packets, .flows]' >ours
    nmflowtool decode -r "$v9" | jq -cs '[.[] | select(.type == "flow")] | group_by(.src_ip)
        | map([.[0].src_ip, (map(.bytes) | add), (map(.packets) | add), length]) | sort_by(-.[1])
        | to_entries[] | [.key + 1] + .value' >theirs
    diff theirs ours
    run -0 nmflowtool top --by src_ip -n 0 -r "$v9"
    [ "$(jq -s 'map(.share_pct // 0) | add | round' <<<"$output")" = 100 ]
}

@test "top forwards records that are not flows, and counts lines that are none" {
    printf '%s\n' '{"type":"probe.icmp","v":1,"odd":"\u00e9"}' 'not json' \
        '{"type":"flow","v":1,"src_ip":"192.0.2.1","bytes":"9007199254740993","new_key":[1]}' >lines
    run -65 --separate-stderr nmflowtool top --by src_ip <lines
    [ "${lines[0]}" = '{"type":"probe.icmp","v":1,"odd":"\u00e9"}' ]
    [ "$(jq -r 'select(.type == "flow.top") | .bytes' <<<"$output")" = 9007199254740993 ]
    [ "$(jq -c 'select(.type == "flow.summary") | [.lines, .lines_ignored, .lines_malformed, .flows]' <<<"$output")" = "[3,1,1,1]" ]
    [[ $stderr == *"stdin:2: "* ]]
}

@test "a file gives the same bytes each time, and from a pipe (trap 31)" {
    nmflowtool decode -r "$v9" >first
    nmflowtool decode <"$v9" >second
    nmflowtool decode -r - <"$v9" >third
    cmp first second
    cmp first third
}

@test "a capture that ends inside a packet gives what came before, a warning and 65 (trap 29)" {
    head -c 3000 "$v9" >cut.pcap
    run -65 --separate-stderr nmflowtool decode -r cut.pcap
    [ "$(jq -r 'select(.type == "flow") | .type' <<<"$output" | wc -l)" -gt 0 ]
    [[ $stderr == *"cut.pcap: the file ends inside a packet at byte "* ]]
    run -66 nmflowtool decode -r missing.pcap
    run -65 nmflowtool decode -r "$BATS_TEST_FILENAME"
}

@test "pcapng, cooked, raw and VLAN-tagged transport give the same records" {
    require_commands editcap python3
    nmflowtool decode -r "$v9" >plain
    editcap -F pcapng "$v9" ng.pcapng
    nmflowtool decode -r ng.pcapng | cmp - plain
    editcap -F nsecpcap "$v9" ns.pcap
    nmflowtool decode -r ns.pcap | cmp - plain
    python3 - "$v9" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
def write(name, link, change):
    out = bytearray(data[:20] + struct.pack("<I", link))
    at = 24
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        packet = change(data[at + 16 : at + 16 + n])
        out += data[at : at + 8] + struct.pack("<II", len(packet), len(packet)) + packet
        at += 16 + n
    open(name, "wb").write(out)
write("vlan.pcap", 1, lambda p: p[:12] + bytes.fromhex("88a80064810000c8") + p[12:])
write("raw.pcap", 101, lambda p: p[14:])
write("sll.pcap", 113, lambda p: bytes(14) + p[12:])
write("sll2.pcap", 276, lambda p: p[12:14] + bytes(18) + p[14:])
PY
    for file in vlan raw sll sll2; do nmflowtool decode -r $file.pcap | cmp - plain; done
}

# listen ADDR: starts a collector into live.json on a free port, in $port.
listen() {
    local _
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        nmflowtool decode -l "$1:$port" >live.json 2>live.err 3>&- &
        collector=$!
        for _ in $(seq 100); do
            ! grep -q "$(printf ':%04X 0' "$port" | cut -d' ' -f1) " /proc/net/udp /proc/net/udp6 || return 0
            kill -0 "$collector" 2>/dev/null || break
            sleep 0.02
        done
    done
    return 1
}

# stop_listening: SIGTERM (a job in the background ignores SIGINT), and the status must be that of the signal.
stop_listening() {
    local ended=0
    kill -TERM "$collector"
    wait "$collector" || ended=$?
    collector=
    [ "$ended" -eq 143 ]
}

@test "live datagrams over IPv4 and IPv6 give the records of the file, before any signal, then the books" {
    require_commands python3
    nmflowtool decode -r "$v9" | jq -c 'select(.type == "flow") | del(.ts, .exporter)' >expected
    for address in 127.0.0.1 '[::1]' ''; do
        listen "$address"
        target=${address:-127.0.0.1}
        target=${target#[}
        python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$v9" "${target%]}" "$port"
        for _ in $(seq 100); do
            [ "$(grep -c '"type":"flow",' live.json)" -lt 240 ] || break
            sleep 0.02
        done
        [ "$(grep -c '"type":"flow",' live.json)" -eq 240 ]
        stop_listening
        jq -c 'select(.type == "flow") | del(.ts, .exporter)' live.json | diff expected -
        [ "$(tail -n 1 live.json | jq -c '[.type, .datagrams, .flows, .kernel_drops, .datagrams_lost]')" = \
            '["flow.summary",16,240,0,0]' ]
        [ "$(jq -r 'select(.type == "flow.stats") | .exporter' live.json | sort -u)" = "${target%]}" ]
    done
}

@test "datagrams that the kernel had no room for are counted" {
    require_commands python3
    listen 127.0.0.1
    kill -STOP "$collector"
    python3 - "$port" <<'PY'
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3000):
    sender.sendto(bytes([0, 9]) + bytes(8000), ("127.0.0.1", int(sys.argv[1])))
PY
    kill -CONT "$collector"
    sleep 0.3
    stop_listening
    [ "$(tail -n 1 live.json | jq '.datagrams + .kernel_drops')" = 3000 ]
    [ "$(tail -n 1 live.json | jq '.kernel_drops > 0')" = true ]
}

@test "what is not there yet is refused with 64 and a plain word" {
    for words in 'meter' 'watch'; do
        # shellcheck disable=SC2086  # a list of words
        run -64 --separate-stderr nmflowtool $words -r "$v9"
        [[ $stderr == *"not in this version"* ]]
        [ -z "$output" ]
    done
    run -64 --separate-stderr nmflowtool top --by host -r "$v9"
    [[ $stderr == *"'host' is not a key; the keys are src_ip"* ]]
    run -64 nmflowtool decode -r "$v9" -l 127.0.0.1:2055
}
