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

# nothing_unknown LEAST [BUT]: the books say that all was understood and nothing lost (BUT for keys like these), each
# record has what it must have, and there are as many as LEAST. (softflowd does not count all it sends:
# count_mismatches is not ours.)
sequence='gaps|_lost|duplicate|reordered|resets'
nothing_unknown() {
    jq -c --arg but "${2:-^\$}" 'select(.type == "flow.stats") | with_entries(select((.key |
        test("unknown|malformed|truncated|trailing|no_template|unsupported|gaps|_lost|reordered|duplicate")) and
        (.key | test($but) | not))) | to_entries | map(select(.value != 0))' ours.json | grep -vx '\[\]' && return 1
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
    ip netns exec "$a" nfcapd -w nf -b 127.0.0.1 -p 9999 -t 3600 >nfcapd.log 2>&1 3>&- &
    local judge=$!
    wait_for udp_bound "$a" 9999
    in_ns "$a" nmflowtool forward -r "${1:-$PCAP}" --to 127.0.0.1:9999 --speed max --rate 2000 >forward.json
    sleep 0.5
    kill -TERM "$judge"
    wait "$judge" || true
    nfdump -q -N -6 -r nf/nfcapd.* -o 'fmt:%sa|%da|%sp|%dp|%pr|%pkt|%byt|%ts|%te' |
        sed 's/\([0-9]\) \([0-9][0-9]:\)/\1T\2/g; s/ //g'
}

# through_pmacct nfacctd|sfacctd AGGREGATE [CAPTURE [CONFIGURATION]]: a JSON object for each aggregate.
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
print_cache_entries: 4099
${4:-}
CONF
    rm -f pmacct.json
    ip netns exec "$a" "$1" -f pmacct.conf >pmacct.log 2>&1 3>&- &
    local judge=$!
    wait_for udp_bound "$a" 9998
    in_ns "$a" nmflowtool forward -r "${3:-$PCAP}" --to 127.0.0.1:9998 --speed max --rate 2000 >forward.json
    sleep 0.5
    kill -INT "$judge"
    wait "$judge" || true
    wait_for test -s pmacct.json
    cat pmacct.json
}

# Packets and bytes by addresses, ports and protocol: nfacctd knows times of NetFlow v9 to a second only.
five='src_host,dst_host,src_port,dst_port,proto'
through_nfacctd() {
    through_pmacct nfacctd "$five" "$@" |
        pmacct_lines
}
pmacct_lines() {
    jq -r '[.ip_src, .ip_dst, .port_src, .port_dst, ({icmp: 1, igmp: 2, tcp: 6, udp: 17, "ipv6-icmp": 58}[.ip_proto] // .ip_proto),
        .packets, .bytes] | map(tostring) | join("|")' | without_icmp_ports
}

# without_icmp_ports, summed: for lines of our_flows.
without_icmp_ports() {
    awk -F'|' -v OFS='|' '$5 == 1 || $5 == 58 { $3 = 0; $4 = 0 } { print }' | sort
}
summed() {
    awk -F'|' -v OFS='|' '{ key = $1 OFS $2 OFS $3 OFS $4 OFS $5; packets[key] += $6; bytes[key] += $7 }
        END { for (key in packets) print key, packets[key], bytes[key] }' | sort
}

# judged_by_all [NFDUMP-VIEW [TSHARK-VIEW]]: nfdump and tshark agree with us on every record, nfacctd on every pair of
# ends. A view is what is compared, where a judge is wrong about the rest.
judged_by_all() {
    through_nfdump | without_icmp_ports >by_nfdump
    "$BATS_TEST_DIRNAME/../cli/tshark_flows.py" "$PCAP" "$exports" cflow | without_icmp_ports >by_tshark
    through_nfacctd | summed >by_nfacctd
    our_flows >ours
    diff <("${2:-cat}" <by_tshark | sort) <("${2:-cat}" <ours | sort)
    diff <("${1:-cat}" <by_nfdump | sort) <("${1:-cat}" <ours | sort)
    diff by_nfacctd <(summed <ours)
}
without_times() { cut -d'|' -f1-7; }
ends_only() { cut -d'|' -f1-5; }
times_in_order() { awk -F'|' -v OFS='|' '$8 > $9 { swap = $8; $8 = $9; $9 = swap } { print }'; }

