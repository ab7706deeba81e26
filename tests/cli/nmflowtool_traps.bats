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
versions = {"sflow5": b"\0\0\0\5", "netflow5": b"\0\5", "netflow9": b"\0\x09", "ipfix": b"\0\x0a"}
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
