#!/usr/bin/env bats
# --names: what exporters call their interfaces, VRFs, applications and samplers, beside the numbers in their flows.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    export PYTHONPATH="$BATS_TEST_DIRNAME"
    cd "$BATS_TEST_TMPDIR"
}

# named_pcap FILE: IPFIX of a router that tells its names first, flows between interfaces 1, 2 and 3 (of which it
# tells two names), and the same flows of a router that tells none.
named_pcap() {
    python3 - "$1" <<'PY'
import struct
import sys
import flow_pcap

def message(sequence, *sets):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), 1_700_000_000, sequence, 6) + body

def make_set(number, body):
    return struct.pack(">HH", number, 4 + len(body)) + body

def template(number, fields, scopes=None):
    count = struct.pack(">H", len(fields)) + (b"" if scopes is None else struct.pack(">H", scopes))
    return make_set(2 if scopes is None else 3, struct.pack(">H", number) + count + b"".join(struct.pack(">HH", *f) for f in fields))

layouts = [template(300, [(10, 4), (82, 8)], 1), template(301, [(95, 4), (96, 8)], 1),
           template(256, [(8, 4), (10, 4), (14, 4), (95, 4), (1, 4), (2, 4)])]
names = [make_set(300, b"".join(struct.pack(">I8s", i, n) for i, n in ((1, b"ge-0/0/1"), (2, b"ge-0/0/2")))),
         make_set(301, struct.pack(">I8s", 3 << 24 | 443, b"https"))]
flows = [make_set(256, b"".join(struct.pack(">6I", 0x0A000000 + n, 1 + n % 3, 2, 3 << 24 | (443 if n % 2 else 80), 100 * n, n)
                                for n in range(1, 31)))]
flow_pcap.write(sys.argv[1], [("10.0.0.1", message(0, *layouts, *names)), ("10.0.0.1", message(3, *flows)),
                              ("10.0.0.2", message(0, *layouts, *flows))])
PY
}

@test "flows carry the names that their exporter told, no others, and only on request (trap 15)" {
    named_pcap named.pcap
    nmflowtool decode -r named.pcap --names >named
    jq -c 'select(.type == "flow") | [.exporter, .in_if, .in_if_name, .out_if_name, .app_id, .app_name]' named | sort -u >seen
    diff seen - <<'SEEN'
["10.0.0.1",1,"ge-0/0/1","ge-0/0/2","3:443","https"]
["10.0.0.1",1,"ge-0/0/1","ge-0/0/2","3:80",null]
["10.0.0.1",2,"ge-0/0/2","ge-0/0/2","3:443","https"]
["10.0.0.1",2,"ge-0/0/2","ge-0/0/2","3:80",null]
["10.0.0.1",3,null,"ge-0/0/2","3:443","https"]
["10.0.0.1",3,null,"ge-0/0/2","3:80",null]
["10.0.0.2",1,null,null,"3:443",null]
["10.0.0.2",1,null,null,"3:80",null]
["10.0.0.2",2,null,null,"3:443",null]
["10.0.0.2",2,null,null,"3:80",null]
["10.0.0.2",3,null,null,"3:443",null]
["10.0.0.2",3,null,null,"3:80",null]
SEEN
    [ "$(jq -c 'select(.type == "flow.stats") | [.exporter, .names, .names_refused]' named | paste -sd' ')" = \
        '["10.0.0.1",3,0] ["10.0.0.2",0,0]' ]
    # Beside the names nothing is different.
    jq -c 'if .type == "flow" then del(.in_if_name, .out_if_name, .app_name) else del(.names, .names_refused) end' named \
        >without
    nmflowtool decode -r named.pcap | jq -c . | diff - without
}