# judged_by_sfacctd: packets and bytes of frames of each flow of samples.
judged_by_sfacctd() {
    jq -r 'select(.type == "sflow.sample" and .src_ip) | [.src_ip, .dst_ip, .src_port // 0, .dst_port // 0, .proto_num, .packets,
        .bytes] | map(tostring) | join("|")' ours.json | summed >ours
    through_pmacct sfacctd "$five" |
        pmacct_lines | summed >by_sfacctd
    diff by_sfacctd ours
}

# meter COMMAND...: starts an exporter in $a; end_meter SIGNAL stops it.
meter() {
    ip netns exec "$a" "$@" >meter.log 2>&1 3>&- &
    meter=$!
}
end_meter() {
    kill "-$1" "$meter"
    wait "$meter" || true
}

softflowd_case() {
    require_commands softflowd
    flow_pair
    listen_to 2055
    meter softflowd -d -v "$1" ${2:-} -i va -n 127.0.0.1:2055 -p soft.pid -c soft.ctl
    wait_for test -S soft.ctl
    sleep 0.3
    flow_traffic 20 1000
    softflowctl -c soft.ctl expire-all
    end_meter TERM
    end_of_exports
    judged_by_all "${3:-cat}" "${4:-cat}"
    nothing_unknown 40 "${5:-}"
}

@test "softflowd, NetFlow v5" {
    softflowd_case 5
}

@test "softflowd, NetFlow v9" {
    softflowd_case 9 -6
}

# nfdump 1.7.1 exchanges start and end where they are uptimes in IPFIX; tshark does not know what they count from.
# It counts something else where IPFIX counts records.
@test "softflowd, IPFIX" {
    softflowd_case 10 -6 times_in_order without_times "$sequence"
}

@test "fprobe, NetFlow v5" {
    require_commands fprobe
    flow_pair
    listen_to 2055
    meter fprobe -i va -fip -l 2 -d 1 -e 1 -s 1 -q 10000 -x 1:2 127.0.0.1:2055
    sleep 0.5
    flow_traffic 20 1000
    sleep 4
    end_meter TERM
    end_of_exports
    judged_by_all
    nothing_unknown 40
}

# pmacctd PLUGIN LINE...
start_pmacctd() {
    require_commands pmacctd
    cat >pmacctd.conf <<CONF
daemonize: false
pcap_interface: va
plugins: $1
aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags
plugin_pipe_size: 10240000
plugin_buffer_size: 10240
CONF
    printf '%s\n' "${@:2}" >>pmacctd.conf
    meter pmacctd -f pmacctd.conf
    sleep 1
}

nfprobe_case() {
    flow_pair
    listen_to 2055
    start_pmacctd nfprobe "nfprobe_receiver: 127.0.0.1:2055" "nfprobe_version: $1" \
        "nfprobe_timeouts: tcp=2:tcp.rst=2:tcp.fin=2:udp=2:icmp=2:general=2:maxlife=10:expint=1"
    flow_traffic 20 1000
    sleep 5
    end_meter INT
    end_of_exports
    judged_by_all
    nothing_unknown "$2"
}

@test "pmacctd nfprobe, NetFlow v5" {
    nfprobe_case 5 40
}

@test "pmacctd nfprobe, NetFlow v9" {
    nfprobe_case 9 80
}

@test "pmacctd nfprobe, IPFIX" {
    nfprobe_case 10 80
}

@test "pmacctd sfprobe, sFlow" {
    flow_pair
    listen_to 6343
    start_pmacctd sfprobe "sfprobe_receiver: 127.0.0.1:6343" "sampling_rate: 1" "sfprobe_agentip: 198.18.5.1"
    flow_traffic 5 100
    sleep 1
    end_meter INT
    end_of_exports
    judged_by_sfacctd
    nothing_unknown 100
}

