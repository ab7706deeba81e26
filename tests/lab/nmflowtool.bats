#!/usr/bin/env bats
# nmflowtool beside nfcapd: softflowd meters real traffic between two namespaces and exports it to both.
bats_require_minimum_version 1.5.0

load helpers
load flow_lab

setup() {
    require_root
    require_commands softflowd nfcapd nfdump jq python3 ping
    PATH="$NM_BIN:$PATH"
    cd "$BATS_TEST_TMPDIR"
    flow_pair
}

teardown() {
    lab_teardown
}

@test "softflowd's NetFlow v9: the same flows, packets, bytes, ports, flags and times as nfcapd" {
    mkdir nf
    ip netns exec "$a" nmflowtool decode -l 127.0.0.1:2055 >ours.json 2>ours.err 3>&- &
    ours=$!
    ip netns exec "$a" nfcapd -w nf -b 127.0.0.1 -p 2056 -t 3600 >nfcapd.log 2>&1 3>&- &
    theirs=$!
    wait_for udp_bound "$a" 2055
    wait_for udp_bound "$a" 2056
    ip netns exec "$a" softflowd -d -v 9 -6 -i va -n 127.0.0.1:2055,127.0.0.1:2056 -p soft.pid -c soft.ctl \
        >soft.log 2>&1 3>&- &
    meter=$!
    wait_for test -S soft.ctl
    sleep 0.3
    flow_traffic 20 1000
    softflowctl -c soft.ctl expire-all
    kill -TERM "$meter"
    wait "$meter" || true
    wait_for grep -q '"type":"flow"' ours.json
    sleep 0.5
    kill -TERM "$ours" "$theirs"
    wait "$ours" || [ $? -eq 143 ]
    wait "$theirs" || true

    # nfdump 1.7.1 writes JSON that does not parse; its own format is exact with -N.
    jq -r 'select(.type == "flow") | [.src_ip, .dst_ip, .src_port // 0, .proto_num, .packets, .bytes,
        (.tcp_flags // "" | explode | sort | implode), .start[0:23], .end[0:23]] | map(tostring) | join("|")' ours.json |
        sort >ours
    nfdump -q -N -6 -r nf/nfcapd.* -o 'fmt:%sa|%da|%sp|%pr|%pkt|%byt|%flg|%ts|%te' |
        sed 's/\([0-9]\) \([0-9][0-9]:\)/\1T\2/g; s/ //g' | awk -F'|' -v OFS='|' '{
            letters = ""
            for (i = 1; i <= 6; i++) if (index($7, substr("AFPRSU", i, 1))) letters = letters substr("AFPRSU", i, 1)
            $7 = letters
            print
        }' | sort >theirs
    [ "$(wc -l <ours)" -ge 80 ]
    diff theirs ours
    [ "$(tail -n 1 ours.json | jq -c '[.malformed, .sets_no_template, .datagrams_lost, .kernel_drops]')" = "[0,0,0,0]" ]
    [ ! -s ours.err ]
}

@test "top of softflowd's flows ranks the addresses as nfdump does" {
    ip netns exec "$a" nmflowtool top --by src_ip --value bytes -l 127.0.0.1:2055 >top.json 3>&- &
    ours=$!
    mkdir nf
    ip netns exec "$a" nfcapd -w nf -b 127.0.0.1 -p 2056 -t 3600 >nfcapd.log 2>&1 3>&- &
    theirs=$!
    wait_for udp_bound "$a" 2055
    wait_for udp_bound "$a" 2056
    ip netns exec "$a" softflowd -d -v 9 -6 -i va -n 127.0.0.1:2055,127.0.0.1:2056 -p soft.pid -c soft.ctl \
        >soft.log 2>&1 3>&- &
    meter=$!
    wait_for test -S soft.ctl
    sleep 0.3
    flow_traffic 20 1000
    softflowctl -c soft.ctl expire-all
    kill -TERM "$meter"
    wait "$meter" || true
    sleep 0.5
    kill -TERM "$ours" "$theirs"
    wait "$ours" || [ $? -eq 143 ]
    wait "$theirs" || true
    jq -r 'select(.type == "flow.top") | [.src_ip, .bytes, .packets, .flows] | join(" ")' top.json | head -n 4 >ours
    nfdump -q -N -6 -r nf/nfcapd.* -A srcip -O bytes -o 'fmt:%sa %byt %pkt %fl' | sed 's/  */ /g; s/^ //' | head -n 4 >theirs
    [ "$(wc -l <theirs)" = 4 ]
    diff theirs ours
}
