#!/usr/bin/env bats
# nmflowtool top: nfdump's statistics as judge, windows, scaling, and bounded memory.
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

teardown() {
    [ -z "${collector:-}" ] || kill -KILL "$collector" 2>/dev/null || true
}

# ours KEYS VALUE FILTER OPTION...: "KEY... FLOWS PACKETS BYTES" of each group.
ours() {
    local by=$1 value=$2 keys=$3
    shift 3
    nmflowtool top --by "$by" --value "$value" -r flows.pcap "$@" |
        jq -r "select(.type == \"flow.top\") | \"$keys \\(.flows) \\(.packets) \\(.bytes)\""
}

@test "statistics equal nfdump's: -s by bytes, packets and flows" {
    require_commands nfdump nfcapd python3
    make_flows
    # Groups of one value are in no order of nfdump's: the values are compared in order, the groups as a set.
    for row in 'ip/bytes ip ip' 'srcip/packets src_ip src_ip' 'dstip/flows dst_ip dst_ip' 'srcport/bytes src_port src_port' \
        'proto/packets proto proto_num' 'inif/bytes in_if in_if'; do
        read -r statistic by key <<<"$row"
        # To what came in, nfdump's statistics add what left.
        only='ipv4 and (proto tcp or proto udp) and out packets 0 and out bytes 0'
        nfdump -q -N -r flows.nf -s "$statistic" -n 0 -o csv "$only" |
            awk -F, '/^[0-9]/ { print $5, $6, $8, $10 }' >theirs
        ours "$by" "${statistic#*/}" "\\(.$key)" -n 0 --filter "$only" >mine
        [ -s mine ]
        diff <(sort theirs) <(sort mine)
        case $statistic in */bytes) column=4 ;; */packets) column=3 ;; *) column=2 ;; esac
        diff <(cut -d' ' -f$column theirs) <(cut -d' ' -f$column mine)
        nmflowtool top --by "$by" --value "${statistic#*/}" -n 3 -r flows.pcap --filter "$only" |
            jq -r "select(.type == \"flow.top\") | .$key" | diff - <(head -n 3 mine | cut -d' ' -f1)
    done
}

@test "aggregation by several keys and networks equals nfdump's -A" {
    require_commands nfdump nfcapd python3
    make_flows
    only='ipv4 and (proto tcp or proto udp)'
    nfdump -q -N -r flows.nf -A srcip4/24,dstport -o csv "$only" |
        awk -F, '/^[0-9]/ { print $4 "/24", $7, $12, $13 }' | sort >theirs
    nmflowtool top --by src_ip/24,dst_port -n 0 -r flows.pcap --filter "$only" |
        jq -r 'select(.type == "flow.top") | "\(.src_prefix) \(.dst_port) \(.packets) \(.bytes)"' | sort >mine
    [ -s mine ]
    diff theirs mine
    nfdump -q -N -r flows.nf -s record/bytes -n 0 -o csv "$only" |
        awk -F, '/^[0-9]/ { print $4, $5, $6, $7, $12, $13 }' | sort >theirs
    nmflowtool top --by src_ip,dst_ip,src_port,dst_port,proto -n 0 -r flows.pcap --filter "$only" |
        jq -r 'select(.type == "flow.top") | "\(.src_ip) \(.dst_ip) \(.src_port) \(.dst_port) \(.packets) \(.bytes)"' |
        sort >mine
    diff theirs mine
}

# flow SECONDS BYTES [RATE]
flow() {
    echo '{"type":"flow","v":1,"ts":"2026-11-22T01:00:'"$1"'.000000Z","src_ip":"10.0.0.1","bytes":'"$2"',"packets":1'"${3:+,\"sampling_rate\":$3}"'}'
}

