#!/usr/bin/env bats
# nmflowtool export and forward without root: what they write is read back by decode and by tshark.
# nfdump, nfacctd and sfacctd judge them in tests/lab/nmflowtool_exporters.bats.
bats_require_minimum_version 1.5.0

load helpers

setup() {
    clean_environment
    command -v jq >/dev/null || skip "needs jq"
    golden=$NM_ROOT/tests/golden/flow
    v9=$golden/nfcapd/input-v9.pcap
    sflow=$golden/nfcapd/input-sflow.pcap
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${collector:-}" ] || kill -KILL "$collector" 2>/dev/null || true
}

# records FILE: its flow records without the time of receipt, sorted.
records() { jq -cS 'select(.type == "flow") | del(.ts)' "$1" | sort; }

# decoded CAPTURE: its records in CAPTURE.json; fails when something of it was lost.
decoded() {
    nmflowtool decode -r "$1" >"$1.json"
    [ "$(jq -c 'select(.type == "flow.summary") | [.malformed, .sets_no_template, .datagrams_lost]' "$1.json")" = "[0,0,0]" ]
}

# summary KEY
summary() { tail -n 1 out.json | jq -c ".$1"; }

# listen_on_free_port COMMAND...: starts a collector on a free port of 127.0.0.1; sets collector and port.
listen_on_free_port() {
    local try
    for try in $(seq 20); do
        port=$((20000 + RANDOM % 40000))
        "$@" -l "127.0.0.1:$port" >collected.json 2>collected.err 3>&- &
        collector=$!
        for _ in $(seq 100); do
            ! ss -Hlun "sport = :$port" 2>/dev/null | grep -q . || return 0
            kill -0 "$collector" 2>/dev/null || break
            sleep 0.02
        done
    done
    return 1
}

@test "NetFlow v9 read, exported as NetFlow v9 and read again: the same records, every key" {
    nmflowtool decode -r "$v9" >in.json
    nmflowtool export --as netflow9 --to out.pcap <in.json >out.json 2>out.err
    [ ! -s out.err ]
    decoded out.pcap
    diff <(records in.json) <(records out.pcap.json)
    [ "$(summary exported)" = "$(jq -c 'select(.type == "flow")' in.json | wc -l)" ]
    [ "$(summary 'lost_fields // []') $(summary times_rounded) $(summary not_carried)" = "[] 0 0" ]
}

@test "a capture exported in process gives the records that the pipe gives" {
    nmflowtool export -r "$v9" --as netflow9 --to direct.pcap >/dev/null
    nmflowtool decode -r "$v9" | nmflowtool export --as netflow9 --to piped.pcap >/dev/null
    decoded direct.pcap
    decoded piped.pcap
    diff <(records direct.pcap.json) <(records piped.pcap.json)
    [ "$(records direct.pcap.json | wc -l)" -gt 10 ]
}

@test "datagrams are filled up to the MTU and not beyond" {
    for mtu in 576 1500 9000; do
        nmflowtool export -r "$v9" --as netflow9 --mtu $mtu --to $mtu.pcap >out.json
        decoded $mtu.pcap
        diff <(nmflowtool decode -r "$v9" | records /dev/stdin) <(records $mtu.pcap.json)
    done
    [ "$(stat -c %s 9000.pcap)" -lt "$(stat -c %s 576.pcap)" ]
    command -v tshark >/dev/null || return 0
    [ "$(tshark -r 576.pcap -T fields -e ip.len 2>/dev/null | sort -n | tail -n 1)" -le 576 ]
    [ "$(tshark -r 576.pcap -T fields -e ip.len 2>/dev/null | sort -n | tail -n 1)" -gt 400 ]
}

