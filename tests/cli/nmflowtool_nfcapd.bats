#!/usr/bin/env bats
# Files of nfdump that are cut, contradict themselves or hold what is rare. What nfdump says of files that are well is
# in nmflowtool_input.bats.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    cd "$BATS_TEST_TMPDIR"
}

# variants: files of three blocks with 240 flows each, and what can happen to them.
variants() {
    python3 "$BATS_TEST_DIRNAME/nfcapd_variants.py" "$golden/nfcapd/nfcapd-1.7.8-v9-none.nf" .
}

# expect FILE STATUS FLOWS BROKEN_BLOCKS MESSAGE: the message is the beginning, or empty for silence.
expect() {
    local name=$1
    run "-$2" --separate-stderr nmflowtool decode -r "$name"
    [ "$(tail -n 1 <<<"$output" | jq -c '[.flows, .blocks_malformed]')" = "[$3,$4]" ] || { echo "$name: $output" | tail -n 1; false; }
    [[ $stderr == "${5:+nmflowtool: $name: }$5"* ]] || { echo "$stderr"; false; }
    [ -n "$5" ] || [ -z "$stderr" ]
}

@test "a file that was cut between two blocks, in its appendix or in front of it is told, and what is there is read" {
    variants
    expect whole 0 720 0 ''
    expect boundary 65 480 0 'its header tells of 3 blocks up to byte 107284, there are 2 up to byte 71536'
    expect no_appendix 65 720 0 'the file ends inside its appendix at byte 107284: what is there was read'
    expect half_appendix 65 720 0 'the file ends inside a block at byte 107284'
    expect old 0 720 0 ''
    expect old_boundary 65 480 0 'its header tells of 3 blocks, there are 2 up to byte 71772'
}

@test "a header that contradicts its file loses no record, and is told" {
    variants
    expect count_low 65 720 0 'its header tells of 2 blocks up to byte 107284, there are 3 up to byte 107284'
    expect count_high 65 720 0 'its header tells of 4 blocks up to byte 107284, there are 4 up to byte '
    expect offset_low 65 720 0 'its header tells of 3 blocks up to byte 35788, there are 3 up to byte 107284'
    expect offset_high 65 720 0 'its header tells of 3 blocks up to byte 107494, there are 4 up to byte 107454'
}

@test "a file that is still being written has no end yet, in a pipe neither" {
    variants
    expect being_written 0 720 0 ''
    expect old_being_written 0 480 0 ''
    cat being_written | nmflowtool decode -r - | tail -n 1 | jq -e '.flows == 720'
    # All of a closed file is known to be there before the pipe ends.
    mkfifo pipe
    { cat whole; sleep 5; } >pipe &
    [ "$(timeout 4 nmflowtool decode -r - <pipe | tail -n 1 | jq .flows)" = 720 ]
    kill %1
    run -65 --separate-stderr nmflowtool decode -r - <boundary
    [[ $stderr == *"there are 2 up to byte 71536"* ]]
}

@test "a block of no known kind is counted and told; catalogs and arrays are passed over" {
    variants
    expect unknown 65 480 1 '0 records and 1 blocks are damaged, or of no known kind'
    expect array 0 480 0 ''
    expect old_catalog 0 480 0 ''
    expect old_unknown 65 480 1 '0 records and 1 blocks are damaged, or of no known kind'
}

@test "of a block that is not packed, the records before the damage are kept" {
    variants
    run -65 --separate-stderr nmflowtool decode -r inside
    [[ $stderr == "nmflowtool: inside: the file ends inside a block at byte 35788: "* ]]
    flows=$(grep -c '"type":"flow",' <<<"$output")
    [ "$flows" -gt 350 ]
    nmflowtool decode -r whole | head -n "$flows" | cmp - <(grep '"type":"flow",' <<<"$output")
}

@test "a file of nfdump 1.6: what routers tell beside a flow is what nfdump says, and firewalls and translators are read" {
    python3 "$BATS_TEST_DIRNAME/nfcapd_old.py" old.nf
    nmflowtool decode -r old.nf >out.json
    [ "$(grep -c '"type":"flow",' out.json)" = 5 ]
    jq -c 'select(.src_port == 1002) | [.event_time, .flow_id, .user, .nat_src_ip, .nat_dst_ip, .nat_src_port, .nat_dst_port,
        .fw_event, .fw_ext_event]' out.json >firewall
    [ "$(cat firewall)" = '["2023-11-14T22:13:20.123000Z",77,"alice@example.net","203.0.113.1","198.51.100.1",2000,443,"deleted",1001]' ]
    [ "$(jq -c 'select(.src_port == 1003) | [.user, .nat_src_ip, .nat_dst_ip, .nat_src_port, .nat_dst_port, .nat_event, .in_vrf,
        .out_vrf]' out.json)" = '["bob","2001:db8::3","2001:db8::4",2001,null,"nat_create",5,6]' ]
    require_commands nfdump
    nfdump -r old.nf -o json | jq -c '.[] | [.src_port, .out_packets, .out_bytes, .aggr_flows, .dst_tos, .fwd_status, .in_src_mac,
        .in_dst_mac, .out_src_mac, .out_dst_mac, .mpls_1] | map(if . == 0 then null else . end)' >theirs
    jq -c 'select(.type == "flow") | [.src_port, .post_packets, .post_bytes, .flow_count, .post_tos, .forwarding_status, .src_mac,
        .dst_mac, .post_src_mac, .post_dst_mac, if .mpls_label then "\(.mpls_label)-0-0" else null end]' out.json | diff theirs -
    for expression in 'mpls label 5' 'mpls label 100' 'mpls any 5' 'mpls label1 100' 'mpls label > 4' 'out bytes 700' 'flows 4'; do
        [ "$(nmflowtool filter "$expression" -r old.nf | jq -r 'select(.type == "flow").src_port')" = 1000 ]
    done
    run -1 nmflowtool filter 'mpls label1 5 or mpls label 6' -r old.nf
    # The whole stack, as NetFlow would have told it; entries are label, class and bottom.
    nmflowtool decode --all-fields -r old.nf >all.json
    nfdump -r old.nf -o json | jq -c '.[] | select(.mpls_1) | [.mpls_1, .mpls_2, .mpls_3, .mpls_4]' >theirs
    python3 - <<'PY' >ours
import json
def entry(text):
    number = int(text, 16)
    return f"{number >> 4}-{number >> 1 & 7}-{number & 1}"
for line in open("all.json"):
    record = json.loads(line)
    names = ["mplsTopLabelStackSection"] + [f"mplsLabelStackSection{place}" for place in range(2, 5)]
    if names[0] in record:
        print(json.dumps([entry(record.get(name, "000000")) for name in names], separators=(",", ":")))
PY
    [ -s ours ]
    diff ours theirs
    [ "$(nmflowtool filter 'mpls label 5' <all.json | jq -r 'select(.type == "flow").src_port')" = 1000 ]
}

@test "hardware addresses of both ways each have their place, and stand for no other" {
    python3 "$BATS_TEST_DIRNAME/nfcapd_old.py" old.nf
    for side in 'in src' 'in dst' 'out src' 'out dst'; do
        number=$((++number))
        [ "$(nmflowtool filter "$side mac 02:00:00:00:00:0$number" -r old.nf | tail -n 1 | jq .passed)" = 1 ]
        [ "$(nmflowtool filter "mac 02:00:00:00:00:0$number" -r old.nf | tail -n 1 | jq .passed)" = 1 ]
        run -1 nmflowtool filter "$side mac 02:00:00:00:00:0$((number % 4 + 1))" -r old.nf
    done
}