@test "windows follow the records' time: each is told once, late records are counted and not ranked (trap 31)" {
    {
        flow 01 100 && flow 09 10 && flow 10 1 && flow 09 7 && flow 35 5 && flow 39 6
    } >lines
    run -0 nmflowtool top --by src_ip --every 10s <lines
    [ "$(jq -c 'select(.type == "flow.top") | [.window_start[17:19], .ts[17:19], .bytes, .rank]' <<<"$output" | paste -sd' ')" = \
        '["00","10",110,1] ["10","20",1,1] ["30","40",11,1]' ]
    [ "$(tail -n 1 <<<"$output" | jq -c '[.windows, .late, .flows, .bytes]')" = '[3,1,6,122]' ]
    nmflowtool decode -r "$sflow" | nmflowtool top --by src_ip --every 1s -n 0 | jq -c 'select(.type == "flow.top")' >piped
    nmflowtool top --by src_ip --every 1s -n 0 -r "$sflow" | jq -c 'select(.type == "flow.top")' | diff - piped
}

@test "on a socket a window is told by the clock, with no further datagram and before any signal" {
    require_commands python3
    local port _
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        nmflowtool top --by src_ip --every 1s -l "127.0.0.1:$port" >live.json 2>live.err 3>&- &
        collector=$!
        for _ in $(seq 100); do
            ! grep -q "$(printf ':%04X 0' "$port" | cut -d' ' -f1) " /proc/net/udp || break 2
            kill -0 "$collector" 2>/dev/null || break
            sleep 0.02
        done
    done
    python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$v9" 127.0.0.1 "$port"
    for _ in $(seq 200); do
        ! grep -q '"flow.top"' live.json || break
        sleep 0.05
    done
    grep -q '"flow.top"' live.json
    kill -TERM "$collector"
    wait "$collector" || [ $? -eq 143 ]
    collector=
    [ "$(tail -n 1 live.json | jq '.flows, .late')" = $'240\n0' ]
    [ "$(jq -s 'map(select(.type == "flow.top") | .window_start) | length > 0 and all(.[]; endswith(".000000Z"))' live.json)" = true ]
}

@test "scaling multiplies by each record's own rate; what has none is counted and told (trap 14)" {
    {
        flow 01 100 10 && flow 02 5 && flow 03 1 1000
    } >lines
    run -0 --separate-stderr nmflowtool top --by src_ip --scaled <lines
    [ "$(jq -c 'select(.type == "flow.top") | [.bytes, .packets, .flows]' <<<"$output")" = '[2005,1011,3]' ]
    [ "$(tail -n 1 <<<"$output" | jq '.rate_unknown')" = 1 ]
    [[ $stderr == *"--scaled: 1 records have no sampling rate"* ]]
    run -0 --separate-stderr nmflowtool top --by src_ip --scaled -r "$v9"
    [ -z "$stderr" ]
    [ "$(tail -n 1 <<<"$output" | jq '.bytes')" = \
        "$(nmflowtool decode -r "$v9" | jq -s 'map(select(.type == "flow") | .bytes * .sampling_rate) | add')" ]
}

@test "beyond --max-keys the error is stated, and holds; below, nothing is lost" {
    for ((i = 0; i < 3000; i++)); do
        echo '{"type":"flow","v":1,"src_port":'$((i * i % 997))',"bytes":'$((i * 7919 % 1500))',"packets":1}'
        echo '{"type":"flow","v":1,"src_port":'$((60000 + i % 3))',"bytes":1000,"packets":1}'
    done >lines
    nmflowtool top --by src_port -n 0 <lines >exact
    nmflowtool top --by src_port -n 0 --max-keys 100 <lines >bounded
    [ "$(tail -n 1 exact | jq -c '[.groups_given_up, .value_error]')" = '[null,null]' ]
    [ "$(tail -n 1 bounded | jq '.groups_given_up > 0 and .bytes == '"$(tail -n 1 exact | jq .bytes)")" = true ]
    [ "$(jq -c 'select(.type == "flow.top") | .src_port' bounded | head -n 3 | sort | paste -sd' ')" = '60000 60001 60002' ]
    jq -n '[inputs] | map(select(.type == "flow.top")) | map({key: (.src_port | tostring), value: .bytes}) | from_entries' exact >truth
    jq -c --slurpfile truth truth 'select(.type == "flow.top")
        | $truth[0][.src_port | tostring] as $true | select(.bytes > $true or .bytes + .value_error < $true)' bounded >wrong
    [ ! -s wrong ]
    [ "$(grep -c '"flow.top"' bounded)" -le 100 ]
}

