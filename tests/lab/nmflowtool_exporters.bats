#!/usr/bin/env bats
# Real exporters on real traffic: what they send is captured; we, nfdump, nfacctd, sfacctd and tshark read the same
# datagrams (nmflowtool forward hands them on) and must agree record by record. Then our own exports before the
# same judges. Small captures of these exporters are in tests/data/flow/exporters (README there).
bats_require_minimum_version 1.5.0

load helpers
load flow_lab

setup() {
    require_root
    require_commands nfcapd nfdump nfacctd sfacctd tshark tcpdump jq python3 ping
    PATH="$NM_BIN:$PATH"
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    lab_teardown
}

# listen_to PORT [NS]: a collector of ours on 127.0.0.1:PORT and a capture of what comes there, in NS (a).
listen_to() {
    exports=$1
    exporter_ns=${2:-$a}
    start_capture "$exporter_ns" lo udp port "$exports"
    ip netns exec "$exporter_ns" nmflowtool decode -l "127.0.0.1:$exports" >live.json 2>live.err 3>&- &
    live=$!
    wait_for udp_bound "$exporter_ns" "$exports"
}

# end_of_exports: live.json and ours.json (of the capture, $PCAP) are complete.
end_of_exports() {
    sleep 0.5
    kill -TERM "$live"
    wait "$live" || [ $? -eq 143 ]
    stop_capture
    nmflowtool decode -r "$PCAP" >ours.json 2>ours.err
    [ ! -s ours.err ] && [ ! -s live.err ]
    # The live collector and the capture give the same records.
    diff <(jq -cS 'select(.type == "flow" or .type == "sflow.sample") | del(.ts)' live.json | sort) \
        <(jq -cS 'select(.type == "flow" or .type == "sflow.sample") | del(.ts)' ours.json | sort)
}

# nothing_unknown: the books say that all was understood and nothing lost, and each record has what it must have.
nothing_unknown() {
    jq -c 'select(.type == "flow.stats") | with_entries(select(.key |
        test("unknown|malformed|truncated|mismatch|trailing|no_template|unsupported|gaps|_lost|reordered|duplicate")))
        | to_entries | map(select(.value != 0))' ours.json | grep -vx '\[\]' && return 1
    jq -c 'select(.type == "flow") | select((.src_ip and .dst_ip and .proto_num != null and .packets and .bytes and .start
        and .end and .exporter) | not)' ours.json | grep . && return 1
    jq -c 'select((.type == "flow" or .type == "sflow.sample") and (.proto == "tcp" or .proto == "udp") and
        (.fragment_offset | not)) | select((.src_port and .dst_port) | not)' ours.json | grep . && return 1
    [ "$(jq -c 'select(.type == "flow" or .type == "sflow.sample")' ours.json | wc -l)" -ge "$1" ]
}

# our_flows: source|destination|source port|destination port|protocol|packets|bytes|start|end, sorted. ICMP has no
# ports there.
our_flows() {
    jq -r 'select(.type == "flow" and .packets) | [.src_ip, .dst_ip, .src_port // 0, .dst_port // 0, .proto_num, .packets, .bytes,
        .start[0:23], .end[0:23]] | map(tostring) | join("|")' "${1:-ours.json}" | sort
}

# through_nfdump: the same of nfcapd, from the datagrams in $PCAP. nfdump 1.7.1 writes JSON that does not parse; its
# own format is exact with -N.
through_nfdump() {
    rm -rf nf && mkdir nf
    in_ns "$a" nfcapd -w nf -b 127.0.0.1 -p 9999 -t 3600 >nfcapd.log 2>&1 3>&- &
    local judge=$!
    wait_for udp_bound "$a" 9999
    in_ns "$a" nmflowtool forward -r "${1:-$PCAP}" --to 127.0.0.1:9999 --speed max --rate 2000 >forward.json
    sleep 0.5
    kill -TERM "$judge"
    wait "$judge" || true
    nfdump -q -N -6 -r nf/nfcapd.* -o 'fmt:%sa|%da|%sp|%dp|%pr|%pkt|%byt|%ts|%te' |
        sed 's/\([0-9]\) \([0-9][0-9]:\)/\1T\2/g; s/ //g' | awk -F'|' -v OFS='|' '
            $5 == 1 || $5 == 58 { $3 = 0; $4 = 0 }
            { print }' | sort
}

# through_pmacct nfacctd|sfacctd AGGREGATE: a JSON object for each aggregate.
through_pmacct() {
    cat >pmacct.conf <<CONF
daemonize: false
$1_ip: 127.0.0.1
$1_port: 9998
plugins: print
aggregate: $2
print_output: json
print_output_file: $PWD/pmacct.json
print_refresh_time: 600
print_cache_entries: 100003
timestamps_utc: true
timestamps_rfc3339: true
plugin_pipe_size: 10240000
plugin_buffer_size: 10240
CONF
    rm -f pmacct.json
    in_ns "$a" "$1" -f pmacct.conf >pmacct.log 2>&1 3>&- &
    local judge=$!
    wait_for udp_bound "$a" 9998
    in_ns "$a" nmflowtool forward -r "${3:-$PCAP}" --to 127.0.0.1:9998 --speed max --rate 2000 >forward.json
    sleep 0.5
    kill -INT "$judge"
    wait "$judge" || true
    wait_for test -s pmacct.json
    cat pmacct.json
}

# What nfacctd groups by, and our records in the same groups: one for each flow, since the times are in it.
flow_key='src_host,dst_host,src_port,dst_port,proto,timestamp_start,timestamp_end'
through_nfacctd() {
    through_pmacct nfacctd "$flow_key" "${1:-$PCAP}" | jq -r '[.ip_src, .ip_dst, .port_src, .port_dst, .ip_proto, .packets,
        .bytes, (.timestamp_start | sub("Z$"; "") | .[0:23]), (.timestamp_end | sub("Z$"; "") | .[0:23])] | map(tostring) |
        join("|")' | sort
}

judged_by_all() {
    our_flows >ours
    through_nfdump >by_nfdump
    diff by_nfdump ours
    "$BATS_TEST_DIRNAME/../cli/tshark_flows.py" "$PCAP" "$exports" cflow | awk -F'|' -v OFS='|' '
        $5 == 1 || $5 == 58 { $3 = 0; $4 = 0 }
        { print }' | sort >by_tshark
    diff by_tshark ours
}

@test "softflowd, NetFlow v5" {
    require_commands softflowd
    flow_pair
    listen_to 2055
    ip netns exec "$a" softflowd -d -v 5 -i va -n 127.0.0.1:2055 -p soft.pid -c soft.ctl >soft.log 2>&1 3>&- &
    meter=$!
    wait_for test -S soft.ctl
    sleep 0.3
    flow_traffic 20 1000
    softflowctl -c soft.ctl expire-all
    kill -TERM "$meter"
    wait "$meter" || true
    end_of_exports
    nothing_unknown 40
    judged_by_all
}