# start_ovs: Open vSwitch in user space with the bridge br0 between pa and pb, in $o.
start_ovs() {
    require_commands ovs-vswitchd ovsdb-server ovsdb-tool ovs-vsctl
    flow_switch
    export OVS_RUNDIR=$PWD/ovs OVS_LOGDIR=$PWD/ovs OVS_DBDIR=$PWD/ovs
    mkdir -p ovs
    ovsdb-tool create ovs/conf.db /usr/share/openvswitch/vswitch.ovsschema
    ip netns exec "$o" ovsdb-server --remote="punix:$PWD/ovs/db.sock" --unixctl="$PWD/ovs/db.ctl" ovs/conf.db \
        >ovsdb.log 2>&1 3>&- &
    wait_for test -S ovs/db.sock
    ip netns exec "$o" ovs-vswitchd "unix:$PWD/ovs/db.sock" --unixctl="$PWD/ovs/sw.ctl" >vswitchd.log 2>&1 3>&- &
    vsctl --no-wait init
    vsctl add-br br0 -- set bridge br0 datapath_type=netdev -- add-port br0 pa -- add-port br0 pb
    vsctl set open_vswitch . other_config:max-idle=500
    wait_for in_ns "$a" ping -q -c 1 -W 1 198.18.5.2
    wait_for in_ns "$a" ping -q -c 1 -W 1 2001:db8:5::2
}
vsctl() { in_ns "$o" ovs-vsctl --timeout=20 --db="unix:$PWD/ovs/db.sock" "$@"; }

@test "Open vSwitch, NetFlow v5" {
    start_ovs
    listen_to 2055 "$o"
    vsctl -- --id=@n create netflow 'targets="127.0.0.1:2055"' active-timeout=2 -- set bridge br0 netflow=@n
    flow_traffic 20 300
    sleep 5
    vsctl clear bridge br0 netflow
    end_of_exports
    judged_by_all
    # It counts datagrams where the protocol counts flows.
    nothing_unknown 20 "$sequence"
}

# nfdump 1.7.1 knows neither its times (microseconds before the export) nor which of its counters is the flow's.
@test "Open vSwitch, IPFIX" {
    start_ovs
    listen_to 4739 "$o"
    vsctl -- --id=@i create ipfix 'targets="127.0.0.1:4739"' obs_domain_id=123 obs_point_id=456 \
        cache_active_timeout=2 cache_max_flows=1000 sampling=1 -- set bridge br0 ipfix=@i
    flow_traffic 20 300
    sleep 3
    vsctl clear bridge br0 ipfix
    end_of_exports
    judged_by_all ends_only
    # Its sequence is one record ahead, on a way where nothing is lost.
    nothing_unknown 80 "$sequence"
}

@test "Open vSwitch, sFlow" {
    start_ovs
    listen_to 6343 "$o"
    vsctl -- --id=@s create sflow agent=lo 'target="127.0.0.1:6343"' header=128 sampling=1 polling=1 -- \
        set bridge br0 sflow=@s
    flow_traffic 5 100
    sleep 2
    vsctl clear bridge br0 sflow
    end_of_exports
    judged_by_sfacctd
    nothing_unknown 100
}

# --- our own exports before the same judges

# exported PROTOCOL PORT: the flows of flows.json as PROTOCOL in $PCAP.
exported() {
    make_ns a
    a=$NS
    exports=$2
    nmflowtool decode -r "$BATS_TEST_DIRNAME/../golden/flow/nfcapd/input-v9.pcap" |
        jq -c 'select(.type == "flow" and .proto and (.proto | startswith("icmp") | not) and .start <= .end) | del(.sampling_rate, .rate_source)' >flows.json
    PCAP=$PWD/exported.pcap
    nmflowtool export --as "$1" --to "$PCAP" <flows.json >export.json
    [ "$(wc -l <flows.json)" -gt 10 ]
}

@test "our NetFlow v5 as nfcapd, nfacctd and tshark read it" {
    exported netflow5 2055
    grep -v '"src_ip":"[0-9a-f]*:' flows.json >ours.json
    judged_by_all
}

@test "our NetFlow v9 as nfcapd, nfacctd and tshark read it" {
    exported netflow9 2055
    cp flows.json ours.json
    judged_by_all
}

@test "our IPFIX as nfcapd, nfacctd and tshark read it" {
    exported ipfix 4739
    cp flows.json ours.json
    judged_by_all
}