@test "what jq makes of absent keys, and whole numbers with a fraction, count as they did before jq" {
    nmflowtool decode -r "$v9" | jq -c 'select(.type == "flow") | {type, ts, src_ip, src_port, bytes}' >lines
    grep -q '"src_port":null' lines
    nmflowtool top --by src_port -n 0 <lines | jq -c 'select(.type == "flow.top") | [.src_port, .bytes]' >ours
    nmflowtool top --by src_port -n 0 -r "$v9" | jq -c 'select(.type == "flow.top") | [.src_port, .bytes]' | diff ours -
    sed 's/"bytes":\([0-9]*\)/"bytes":\1.0/' lines | nmflowtool top --by src_port -n 0 |
        jq -c 'select(.type == "flow.top") | [.src_port, .bytes]' | diff ours -
}

@test "the smallest come first on request; a filter goes in front" {
    nmflowtool top --by src_ip -n 0 -r "$v9" --filter 'proto udp' | jq -c 'select(.type == "flow.top") | .bytes' >down
    nmflowtool top --by src_ip -n 0 -r "$v9" --filter 'proto udp' --order smallest |
        jq -c 'select(.type == "flow.top") | .bytes' | diff - <(tac down)
    [ "$(nmflowtool top --by src_ip -r "$v9" --filter 'proto udp' | tail -n 1 | jq -c '[.flows, .passed + .rejected, .passed]')" = '[240,240,43]' ]
}

@test "records that nfdump added up count as their flows, and out of nfcapd's file as nfdump counts them" {
    require_commands nfdump nfcapd python3
    make_flows
    nfdump -q -r flows.nf -A proto -w added.nf >/dev/null
    for file in flows.nf added.nf; do
        nfdump -q -N -r "$file" -s proto/flows -n 0 -o csv | awk -F, '/^[0-9]/ { print $5, $6 }' | sort >theirs
        nmflowtool top --by proto_num --value flows -n 0 -r "$file" |
            jq -r 'select(.type == "flow.top") | "\(.proto_num // 0) \(.flows)"' | sort | diff theirs -
    done
    [ "$(nmflowtool top --by proto_num --value flows -r added.nf | tail -n 1 | jq .flows)" -lt 20 ]
}

@test "no flags, no event and no name group as what is not there, in a file and in its lines" {
    require_commands nfcapd python3
    make_flows
    for keys in tcp_flags nat_event,fw_event user,direction,tcp_flags; do
        for file in flows.nf flows.pcap; do
            nmflowtool top --by $keys -n 0 -r "$file" | jq -c 'select(.type == "flow.top")' >direct
            nmflowtool decode -r "$file" | nmflowtool top --by $keys -n 0 | jq -c 'select(.type == "flow.top")' | diff direct -
            [ -s direct ]
        done
    done
}

@test "the smallest groups cannot be told when they were given up: that is said, with the way out" {
    seq 100 | jq -c '{type: "flow", v: 1, src_ip: "10.0.0.\(.)", bytes: .}' >lines
    run -0 --separate-stderr nmflowtool top --by src_ip --order smallest --max-keys 50 <lines
    [[ $stderr == *"--order smallest: there are more than --max-keys 50 groups"*"a larger --max-keys keeps them" ]]
    [ "$(wc -l <<<"$stderr")" = 1 ]
    for options in '--order smallest' '--max-keys 50'; do
        # shellcheck disable=SC2086  # two words
        run -0 --separate-stderr nmflowtool top --by src_ip $options <lines
        [ -z "$stderr" ]
    done
}

@test "a scaled sum that is too large is the largest number, not a small one" {
    for _ in 1 2; do echo '{"type":"flow","v":1,"src_ip":"10.0.0.1","bytes":"9007199254740993","sampling_rate":4000000}'; done >lines
    [ "$(nmflowtool top --by src_ip --scaled <lines | head -n 1 | jq -r .bytes)" = 18446744073709551615 ]
}