@test "names that outlive the run are in the state file" {
    named_pcap named.pcap
    nmflowtool decode -r named.pcap --names --state templates >first
    python3 - <<'PY'
import flow_pcap, struct
# Only data, as after a restart of the collector.
body = struct.pack(">HH6I", 256, 28, 0x0A000063, 1, 2, 3 << 24 | 443, 1, 1)
flow_pcap.write("data.pcap", [("10.0.0.1", struct.pack(">HHIII", 10, 16 + len(body), 1_700_000_100, 99, 6) + body)])
PY
    nmflowtool decode -r data.pcap --names --state templates | jq -c 'select(.type == "flow") | [.in_if_name, .app_name]' >second
    [ "$(cat second)" = '["ge-0/0/1","https"]' ]
    # A run that does not ask for names keeps them for one that does.
    [ "$(nmflowtool decode -r data.pcap --state templates | grep -c if_name)" = 0 ]
    [ "$(grep -c '^name ' templates)" = 3 ]
}

@test "--all-fields, --fields and CSV take the names" {
    named_pcap named.pcap
    nmflowtool decode -r named.pcap --names --all-fields | grep '"src_ip":"10.0.0.3"' | head -n 1 >line
    [ "$(jq -c '[.in_if_name, .ingressInterface]' line)" = '["ge-0/0/1",1]' ]
    [ "$(nmflowtool decode -r named.pcap --names --fields in_if_name | grep -c '"in_if_name":"ge-0/0/1"')" = 10 ]
    nmflowtool decode -r named.pcap --names --format csv --fields src_ip,in_if_name | grep -q '10.0.0.3,ge-0/0/1$'
}

@test "top ranks by names, from captures as from records" {
    named_pcap named.pcap
    for by in in_if_name out_if_name,in_if app_name in_if_name,app_name; do
        nmflowtool top -r named.pcap --names --by $by -n 0 | jq -c 'select(.type == "flow.top")' >captured
        nmflowtool decode -r named.pcap --names | nmflowtool top --by $by -n 0 | jq -c 'select(.type == "flow.top")' >piped
        [ -s captured ]
        diff captured piped
    done
    nmflowtool top -r named.pcap --names --by in_if_name -n 0 | jq -c 'select(.type == "flow.top") | [.in_if_name, .flows]' |
        sort >sums
    diff sums - <<'SUMS'
["ge-0/0/1",10]
["ge-0/0/2",10]
[null,40]
SUMS
    run -64 --separate-stderr nmflowtool top -r named.pcap --by in_if_name
    [[ $stderr == *"--names"* ]]
}

@test "the interface table of a Cisco router is read as tshark reads it" {
    require_commands tshark
    data=$NM_SHARED_DATA/flow/telegraf/netflow_v9_options/message.bin
    [ -e "$data" ] || skip "the shared captures are not here"
    # Its options, then a flow through each of its interfaces.
    python3 - "$data" <<'PY'
import flow_pcap, struct, sys
options = open(sys.argv[1], "rb").read()
_, _, uptime, seconds, sequence, source = struct.unpack(">HHIIII", options[:20])
indexes = list(range(0, 12))
sets = struct.pack(">8H", 0, 16, 999, 2, 10, 4, 14, 4)
sets += struct.pack(">HH", 999, 4 + 8 * len(indexes)) + b"".join(struct.pack(">II", i, 1) for i in indexes)
flow_pcap.write("cisco.pcap", [("10.0.0.1", options),
                               ("10.0.0.1", struct.pack(">HHIIII", 9, 1, uptime, seconds, sequence + 1, source) + sets)])
PY
    nmflowtool decode -r cisco.pcap --names | jq -r 'select(.type == "flow" and .in_if_name) | [.in_if, .in_if_name] | @tsv' |
        sort -n >ours
    tshark -r cisco.pcap -d udp.port==2055,cflow -Y cflow.if_name -T fields -E separator=/t -e cflow.inputint -e cflow.if_name \
        2>/dev/null | head -n 1 |
        python3 -c 'import sys
indexes, names = sys.stdin.read().rstrip("\n").split("\t")
for index, name in sorted(zip(map(int, indexes.split(",")), names.split(","))): print(index, name, sep="\t")' >theirs
    [ "$(wc -l <theirs)" = 8 ]
    diff theirs ours
}
