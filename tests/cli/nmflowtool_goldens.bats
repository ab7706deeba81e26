#!/usr/bin/env bats
# NetFlow and IPFIX of real exporters, against what other collectors made of the same bytes, and a flood of templates.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    shared="$NM_SHARED_DATA/flow"
    cd "$BATS_TEST_TMPDIR"
}

@test "the goldens of logstash and telegraf hold (traps 5, 15)" {
    [ -d "$shared" ] || skip "no shared data: set NM_SHARED_DATA"
    run -0 python3 "$BATS_TEST_DIRNAME/flow_goldens.py" "$shared"
}

# flow_count PCAP: flow records, by tshark: each has its protocol field once.
flow_count() {
    tshark -r "$1" -d udp.port==2055,cflow -d udp.port==9996,cflow -d udp.port==2056,cflow \
        -T fields -e cflow.protocol 2>/dev/null | tr ',' '\n' | grep -c .
}

@test "captures of netgraph, pmacctd and nProbe have as many flows as tshark finds" {
    [ -d "$shared" ] || skip "no shared data: set NM_SHARED_DATA"
    require_commands tshark
    for file in netgraph-netflow5 pmacctd-netflow5 nprobe-netflow9; do
        pcap=$shared/graylog/$file.pcap
        ours=$(nmflowtool decode -r "$pcap" | jq -r 'select(.type == "flow" and has("proto_num")) | .type' | wc -l)
        theirs=$(flow_count "$pcap")
        echo "$file: ours $ours, tshark $theirs"
        [ "$ours" -gt 0 ]
        [ "$ours" -eq "$theirs" ]
    done
    # Its softflowd counts one record in a datagram of a template, an option and a flow: tshark stops there.
    nmflowtool decode -r "$shared/graylog/netflow9.pcap" >softflowd.json
    [ "$(jq -c 'select(.type == "flow.stats") | [.records, .option_records, .count_mismatches, .malformed_sets]' softflowd.json)" = \
        "[21,1,1,0]" ]
}

@test "200k spoofed exporters of 10 templates each stay within 64 MB, and a real one keeps decoding (trap 24)" {
    python3 - >result.json <<'PY'
import json, os, resource, struct, subprocess

def message(sender, sets):
    payload = struct.pack(">HHIIII", 9, 1, 1000, 1_700_000_000, 0, 1) + sets
    udp = struct.pack(">HHHH", 40000, 2055, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBHI4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, sender, bytes([192, 0, 2, 250]))
    frame = ip + udp
    return struct.pack("<IIII", 1_700_000_000, 0, len(frame), len(frame)) + frame

fields = b"".join(struct.pack(">HH", i, 4) for i in (8, 12, 15, 10, 14, 2, 1, 22, 21, 7, 11, 4, 5, 6, 16, 17, 9, 13, 58, 59))
body = b"".join(struct.pack(">HH", 256 + i, 20) + fields for i in range(10))
flood = struct.pack(">HH", 0, 4 + len(body)) + body
small = struct.pack(">HHII", 256, 2, 0x00080004, 0x00010004)
template = struct.pack(">HH", 0, 4 + len(small)) + small
data = struct.pack(">HHII", 256, 12, 0xC0000201, 100)
pipe = subprocess.Popen(["nmflowtool", "decode", "-r", "-"], stdin=subprocess.PIPE, stdout=open("out.json", "wb"))
pipe.stdin.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 101))
pipe.stdin.write(message(0x0A010101, template + data))
for i in range(200_000):
    pipe.stdin.write(message(0x0B000000 + i, flood))
    if i % 10_000 == 0:
        pipe.stdin.write(message(0x0A010101, data))
pipe.stdin.close()
pipe.wait()
print(json.dumps({"peak_kb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
PY
    cat result.json
    [ "$(grep -c '"type":"flow",' out.json)" = 21 ]
    [ "$(tail -n 1 out.json | jq .datagrams)" = 200021 ]
    # A sanitizer keeps what is freed.
    [ -n "${NM_SANITIZED:-}" ] || [ "$(jq .peak_kb result.json)" -le $((64 * 1024)) ]
}