@test "sFlow samples become flows scaled by their sampling rate" {
    nmflowtool decode -r "$sflow" >in.json
    nmflowtool export -r "$sflow" --as netflow9 --to out.pcap >out.json
    decoded out.pcap
    wanted=$(jq -s 'map(select(.type == "sflow.sample" and .src_ip)) |
        [length, (map(.sampling_rate) | add), (map(.sampling_rate * .ip_bytes) | add)]' in.json)
    got=$(jq -s 'map(select(.type == "flow" and .src_ip)) | [length, (map(.packets) | add), (map(.bytes) | add)]' out.pcap.json)
    [ "$wanted" = "$got" ]
    [ "$(jq -c 'select(.type == "flow" and .sampling_rate)' out.pcap.json | wc -l)" = 0 ]
}

@test "sFlow samples stay samples in sFlow" {
    nmflowtool decode -r "$sflow" >in.json
    nmflowtool export -r "$sflow" --as sflow5 --to out.pcap >out.json
    nmflowtool decode -r out.pcap >back.json
    keys='select(.type == "sflow.sample") | [.exporter, .obs_domain, .sampling_rate, .source_index, .in_if, .out_if]'
    diff <(jq -c "$keys" in.json | sort) <(jq -c "$keys" back.json | sort)
    [ "$(jq -c 'select(.type == "flow.stats") | [.sequence_gaps, .malformed_samples]' back.json | sort -u)" = "[0,0]" ]
}

@test "NetFlow v5 leaves out what it cannot carry, counts it and names it" {
    nmflowtool decode -r "$v9" >in.json
    nmflowtool export --as netflow5 --to out.pcap <in.json >out.json
    six=$(jq -c 'select(.type == "flow" and (.src_ip | contains(":")))' in.json | wc -l)
    four=$(jq -c 'select(.type == "flow" and (.src_ip | contains(":") | not))' in.json | wc -l)
    [ "$six" -gt 0 ]
    [ "$(summary not_carried) $(summary exported)" = "$six $four" ]
    [ "$(summary 'lost_fields | index("vlan") != null')" = true ]
    nmflowtool export --as netflow5 --vlan-as-dstas --to dstas.pcap <in.json >/dev/null
    command -v tshark >/dev/null || skip "needs tshark"
    tshark -r dstas.pcap -d udp.port==2055,cflow -T fields -E aggregator=$'\n' -e cflow.dstas 2>/dev/null |
        sort -n >got
    jq -r 'select(.type == "flow" and (.src_ip | contains(":") | not)) | .vlan // .dst_as // 0' in.json | sort -n | diff - got
}

@test "tshark reads every record of our NetFlow v5, v9 and IPFIX as we do" {
    command -v tshark >/dev/null || skip "needs tshark"
    nmflowtool decode -r "$v9" | jq -c 'select(.type == "flow")' >in.json
    for as in netflow5:2055 netflow9:2055 ipfix:4739; do
        nmflowtool export --as "${as%:*}" --to "${as%:*}.pcap" <in.json >/dev/null
        if [ "${as%:*}" = netflow5 ]; then four='select(.src_ip | contains(":") | not)'; else four=.; fi
        jq -r "$four"' | [.src_ip, .dst_ip, .src_port, .dst_port, .proto_num, .packets, .bytes, .start[0:23],
            .end[0:23], .proto] | map(. // "" | tostring) | join("|")' in.json | grep -v '|icmp6*$' |
            sed 's/|[^|]*$//' | sort >ours
        "$BATS_TEST_DIRNAME/tshark_flows.py" "${as%:*}.pcap" "${as#*:}" cflow |
            awk -F'|' '$5 != 1 && $5 != 58' >theirs
        [ "$(wc -l <ours)" -gt 10 ]
        diff theirs ours
    done
}

@test "two collectors and a file get the same; every one has its books" {
    listen_on_free_port nmflowtool decode
    nmflowtool export -r "$v9" --as netflow9 --to "127.0.0.1:$port" --to copy.pcap >out.json 2>out.err
    for _ in $(seq 100); do
        [ "$(grep -c '"type":"flow"' collected.json)" -lt "$(summary exported)" ] || break
        sleep 0.05
    done
    kill -TERM "$collector"
    wait "$collector" || [ $? -eq 143 ]
    collector=''
    nmflowtool decode -r copy.pcap >copy.json
    strip='select(.type == "flow") | del(.ts, .exporter, .obs_domain)'
    diff <(jq -cS "$strip" collected.json | sort) <(jq -cS "$strip" copy.json | sort)
    [ "$(tail -n 1 collected.json | jq -c '[.malformed, .sets_no_template, .datagrams_lost]')" = "[0,0,0]" ]
    jq -s 'map(select(.type == "flow.destination")) | length == 2 and .[0].flows == .[1].flows and
        .[0].datagrams == .[1].datagrams and .[0].to == "127.0.0.1:'"$port"'"' out.json | grep -qx true
}

@test "a port where nobody listens is told, and the others get everything" {
    port=$((20000 + RANDOM % 40000))
    ! ss -Hlun "sport = :$port" | grep -q . || skip "port $port is taken"
    nmflowtool export -r "$v9" --as netflow9 --to "127.0.0.1:$port" --to copy.pcap >out.json
    jq -s -e 'map(select(.type == "flow.destination")) | .[0].refused > 0 and .[1].flows > 0' out.json
}

@test "a datagram that is too large for the way is a send error of that destination, exit 1" {
    nmflowtool export -r "$v9" --as netflow9 --mtu 65535 --to 127.0.0.1:9 --to "[::1]:9" --to copy.pcap >out.json || status=$?
    nmflowtool export -r "$v9" --as netflow9 --to 255.255.255.255:9 --to copy.pcap >out.json || status=$?
    [ "$status" = 77 ] || jq -s -e 'map(select(.type == "flow.destination")) | .[0].send_errors > 0 and .[0].reason and
        .[1].send_errors == 0' out.json
}

@test "live records leave at once, not when a datagram is full" {
    listen_on_free_port nmflowtool decode
    nmflowtool decode -r "$v9" | jq -c 'select(.type == "flow")' | head -n 1 >one.json
    mkfifo pipe
    nmflowtool export --as netflow9 --to "127.0.0.1:$port" <pipe >out.json 3>&- &
    exporter=$!
    exec 9>pipe
    cat one.json >&9
    for _ in $(seq 100); do
        ! grep -q '"type":"flow"' collected.json || break
        sleep 0.05
    done
    exec 9>&-
    wait "$exporter"
    grep -q '"type":"flow"' collected.json
}

@test "flows of a quiet exporter do not wait for a busy one" {
    listen_on_free_port nmflowtool decode
    mkfifo pipe
    nmflowtool export --as netflow9 --to "127.0.0.1:$port" <pipe >out.json 3>&- &
    exporter=$!
    exec 9>pipe
    flow='{"type":"flow","v":1,"ts":"2026-11-22T01:02:03Z","src_ip":"10.0.0.1","dst_ip":"10.0.0.2","bytes":1,"exporter":"10.9.0'
    echo "$flow.1\"}" >&9
    for _ in $(seq 40); do
        echo "$flow.2\"}" >&9
        sleep 0.03
    done
    grep -q '"exporter":"10.9.0.1"' collected.json
    exec 9>&-
    wait "$exporter"
}

@test "a disk that is full is told at once, the other collectors get everything, and the books are written" {
    [ -c /dev/full ] || skip "needs /dev/full"
    ln -s /dev/full full.pcap
    listen_on_free_port nmflowtool forward --to full.pcap --to other.pcap
    for _ in $(seq 10); do
        python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$v9" 127.0.0.1 "$port"
        sleep 0.05
    done
    for _ in $(seq 100); do grep -q 'full.pcap: No space left' collected.err && break; sleep 0.05; done
    [ "$(cat collected.err)" = 'nmflowtool: full.pcap: No space left on device: nothing more is written to it' ]
    kill -TERM "$collector"
    wait "$collector" || [ $? -eq 143 ]
    collector=
    jq -s -e '.[0].send_errors > 0 and .[0].reason and .[1].send_errors == 0 and .[1].datagrams == 160 and
        .[2].type == "flow.forward.summary" and .[2].forwarded == 160' collected.json
    # Nothing is left to send to: the run ends by itself.
    listen_on_free_port nmflowtool forward --to full.pcap
    for _ in $(seq 10); do python3 "$BATS_TEST_DIRNAME/flow_replay.py" "$v9" 127.0.0.1 "$port"; done
    status=0
    wait "$collector" || status=$?
    collector=
    [ "$status" = 74 ]
    [ "$(tail -n 1 collected.json | jq -r .type)" = flow.forward.summary ]
    # The same of records, and of two files.
    ln -s /dev/full second.pcap
    run -74 --separate-stderr nmflowtool forward -r "$v9" --to full.pcap --to second.pcap
    [[ "$stderr" == *full.pcap:* ]]
    [[ "$stderr" == *second.pcap:* ]]
    [ "$(jq -r .type <<<"$output" | paste -sd' ')" = 'flow.destination flow.destination flow.forward.summary' ]
}

@test "a replay that waits has written what came before, answers signals, and counts what was not due" {
    python3 - "$v9" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
first = 16 + struct.unpack_from("<I", data, 32)[0]
packet = data[24 : 24 + first]
late = struct.pack("<I", struct.unpack_from("<I", packet)[0] + 1000) + packet[4:]
open("timed.pcap", "wb").write(data[:24] + packet + packet + late)
PY
    nmflowtool forward -r timed.pcap --to live.pcap >out.json 2>err 3>&- &
    collector=$!
    for _ in $(seq 100); do [ ! -s live.pcap ] || break; sleep 0.05; done
    [ "$(nmflowtool decode -r live.pcap | tail -n 1 | jq .datagrams)" = 2 ]
    kill -USR1 "$collector"
    for _ in $(seq 100); do grep -q 'datagrams 3' err && break; sleep 0.05; done
    grep -q 'datagrams 3' err
    kill -TERM "$collector"
    wait "$collector" || [ $? -eq 143 ]
    collector=
    [ "$(tail -n 1 out.json | jq -c '[.captured, .datagrams, .not_due, .forwarded]')" = '[3,3,1,2]' ]
}

@test "a collector is named once, and is no address of the run itself; speeds are for captures" {
    run -64 nmflowtool forward -l 127.0.0.1:20551 --to 127.0.0.1:20551
    [[ "$output" == *"--to 127.0.0.1:20551: is what this run listens on" ]]
    run -64 nmflowtool forward -l :20551 --to 127.0.0.1:20551
    run -64 nmflowtool export --as ipfix -r "$v9" --to 127.0.0.1:9 --to 127.0.0.1:9
    [[ "$output" == *"--to 127.0.0.1:9: is named twice" ]]
    run -64 nmflowtool forward -l 127.0.0.1:20551 --to out.pcap --speed 10
    [[ "$output" == *"--speed is for captures"* ]]
}

@test "records of other types go on as they came; what is no record is told and ends with 65" {
    printf '%s\n' '{"type":"probe.icmp","x":1}' 'no json' '{"type":"flow","v":1,"ts":"2026-11-22T01:02:03Z","src_ip":"10.0.0.1","dst_ip":"10.0.0.2"}' >in.json
    run -65 --separate-stderr nmflowtool export --as netflow9 --to out.pcap <in.json
    [ "${lines[0]}" = '{"type":"probe.icmp","x":1}' ]
    [[ "$stderr" == *"stdin:2"* ]]
    nmflowtool decode -r out.pcap | jq -s -e '.[0] | .src_ip == "10.0.0.1" and (has("bytes") | not)'
}

@test "destinations that are none, MTUs that are too small, speeds that are none: 64 with a word" {
    run -64 --separate-stderr nmflowtool export --as netflow9 --to collector <<<''
    [[ "$stderr" == *"FILE.pcap"* ]]
    run -64 --separate-stderr nmflowtool export --as netflow9 --to :2055 <<<''
    run -64 --separate-stderr nmflowtool export --as netflow9 --mtu 100 --to out.pcap <<<''
    [[ "$stderr" == *"576"* ]]
    run -64 --separate-stderr nmflowtool export --to out.pcap <<<''
    run -64 --separate-stderr nmflowtool forward -r "$v9" --to out.pcap --speed slow
    run -64 --separate-stderr nmflowtool forward -r "$v9" --to out.pcap --speed 0
    run -64 --separate-stderr nmflowtool forward -r "$v9"
}

@test "a full disk is reported, not swallowed" {
    [ -c /dev/full ] || skip "needs /dev/full"
    ln -s /dev/full full.pcap
    run -74 --separate-stderr nmflowtool export -r "$v9" --as netflow9 --to full.pcap
    [[ "$stderr" == *full.pcap* ]]
}

@test "forward: the payloads of a capture, one by one, to a file and over UDP; a live file can be read at once" {
    command -v tshark >/dev/null || skip "needs tshark"
    listen_on_free_port nmflowtool forward --to got.pcap
    nmflowtool forward -r "$v9" --to copy.pcap --to "127.0.0.1:$port" --speed max --rate 2000 >out.json
    tshark -r "$v9" -T fields -e ip.src -e udp.srcport -e udp.payload 2>/dev/null >wanted
    tshark -r copy.pcap -T fields -e ip.src -e udp.srcport -e udp.payload 2>/dev/null | diff wanted -
    # While the collector is waiting for more: the file is whole.
    for _ in $(seq 100); do
        [ "$(stat -c %s got.pcap)" -lt "$(stat -c %s copy.pcap)" ] || break
        sleep 0.05
    done
    tshark -r got.pcap -T fields -e udp.payload 2>/dev/null | diff <(cut -f 3 wanted) -
    kill -TERM "$collector"
    wait "$collector" || [ $? -eq 143 ]
    collector=''
    [ "$(tail -n 1 out.json | jq -c '[.forwarded, .not_flow, .send_errors, .source_kept]')" = "[$(wc -l <wanted),0,0,false]" ]
}

@test "forward leaves what is no flow datagram, and says so" {
    printf 'hello' >payload
    python3 - <<'PY'
import struct
def packet(payload):
    udp = struct.pack(">HHHH", 1000, 2000, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])) + udp
    return struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
open("mixed.pcap", "wb").write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    + packet(b"hello world") + packet(struct.pack(">HH", 5, 0) + bytes(20)))
PY
    nmflowtool forward -r mixed.pcap --to copy.pcap --speed max >out.json
    [ "$(tail -n 1 out.json | jq -c '[.datagrams, .not_flow, .forwarded]')" = "[2,1,1]" ]
}

@test "a capture is replayed at its own speed, times the factor" {
    python3 - <<'PY'
import struct
def packet(ms):
    udp = struct.pack(">HHHH", 1000, 2055, 32, 0) + struct.pack(">HH", 5, 0) + bytes(20)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])) + udp
    return struct.pack("<IIII", 1700000000 + ms // 1000, ms % 1000 * 1000, len(ip), len(ip)) + ip
open("timed.pcap", "wb").write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    + b"".join(packet(ms) for ms in (0, 100, 600)))
PY
    nmflowtool forward -r timed.pcap --to copy.pcap >out.json
    jq -s -e '.[-1] | .duration_s >= 0.6 and .forwarded == 3' out.json
    nmflowtool forward -r timed.pcap --to copy.pcap --speed 3 >out.json
    jq -s -e '.[-1].duration_s >= 0.2' out.json
}
