#!/usr/bin/env bats
# nmflowtool filter. The judge is nfdump: the same flows, the same filter, the same set of records.
# By hand: filter_judge.py judge --nf FILE --lines FILE --count 10000 --seed "$(date +%Y%m%d)".
bats_require_minimum_version 1.5.0

load ../lab/helpers
load flow_judge

setup() {
    require_commands jq
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    v9="$golden/nfcapd/input-v9.pcap"
    sflow="$golden/nfcapd/input-sflow.pcap"
    cd "$BATS_TEST_TMPDIR"
}

@test "300 random filters let through the records that nfdump lets through" {
    require_commands nfdump nfcapd python3
    make_flows
    run -0 python3 "$BATS_TEST_DIRNAME/filter_judge.py" judge --nf flows.nf --lines flows.jsonl --count 300 --seed 1
    [[ $output == *"filters 300, different 0, refused by nfdump 0"* ]]
}

@test "random filters over nfdump's own files, read by both" {
    require_commands nfdump python3
    local protocol file
    for protocol in v5 v9 ipfix sflow; do
        file="$NM_SHARED_DATA/flow/nfcapd/nfcapd-1.7.8-$protocol-none.nf"
        [ -e "$file" ] || skip "needs $file"
        # nfcapd numbers the engines of what is not v5 itself; ours are those that the exporter told.
        python3 "$BATS_TEST_DIRNAME/filter_judge.py" judge --nf "$file" --read "$file" --count 40 --seed 7 --no-engine
    done
}

@test "a mask of four bytes finds what nfdump finds by the prefix length, of IPv6 flows too" {
    require_commands nfdump nfcapd python3
    make_flows
    while read -r address length mask; do
        for test in "net $address" "not ipv4 and src net $address" "ipv6 and not net $address"; do
            theirs=$(nfdump -q -N -r flows.nf -o 'fmt:%pkt' "$test/$length" | grep -c '^ *[0-9]' || true)
            nmflowtool filter "$test/$length" <flows.jsonl >by_length || [ $? -eq 1 ]
            nmflowtool filter "$test $mask" <flows.jsonl | cmp - by_length
            [ "$(grep -c '"type":"flow",' by_length)" = "$theirs" ]
        done
    done <<'END'
10.0.0.0 8 255.0.0.0
10.1.0.0 16 255.255.0.0
192.0.2.0 24 255.255.255.0
0.0.0.0 16 255.255.0.0
END
}

@test "every label of a stack is found in nfcapd's file, as nfdump finds it by its place, and in the datagrams" {
    require_commands nfdump nfcapd python3
    make_flows
    for label in 1 5 16 100 1048575; do
        theirs=$(nfdump -q -N -r flows.nf -o 'fmt:%pkt' "mpls label1 $label or mpls label2 $label or mpls label3 $label" |
            grep -c '^ *[0-9]')
        for file in flows.nf flows.pcap; do
            [ "$(nmflowtool filter "mpls label $label" -r "$file" | tail -n 1 | jq .passed)" = "$theirs" ]
            [ "$(nmflowtool top --by proto --filter "mpls any $label" --value flows -r "$file" | tail -n 1 | jq .passed)" = "$theirs" ]
        done
    done
}

@test "a capture through filter, through decode --filter and through a pipe gives the same flows" {
    for file in "$v9" "$sflow"; do
        for expression in 'proto tcp and port in [80 443]' 'not src net 10.0.0.0/8' 'bytes > 500 and vlan > 0' 'inet6'; do
            nmflowtool filter "$expression" -r "$file" >direct
            nmflowtool decode --filter "$expression" -r "$file" | diff direct -
            nmflowtool decode -r "$file" | nmflowtool filter "$expression" | grep -v '"flow.summary"' >piped
            grep -v '"flow.summary"' direct | diff - piped
            grep -q '"type":"\(flow\|sflow.sample\)",' direct
            [ "$(tail -n 1 direct | jq '.passed + .rejected == .flows + .samples and .passed > 0')" = true ]
        done
    done
}

@test "lines go on as they came, and in is passed and rejected" {
    printf '%s\n' '{"type":"probe.icmp","v":1,"odd":"\u00e9"}' \
        '{ "type" : "flow","src_ip":"10.0.\u0030.1", "x":[1, 2.50], "bytes":1200 }' \
        '{"type":"flow","v":1,"src_ip":"10.0.0.2","bytes":"9007199254740993","ü":null}' \
        '{"type":"sflow.sample","v":1,"src_ip":"192.0.2.1","in_vlan":7}' '{"type":"flow","v":1}' >lines
    run -0 --separate-stderr nmflowtool filter 'src net 10.0.0.0/8 and bytes >= 1200 or src vlan 7' <lines
    [ "$(head -n -1 <<<"$output")" = "$(head -n 4 lines)" ]
    [ "$(tail -n 1 <<<"$output" | jq -c '[.lines, .lines_ignored, .flows, .samples, .passed, .rejected]')" = "[5,1,3,1,3,1]" ]
    run -1 nmflowtool filter 'port 9' <lines
}

@test "a wrong filter is told with its column and what was expected, with 64 and before any output" {
    while IFS='|' read -r expression message; do
        run -64 --separate-stderr nmflowtool filter "$expression" -r "$v9"
        [ -z "$output" ]
        [[ $stderr == "nmflowtool: filter: $message"* ]]
    done <<'END'
proto foo|column 7: 'foo': expected a protocol
proto tcp and|column 14: the end: expected a test
(proto tcp|column 11: the end: expected )
port 70000|column 6: '70000': the largest number here is 65535
geo CH|column 1: 'geo': nfdump has this test, but our flow records have no such field
ingress acl 5|column 9: 'acl': nfdump has this test, but our flow records have no such field
mpls label2 5|column 6: 'label2': nfdump has this test, but our flow records have no such field; mpls label NUMBER finds
END
    run -64 nmflowtool top --by src_ip --filter 'proto foo' -r "$v9"
    run -64 nmflowtool filter -r "$v9"
}

@test "an expression can come from a file, with comments" {
    printf 'proto tcp # web\nand port 443\n' >web.filter
    nmflowtool filter --filter-file web.filter -r "$v9" >by_file
    nmflowtool filter 'proto tcp and port 443' -r "$v9" | diff - by_file
    run -64 nmflowtool filter any --filter-file web.filter -r "$v9"
    run -66 nmflowtool filter --filter-file missing.filter -r "$v9"
}