# nfdump 1.7.1 reads forwarding status and firewall events in NetFlow v9 only, observation points in IPFIX only.
@test "our events, addresses on leaving and places as nfcapd reads them" {
    make_ns a
    a=$NS
    flow='"type":"flow","v":1,"ts":"2026-11-22T10:00:01Z","src_ip":"192.0.2.1","dst_ip":"192.0.2.2","src_port":1,"dst_port":2,'
    flow+='"proto":"tcp","proto_num":6'
    cat >flows.json <<END
{$flow,"bytes":1000,"packets":3,"post_tos":16,"src_mac":"02:00:00:00:00:01","dst_mac":"02:00:00:00:00:02",\
"post_src_mac":"02:00:00:00:00:03","post_dst_mac":"02:00:00:00:00:04","forwarding_status":64,"obs_point":77}
{$flow,"nat_src_ip":"198.51.100.1","nat_src_port":4000,"nat_event":"nat44_session_create","event_time":"2026-11-22T10:00:00.123Z"}
{$flow,"fw_event":"denied","event_time":"2026-11-22T10:00:00.456Z"}
END
    sed -i -z 's/\\\n//' flows.json
    for as in netflow9 ipfix; do
        nmflowtool export --as $as --to $as.pcap <flows.json | jq -e '.type == "flow.export.summary" and .lost_fields == null' >/dev/null
        through_nfdump $as.pcap >/dev/null
        nfdump -q -r nf/nfcapd.* -o json >$as.json
        for told in '"dst_tos" : 16' '"in_src_mac" : "02:00:00:00:00:01"' '"in_dst_mac" : "02:00:00:00:00:02"' \
            '"out_src_mac" : "02:00:00:00:00:03"' '"out_dst_mac" : "02:00:00:00:00:04"' '"src4_xlt_ip" : "198.51.100.1"' \
            '"src_xlt_port" : "4000"' '"nat_event" : "NAT44 session create"' '"t_event" : "2026-11-22T10:00:00.123"' \
            '"t_event" : "2026-11-22T10:00:00.456"'; do
            grep -qF "$told" $as.json
        done
    done
    grep -qF '"fwd_status" : 64' netflow9.json
    grep -qF '"event" : "DENIED"' netflow9.json
    grep -qF '"observationPointID" : 77' ipfix.json
}

# nfdump 1.7.1 reads no sampling options, ours or others'.
@test "our sampling rates: nfacctd scales by what we tell, by options, sampler or record" {
    make_ns a
    a=$NS
    for as in netflow9 ipfix; do
        for source in '"options"' '"sampler","sampler_id":7' '"record"'; do
            for second in 2 3; do
                echo '{"type":"flow","v":1,"ts":"2026-11-22T10:00:0'$second'Z","start":"2026-11-22T10:00:00Z",' \
                    '"end":"2026-11-22T10:00:01Z","src_ip":"192.0.2.1","dst_ip":"192.0.2.2","src_port":1,"dst_port":2,' \
                    '"proto":"udp","bytes":1000,"packets":10,"sampling_rate":100,"rate_source":'"$source}"
            done >flows.json
            nmflowtool export --as "$as" --to sampled.pcap <flows.json >export.json
            [ "$(through_nfacctd sampled.pcap 'nfacctd_renormalize: true')" = "192.0.2.1|192.0.2.2|1|2|17|2000|200000" ]
        done
    done
}

@test "our sFlow as sfacctd reads it" {
    make_ns a
    a=$NS
    nmflowtool decode -r "$BATS_TEST_DIRNAME/../golden/flow/nfcapd/input-sflow.pcap" |
        jq -c 'select(.type == "sflow.sample" and .src_ip and (.fragment_offset | not))' >samples.json
    nmflowtool export --as sflow5 --to "$PWD/exported.pcap" <samples.json >export.json
    PCAP=$PWD/exported.pcap
    jq -c '.bytes = .ip_bytes' samples.json >ours.json
    judged_by_sfacctd
}

@test "forward and export keep the exporter's address and port, IPv4 and IPv6; what cannot is counted" {
    make_ns a
    a=$NS
    start_capture "$a" lo udp port 2055
    ip netns exec "$a" nmflowtool decode -l :2055 >live.json 3>&- &
    wait_for udp_bound "$a" 2055
    in_ns "$a" nmflowtool forward -r "$BATS_TEST_DIRNAME/../golden/flow/nfcapd/input-v9.pcap" --keep-source \
        --to 127.0.0.1:2055 --to '[::1]:2055' --speed max --rate 2000 >forward.json
    jq -s -e '.[-1].source_kept and .[0].source_changed == 0 and .[0].send_errors == 0 and
        .[1].source_changed == .[1].datagrams' forward.json
    stop_capture
    fields 'ip' ip.src udp.srcport udp.checksum.status | sort -u >got
    tshark -r "$BATS_TEST_DIRNAME/../golden/flow/nfcapd/input-v9.pcap" -T fields -E separator=' ' -e ip.src -e udp.srcport 2>/dev/null |
        sort -u | sed 's/$/ 1/' | diff - got
}
