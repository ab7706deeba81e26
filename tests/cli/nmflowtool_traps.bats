#!/usr/bin/env bats
# What goes wrong with other collectors, by number. A test that proves that it does not go wrong here names its
# trap: "(trap 9)" in these files, Trap9 in tests/unit. The captures of traps are in nmflowtool.bats and
# nmflowtool_sflow.bats; here are those that need no capture of their own.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    export PYTHONPATH="$BATS_TEST_DIRNAME"
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${collector:-}" ] || kill -KILL "$collector" 2>/dev/null || true
}

@test "each of the 33 traps is named by a test, and so is each capture of a trap" {
    for number in $(seq 33); do
        grep -qE "^@test .*\(traps?( [0-9]+,)* $number(,|\))" "$BATS_TEST_DIRNAME"/nmflowtool*.bats ||
            grep -qE "^TEST\(.*, Trap${number}[A-Z]" "$BATS_TEST_DIRNAME"/../unit/*_test.cpp ||
            { echo "no test names trap $number" >&2; false; }
    done
    for file in "$golden"/traps/*.pcap; do
        name=$(basename "$file" .pcap)
        # Packets for a meter, which is not in this version.
        [ "$name" != m_vlan ] || continue
        grep -qw "$name" "$BATS_TEST_DIRNAME"/nmflowtool.bats "$BATS_TEST_DIRNAME"/nmflowtool_sflow.bats ||
            { echo "no test decodes $name" >&2; false; }
    done
}

@test "a strict parser takes every line of every hostile capture and of the fuzzers' corpora (trap 1)" {
    python3 - "$BATS_TEST_DIRNAME/../fuzz/corpus" <<'PY'
import glob, os, sys
import flow_pcap
# As in tests/fuzz/flow_check.hpp: datagrams behind two bytes of length, without their version.
versions = {"sflow5": b"\0\0\0\5", "netflow1": b"\0\1", "netflow5": b"\0\5", "netflow7": b"\0\7",
            "netflow9": b"\0\x09", "ipfix": b"\0\x0a"}
for name, version in versions.items():
    datagrams = []
    for path in sorted(glob.glob(f"{sys.argv[1]}/{name}/*")):
        data = open(path, "rb").read()
        while len(data) >= 2:
            size = int.from_bytes(data[:2], "big")
            datagrams.append(("10.0.0.1", version + data[2:2 + size][:60000]))
            data = data[2 + size:]
    assert datagrams, name
    flow_pcap.write(f"corpus_{name}.pcap", datagrams)
PY
    for file in corpus_*.pcap "$golden"/traps/*.pcap; do
        nmflowtool decode -r "$file" --all-fields --header 2>/dev/null >lines || [ $? -eq 1 ]
        nmflowtool decode -r "$file" --sflowtool json 2>/dev/null >>lines || [ $? -eq 1 ]
        python3 - lines <<'PY' || { echo "$file" >&2; false; }
import json, sys
def no_constant(word):
    raise ValueError(word)
data = open(sys.argv[1], "rb").read()
assert not data or data.endswith(b"\n")
for line in data.split(b"\n")[:-1]:
    assert isinstance(json.loads(line.decode("utf-8"), parse_constant=no_constant), dict)
PY
    done
}

# Python that makes NetFlow and IPFIX.
prelude() {
    cat <<'PY'
import struct
import flow_pcap

def ipfix(sets, sequence=0, domain=1):
    return struct.pack(">HHIII", 10, 16 + len(sets), 1_700_000_000, sequence, domain) + sets

def ipfix_template(fields, number=256):
    body = struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *field) for field in fields)
    return struct.pack(">HH", 2, 4 + len(body)) + body

def data(body, number=256):
    return struct.pack(">HH", number, 4 + len(body)) + body

def netflow5(flows, rate=0, sequence=0):
    head = struct.pack(">HHIIIIHH", 5, len(flows), 1000, 1_700_000_000, 0, sequence, 0, rate)
    return head + b"".join(struct.pack(">IIIHHIIIIHHBBBBHHBBH", source, 0xC6336401, 0, 1, 2, packets, packets * 100, 0, 0,
                                       1000, 443, 0, 0, 6, 0, 0, 0, 0, 0, 0) for source, packets in flows)
PY
}

@test "two exporters behind one address are kept apart by --template-scope port, and only so (trap 8)" {
    python3 <(prelude && cat <<'PY'
bytes_first, packets_first = [(1, 4), (2, 4)], [(2, 4), (1, 4)]
flow_pcap.write("nat.pcap", [("10.0.0.1", ipfix(ipfix_template(bytes_first)), 4001),
                             ("10.0.0.1", ipfix(ipfix_template(packets_first), 500), 4002),
                             ("10.0.0.1", ipfix(data(struct.pack(">II", 3000, 2))), 4001),
                             ("10.0.0.1", ipfix(data(struct.pack(">II", 7, 9000)), 500), 4002)])
PY
    )
    nmflowtool decode -r nat.pcap --template-scope port --state kept >out.json
    [ "$(jq -c 'select(.type == "flow") | [.bytes, .packets]' out.json | paste -sd' ')" = '[3000,2] [9000,7]' ]
    [ "$(jq -c 'select(.type == "flow.stats") | [.exporter_port, .templates, .sequence_gaps]' out.json | paste -sd' ')" = \
        '[4001,1,0] [4002,1,0]' ]
    [ "$(grep '^domain' kept | cut -d' ' -f2- | paste -sd,)" = 'ipfix 10.0.0.1 1 proven 4001,ipfix 10.0.0.1 1 proven 4002' ]
    nmflowtool decode -r nat.pcap >out.json
    [ "$(jq -c 'select(.type == "flow") | [.bytes, .packets]' out.json | paste -sd' ')" = '[2,3000] [9000,7]' ]
    [ "$(jq -c 'select(.type == "flow.stats") | [.exporter_port, .template_redefinitions]' out.json)" = '[null,1]' ]
    # The state of one scope means nothing to the other, and is not lost by it.
    run -64 --separate-stderr nmflowtool decode -r nat.pcap --state kept
    [[ $stderr == *"kept: was learnt with another --template-scope: give the same, or another file" ]]
    [ "$(grep -c '^domain' kept)" = 2 ]
    [ "$(nmflowtool top --by obs_domain --template-scope port -r nat.pcap | jq 'select(.type == "flow.top") | .bytes')" = 12000 ]
    run -64 --separate-stderr nmflowtool top --by obs_domain --template-scope port <out.json
    [[ $stderr == *"--template-scope is for datagrams"* ]]
}

@test "a sampling rate that the user gives is told as such, and never taken silently (trap 14)" {
    python3 <(prelude && cat <<'PY'
flow_pcap.write("rates.pcap", [("10.0.0.1", netflow5([(1, 10)], 0x4000 | 50)), ("10.0.0.2", netflow5([(2, 10)]))])
PY
    )
    rates() {
        nmflowtool decode -r rates.pcap "$@" >out.json
        jq -c 'select(.type == "flow") | [.packets, .sampling_rate, .rate_source]' out.json
        tail -n 1 out.json | jq -c '[.rate_assumed, .rate_overridden]'
    }
    [ "$(rates | paste -sd' ')" = '[10,50,"header"] [10,null,null] [null,null]' ]
    [ "$(rates --sampling-rate 1k | paste -sd' ')" = '[10,50,"header"] [10,1000,"assumed"] [1,null]' ]
    [ "$(rates --sampling-rate -1000 | paste -sd' ')" = '[10,1000,"override"] [10,1000,"assumed"] [1,1]' ]
    # From datagrams, from records, and through records.
    packets() { jq -c 'select(.type == "flow.top") | .packets' | paste -sd' '; }
    [ "$(nmflowtool top --by src_ip --scaled -r rates.pcap --sampling-rate 1000 2>err | packets)" = '10000 500' ]
    [ ! -s err ]
    nmflowtool decode -r rates.pcap >out.json
    [ "$(nmflowtool top --by src_ip --scaled --sampling-rate 1000 <out.json | packets)" = '10000 500' ]
    [ "$(nmflowtool top --by src_ip --scaled --sampling-rate -20 <out.json | packets)" = '200 200' ]
    [ "$(nmflowtool decode -r rates.pcap --sampling-rate 1000 | nmflowtool top --by src_ip --scaled | packets)" = '10000 500' ]
    [ "$(nmflowtool filter any -r rates.pcap --sampling-rate -7 | jq -c 'select(.type == "flow") | .sampling_rate' | sort -u)" = 7 ]
    run -64 nmflowtool top --by src_ip --sampling-rate 1000 -r rates.pcap
    run -64 nmflowtool filter any --sampling-rate 1000 <out.json
    run -64 nmflowtool decode --sflowtool csv --sampling-rate 1000 -r rates.pcap
    for rate in 0 1:100 x; do
        run -64 --separate-stderr nmflowtool decode -r rates.pcap --sampling-rate $rate
        [[ $stderr == *"is no sampling rate"* ]]
    done
}

@test "an estimate states its error: 196*sqrt(1/n) percent of n samples (trap 18)" {
    flow() { echo '{"type":"flow","v":1,"src_port":'"$1"',"bytes":100,"packets":'"$2${3:+,\"sampling_rate\":$3}"'}'; }
    {
        flow 1 100 1000 && flow 1 300 1000  # 400 packets looked at
        flow 2 10000 10                     # many
        flow 3 5000 && flow 4 5000 1        # nothing was sampled
        flow 5 100 10 && flow 5 1 10000     # one packet stands for most of it
        flow 6 400 1000 && flow 6 400000    # half of it was counted whole
    } >lines
    errors() {
        jq -r 'select(.type == "flow.top") | "\(.src_port) \(.packets) \(.error_pct | if . then . * 100 | round else . end)"' |
            sort
    }
    nmflowtool top --by src_port --scaled -n 0 <lines 2>/dev/null | errors >got
    diff - got <<'EOF'
1 400000 980
2 100000 196
3 5000 null
4 5000 null
5 11000 17819
6 800000 490
EOF
    # Not scaled, not estimated.
    [ "$(nmflowtool top --by src_port <lines | jq 'select(has("error_pct"))')" = "" ]
    nmflowtool top --by src_port --scaled --format table <lines 2>/dev/null | head -n 1 | grep -qi error_pct
    # Of captures the same as of their records; each sample of sFlow is one packet.
    sflow=$golden/traps/s1_unknown_ent_record.pcap
    nmflowtool top --by exporter --scaled -r "$sflow" | jq -c 'select(.type == "flow.top")' >of_capture
    nmflowtool decode -r "$sflow" | nmflowtool top --by exporter --scaled | jq -c 'select(.type == "flow.top")' | diff - of_capture
    [ "$(jq '.error_pct * .error_pct * .flows | round' of_capture | sort -u)" = 38416 ]
}

@test "senders that --allow does not name are counted, and leave no trace (trap 25)" {
    python3 <(prelude && cat <<'PY'
template = ipfix_template([(8, 4), (1, 4)])
record = data(struct.pack(">II", 0xC0000201, 100))
flow_pcap.write("many.pcap", [(f"10.0.{n // 250}.{n % 250 + 1}", ipfix(template + record)) for n in range(600)])
PY
    )
    nmflowtool decode -r many.pcap --allow 10.0.0.7,10.0.1.0/30 --allow 10.0.2.9 --state kept >out.json
    [ "$(jq -r 'select(.type == "flow") | .exporter' out.json | paste -sd' ')" = '10.0.0.7 10.0.1.1 10.0.1.2 10.0.1.3 10.0.2.9' ]
    [ "$(jq -c 'select(.type == "flow.stats") | .exporter' out.json | wc -l)" = 5 ]
    [ "$(tail -n 1 out.json | jq -c '[.captured, .datagrams, .not_allowed, .flows]')" = '[600,600,595,5]' ]
    [ "$(grep -c '^domain' kept)" = 5 ]
    printf '# core\n10.0.0.0/24\n' >expected_exporters
    [ "$(nmflowtool decode -r many.pcap --allow expected_exporters | tail -n 1 | jq -c '[.not_allowed, .flows]')" = '[350,250]' ]
    # Without a list there is nothing to count; other verbs keep to it as well.
    [ "$(nmflowtool decode -r many.pcap | tail -n 1 | jq 'has("not_allowed")')" = false ]
    nmflowtool forward -r many.pcap --allow 10.0.0.7 --to out.pcap --speed max >forwarded
    [ "$(tail -n 1 forwarded | jq -c '[.datagrams, .not_allowed, .forwarded]')" = '[600,599,1]' ]
    [ "$(nmflowtool top --by exporter --allow 10.0.0.7 -r many.pcap | jq -r 'select(.type == "flow.top") | .exporter')" = 10.0.0.7 ]
    run -66 --separate-stderr nmflowtool decode -r many.pcap --allow 10.0.0.1/24
    [[ $stderr == *"10.0.0.1/24"* ]]
    run -64 nmflowtool filter any --allow 10.0.0.1 <out.json
    run -64 nmflowtool decode -r "$golden/nfcapd/nfcapd-1.7.8-v9-lzo.nf" --allow 10.0.0.1
}

@test "from a socket, a sender that is not expected is counted and nothing else (trap 25)" {
    port=$((20000 + RANDOM % 20000))
    nmflowtool decode -l 127.0.0.1:$port --allow 127.0.0.2 >out.json 2>err 3>&- &
    collector=$!
    for _ in $(seq 100); do
        ! grep -q "$(printf ':%04X 0' $port | cut -d' ' -f1) " /proc/net/udp || break
        sleep 0.05
    done
    python3 <(prelude && cat <<PY
import socket
for source, number in (("127.0.0.3", 300), ("127.0.0.2", 1)):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((source, 0))
    for _ in range(number):
        sender.sendto(netflow5([(1, 10)]), ("127.0.0.1", $port))
PY
    )
    for _ in $(seq 250); do
        [ ! -s out.json ] || break
        sleep 0.02
    done
    kill -TERM $collector
    wait $collector || [ $? -eq 143 ]
    collector=
    [ "$(jq -r 'select(.type != "flow.summary") | .exporter' out.json | sort -u)" = 127.0.0.2 ]
    [ "$(tail -n 1 out.json | jq -c '[.datagrams, .not_allowed, .kernel_drops, .flows]')" = '[301,300,0,1]' ]
}

@test "datagrams that are no flows are counted and make no state (trap 25)" {
    python3 <(prelude && cat <<'PY'
import random
random.seed(25)
noise = [b"", b"\0", b"\0\0\0\x07" + bytes(40), b"\0\x0b" + bytes(40), b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\0\0\1\0\1",
         b"<13>Nov 22 18:00:00 router syslog", b"\x80" + bytes(60)]
noise += [bytes([random.randrange(0x20, 256)]) + random.randbytes(random.randrange(1400)) for _ in range(200)]
datagrams = [(f"10.9.{n // 250}.{n % 250 + 1}", payload) for n, payload in enumerate(noise)]
datagrams.insert(100, ("10.0.0.1", netflow5([(1, 10)])))
datagrams.insert(150, ("10.0.0.1", ipfix(ipfix_template([(1, 4)]) + data(struct.pack(">I", 5)))))
flow_pcap.write("noise.pcap", datagrams)
PY
    )
    nmflowtool decode -r noise.pcap --state kept >out.json 2>err
    [ ! -s err ]
    [ "$(jq -c 'select(.type == "flow.stats") | [.protocol, .exporter]' out.json | sort | paste -sd' ')" = \
        '["ipfix","10.0.0.1"] ["netflow5","10.0.0.1"]' ]
    [ "$(tail -n 1 out.json | jq -c '[.datagrams, .not_flow, .flows]')" = '[209,207,2]' ]
    [ "$(grep -c '^domain' kept)" = 1 ]
}

@test "a filter sees any value of an element that comes several times, and any label of a stack (trap 23)" {
    python3 <(prelude && cat <<'PY'
fields = [(8, 4), (8, 4), (58, 2), (58, 2), (70, 3), (71, 3), (72, 3), (1, 4)]
def record(first, second, vlans, labels, octets):
    return struct.pack(">IIHH", first, second, *vlans) + b"".join(
        (label << 4 | 1).to_bytes(3, "big") if label else bytes(3) for label in labels) + struct.pack(">I", octets)
body = record(0x0A000001, 0xC0000201, (10, 20), (100, 200, 300), 1) + \
    record(0x0A000002, 0xC0000202, (30, 40), (400, 0, 0), 2)
flow_pcap.write("twice.pcap", [("10.0.0.9", ipfix(ipfix_template(fields) + data(body)))])
PY
    )
    nmflowtool decode --all-fields -r twice.pcap >lines
    # The same of datagrams, and of the records that keep all values.
    matching() {
        nmflowtool filter "$1" -r twice.pcap | jq -c 'select(.type == "flow") | .bytes' | paste -sd' ' >of_datagrams
        nmflowtool filter "$1" <lines | jq -c 'select(.type == "flow") | .bytes' | paste -sd' ' | diff of_datagrams - || return
        nmflowtool top --by src_ip --filter "$1" -n 0 -r twice.pcap | jq -c 'select(.type == "flow.top") | .bytes' |
            sort | paste -sd' ' | diff of_datagrams - || return
        cat of_datagrams
    }
    [ "$(matching 'src ip 10.0.0.1')" = 1 ]
    [ "$(matching 'src ip 192.0.2.1')" = 1 ]
    [ "$(matching 'src net 10.0.0.0/8')" = '1 2' ]
    [ "$(matching 'not src ip 192.0.2.1')" = 2 ]
    [ "$(matching 'vlan 10 or vlan 40')" = '1 2' ]
    [ "$(matching 'vlan 10 and vlan 20')" = 1 ]
    for label in 100 200 300; do
        [ "$(matching "mpls label $label")" = 1 ]
    done
    [ "$(matching 'mpls label 400')" = 2 ]
    [ "$(matching 'mpls label in [300 400]')" = '1 2' ]
    [ "$(matching 'mpls label > 250')" = '1 2' ]
    [ "$(matching 'mpls label 0')" = '' ]
    # Labels of a sampled packet.
    for label in 100 200; do
        [ "$(nmflowtool filter "mpls label $label" -r "$golden/traps/s10_mpls.pcap" | grep -c '"type":"sflow.sample"')" = 1 ]
        [ "$(nmflowtool decode -r "$golden/traps/s10_mpls.pcap" | nmflowtool filter "mpls label $label" |
            grep -c '"type":"sflow.sample"')" = 1 ]
    done
    run -1 nmflowtool filter 'mpls label 101' -r "$golden/traps/s10_mpls.pcap"
}

@test "a stream of IPFIX with options records, wrapped and reordered, has no gap (trap 12)" {
    python3 - <<'PY'
import struct
import flow_pcap

def message(sets, sequence, domain):
    return struct.pack(">HHIII", 10, 16 + len(sets), 1_700_000_000, sequence & 0xFFFFFFFF, domain) + sets

template = struct.pack(">HHHHHHHH", 2, 16, 256, 2, 8, 4, 1, 4)
options = struct.pack(">HHHHHHHHH", 3, 18, 257, 2, 1, 302, 4, 305, 4)
datagrams = []
for domain in range(3):
    sequence = 0xFFFFFFFF - 100
    for number in range(300):
        sets = template + options if number % 50 == 0 else b""
        records = 0
        if number % 5 == 0:
            sets += struct.pack(">HHII", 257, 12, 1, 100)
            records += 1
        sets += struct.pack(">HHIIII", 256, 20, 0xC0000201, 100, 0xC0000202, 200)
        datagrams.append((f"10.0.0.{domain + 1}", message(sets, sequence, domain)))
        sequence += records + 2
datagrams[30:32] = datagrams[31:29:-1]
flow_pcap.write("stream.pcap", datagrams)
PY
    nmflowtool decode -r stream.pcap >out.json
    [ "$(jq -s -c 'map(select(.type == "flow.stats")) | [length, (map(.sequence_gaps) | add), (map(.records_lost) | add),
        (map(.option_records) | add), (map(.records) | add), (map(.datagrams_reordered) | add)]' out.json)" = \
        '[3,0,0,180,1800,1]' ]
}

@test "numbers above 2^53 are exact, as strings; NaN and infinity are no key (trap 28)" {
    python3 - <<'PY'
import struct
import flow_pcap
body = b"".join(struct.pack(">QQd", *row) for row in
                [(1 << 53, 1, 0.5), ((1 << 53) + 1, 2, float("nan")), ((1 << 64) - 1, 3, float("inf"))])
sets = struct.pack(">HHHHHHHHHH", 2, 20, 256, 3, 1, 8, 2, 8, 320, 8) + struct.pack(">HH", 256, 4 + len(body)) + body
flow_pcap.write("big.pcap", [("10.0.0.1", struct.pack(">HHIII", 10, 16 + len(sets), 1_700_000_000, 0, 1) + sets)])
PY
    nmflowtool decode --all-fields -r big.pcap | grep '"type":"flow",' >lines
    [ "$(grep -o '"bytes":[^,}]*' lines | paste -sd' ')" = \
        '"bytes":9007199254740992 "bytes":"9007199254740993" "bytes":"18446744073709551615"' ]
    [ "$(grep -o '"absoluteError":[^,}]*' lines)" = '"absoluteError":0.5' ]
    [ "$(grep '"packets":[23]' lines | jq -c 'has("absoluteError")' | sort -u)" = false ]
    # What is added up stays exact as well.
    nmflowtool top --by exporter -r big.pcap --filter 'packets < 3' | grep -q '"bytes":"18014398509481985"'
}

@test "half a last line is told and never passed on (trap 33)" {
    printf '%s\n%s' '{"type":"flow","v":1,"src_ip":"10.0.0.1"}' '{"type":"flow","v":1,"src_ip":"10.0.' >lines
    run -65 --separate-stderr nmflowtool filter any <lines
    [ "$(head -n -1 <<<"$output")" = '{"type":"flow","v":1,"src_ip":"10.0.0.1"}' ]
    [[ $stderr == *"stdin:2: "* ]]
}

@test "SIGTERM saves the state, whole; a run beside one that holds the lock does not begin (trap 33)" {
    port=$((20000 + RANDOM % 20000))
    nmflowtool decode -l 127.0.0.1:$port --state templates >out.json 2>err 3>&- &
    collector=$!
    for _ in $(seq 100); do
        ! grep -q "$(printf ':%04X 0' $port | cut -d' ' -f1) " /proc/net/udp || break
        sleep 0.05
    done
    python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$golden/nfcapd/input-v9.pcap" 127.0.0.1 $port
    for _ in $(seq 250); do
        [ "$(grep -c '"type":"flow",' out.json)" -lt 240 ] || break
        sleep 0.02
    done
    kill -TERM $collector
    wait $collector || [ $? -eq 143 ]
    collector=
    head -n 1 templates | grep -q '^nmflowtool-state 1 '
    grep -q '^template ' templates
    [ "$(find . -name 'templates*' | wc -l)" = 1 ]  # nothing half-written is left beside it
    # Two runs with one state file.
    (
        flock 9
        run -75 nmflowtool decode -r "$golden/nfcapd/input-v9.pcap" --state templates --lock lock
    ) 9>lock
}
