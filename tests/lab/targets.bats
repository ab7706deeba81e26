#!/usr/bin/env bats
# bats file_tags=alone
# What is probed and what is told of it: targets files in every form, rounds and reload, names, rights, formats.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq python3 ss dnsmasq
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns targets
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    cd "$BATS_TEST_TMPDIR"
}

teardown() { lab_teardown; }

FORMAT=json
probe() { in_ns "$NS" "$NM_BIN/nmprobe" ping --format "$FORMAT" "$@"; }
tcp() { in_ns "$NS" "$NM_BIN/nmtcp" ping --format "$FORMAT" "$@"; }
of_type() { jq -c "select(.type == \"$1\") | $2"; }

# with_hosts FILE COMMAND...: the command sees FILE as /etc/hosts and asks the resolver of this namespace.
with_hosts() {
    local hosts=$1
    shift
    echo 'nameserver 127.0.0.1' >resolv.conf
    # shellcheck disable=SC2016
    in_ns "$NS" unshare -m sh -c 'mount --bind "$1" /etc/hosts && mount --bind resolv.conf /etc/resolv.conf && shift && exec "$@"' \
        sh "$hosts" "$@"
}

@test "the file of network-telemetry is taken as it is; the region becomes a label" {
    start_sim "$NS"
    cat >ping.yaml <<'YAML'
frankfurt: [10.99.1.1, 10.99.1.2]
lisbon:
  - 10.99.1.3
  - 'fd99::7'
YAML
    run -0 probe -f ping.yaml
    [ "$(of_type probe.icmp '"\(.region) \(.target) \(.state)"' <<<"$output" | sort | paste -sd,)" \
        = '"frankfurt 10.99.1.1 up","frankfurt 10.99.1.2 up","lisbon 10.99.1.3 up","lisbon fd99::7 up"' ]
}

@test "region: {host: port}, {host: [ports]} and the long form with labels, count and interval" {
    start_sim "$NS" --rule '0.0.0.0/0: tcp_open=80,443,tcp=rst'
    cat >tcp.yaml <<'YAML'
east: {10.99.1.1: 80}
west:
  10.99.1.2: [443, 8080]
targets:
  - {host: 10.99.1.3, port: 80, count: 3, interval: 10ms, labels: {team: web, rack: "7"}}
YAML
    run -4 tcp -f tcp.yaml  # one port is closed
    [ "$(of_type tcp.probe '[.region, .team, .rack, .target, .port, .state, .sent]' <<<"$output" | sort | tr '\n' ' ')" \
        = '["east",null,null,"10.99.1.1",80,"open",1] ["west",null,null,"10.99.1.2",443,"open",1] ["west",null,null,"10.99.1.2",8080,"closed",1] [null,"web","7","10.99.1.3",80,"open",3] ' ]
}

@test "JSON lines on stdin: target, host and port; a line that is none is told and counted" {
    start_sim "$NS" --rule '0.0.0.0/0: tcp_open=80'
    printf '%s\n' '{"target":"10.99.1.1","region":"east","note":"x"}' '{"host":"10.99.1.2"}' >lines
    run -0 probe - <lines
    [ "$(of_type probe.icmp '[.target, .region, .note]' <<<"$output" | sort | tr '\n' ' ')" \
        = '["10.99.1.1","east","x"] ["10.99.1.2",null,null] ' ]
    printf '%s\n' '{"target":"10.99.1.1:80"}' 'nonsense' '{"target":"10.99.1.2","port":80}' >lines
    run -65 --separate-stderr tcp <lines
    [ "$(of_type tcp.probe .state <<<"$output" | sort | uniq -c | awk '{ print $1, $2 }')" = '2 "open"' ]
    [ "$(of_type probe.summary .rejected_lines <<<"$output")" = 1 ]
    [[ $stderr == *'line 2'* || $stderr == *'stdin:2'* ]]
}

@test "--every keeps its rounds on the schedule, and SIGHUP reads the targets again" {
    start_sim "$NS"
    echo 'a: [10.99.1.1, 10.99.1.2]' >targets.yaml
    ip netns exec "$NS" "$NM_BIN/nmprobe" ping --format json -f targets.yaml --every 200ms --rounds 8 -t 100ms >out 3>&- &
    local pid=$! status=0
    sleep 0.7
    echo 'b: [10.99.1.3]' >targets.yaml
    kill -HUP $pid
    wait $pid || status=$?
    stop_sim
    [ "$status" -eq 0 ]
    of_type probe.icmp '.region' <out | sort -u | grep -qx '"a"'
    [ "$(of_type probe.icmp 'select(.region == "b") | .target' <out | sort -u)" = '"10.99.1.3"' ]
    [ "$(of_type probe.icmp 'select(.region == "b")' <out | wc -l)" -ge 2 ]
    # No old target after the first new one, and every start of a round on the grid of 200 ms.
    [ "$(of_type probe.icmp .region <out | uniq | tr -d '\n')" = '"a""b"' ]
    run -0 python3 - "$LEDGER" <<'PY'
import json, sys
times = [line["t_rx_ns"] for line in map(json.loads, open(sys.argv[1])) if line.get("icmp_type") == 8]
off = sorted((t - times[0] + 100_000_000) % 200_000_000 - 100_000_000 for t in times)
print(off)
assert abs(off[len(off) // 2]) < 5_000_000
PY
}

@test "a file that has become wrong is told, and the old targets stay" {
    start_sim "$NS"
    echo 'a: [10.99.1.1]' >targets.yaml
    ip netns exec "$NS" "$NM_BIN/nmprobe" ping --format json -f targets.yaml --every 200ms --rounds 6 -t 100ms >out 2>err 3>&- &
    local pid=$!
    sleep 0.5
    echo 'a: {' >targets.yaml
    kill -HUP $pid
    wait $pid
    grep -q 'targets.yaml:.*going on with the old targets' err
    [ "$(of_type probe.icmp 'select(.state == "up")' <out | wc -l)" -eq 6 ]
}

@test "T23: a name without an address is one error record, and the other 9,999 targets are measured" {
    start_sim "$NS" --ledger-counts
    awk 'BEGIN { for (i = 0; i < 9998; i++) printf "{\"target\":\"10.99.%d.%d\"}\n", 64 + i / 256, i % 256
        print "{\"target\":\"alive.example\"}"; print "{\"target\":\"dead.example\",\"region\":\"east\"}" }' >lines
    echo '10.99.1.1 alive.example' >hosts
    in_ns "$NS" dnsmasq --keep-in-foreground --no-resolv --no-hosts --listen-address=127.0.0.1 --port=53 \
        --address=/dead.example/ --pid-file= --user=root 3>&- &
    sleep 0.3
    run -5 with_hosts "$PWD/hosts" "$NM_BIN/nmprobe" ping --format json -t 2s <lines
    printf '%s\n' "$output" >out
    [ "$(of_type probe.icmp 'select(.state == "up" and .received == 1)' <out | wc -l)" -eq 9999 ]
    [ "$(of_type probe.icmp 'select(.target == "alive.example") | [.address, (.resolve_ms != null)]' <out)" = '["10.99.1.1",true]' ]
    [ "$(of_type error '[.stage, .target, .region]' <out)" = '["resolve","dead.example","east"]' ]
    [ "$(of_type probe.summary '[.targets, .answered, .unresolved]' <out)" = '[9999,9999,1]' ]
}

@test "T39: a lost target has received 0, loss 100 and no times, in every format" {
    start_sim "$NS" --rule '10.99.1.1: icmp=silent'
    local format
    run -1 probe -t 100ms 10.99.1.1
    [ "$(of_type probe.icmp '[.sent, .received, .loss_pct, (keys | map(select(startswith("rtt_"))) | length)]' <<<"$output")" = '[1,0,100,0]' ]
    FORMAT=csv run -1 probe -t 100ms 10.99.1.1
    run -0 python3 - "$output" <<'PY'
import csv, sys
row = next(csv.DictReader(sys.argv[1].splitlines()))
assert row["received"] == "0" and row["loss_pct"] == "100", row
times = [key for key in row if key.startswith("rtt_")]
assert times and all(row[key] == "" for key in times), row
PY
    FORMAT=influx run -1 probe -t 100ms 10.99.1.1
    [[ ${lines[0]} == ping_rtt,* ]]
    [[ ${lines[0]} == *'transmitted=1'* && ${lines[0]} == *'received=0'* && ${lines[0]} == *'loss=100'* ]]
    [[ ! ${lines[0]} =~ [\ ,](min|avg|max|rtt_[a-z0-9_]+)= ]]
    FORMAT=prom run -1 probe -t 100ms 10.99.1.1
    grep -q '^nm_probe_.*received.*} 0$' <<<"$output"
    run ! grep -q '^nm_probe_.*rtt' <<<"$output"
    FORMAT=table run -1 probe -t 100ms 10.99.1.1
    grep '10.99.1.1' <<<"$output" | grep -qw lost
    for format in csv influx prom table; do
        FORMAT=$format run -1 probe -t 100ms 10.99.1.1
        run ! grep -qiw 'nan\|inf\|null' <<<"$output"
    done
}

@test "influx: the measurements, tags and float fields of network-telemetry" {
    start_sim "$NS" --spin --rule '0.0.0.0/0: delay=10ms,tcp_open=80'
    echo 'east: [10.99.1.1]' >ping.yaml
    echo 'east: {10.99.1.1: 80}' >tcp.yaml
    FORMAT=influx run -0 probe -c 3 -i 20ms -f ping.yaml
    [ "${#lines[@]}" -eq 1 ]
    printf '%s\n' "${lines[0]}" >line
    run -0 python3 - line ping_rtt transmitted received loss min avg max <<'PY'
import re, sys
line = open(sys.argv[1]).read()
head, fields, stamp = re.fullmatch(r"(\S+) (\S+) (\d{19})\n", line).groups()
measurement, *tags = head.split(",")
tags, fields = dict(t.split("=") for t in tags), dict(f.split("=") for f in fields.split(","))
assert measurement == sys.argv[2] and tags["host"] == "10.99.1.1" and tags["region"] == "east", tags
for name in sys.argv[3:]:
    assert re.fullmatch(r"\d+(\.\d+)?", fields[name]), (name, fields)  # no suffix: a float
assert 10 <= float(fields["min"]) <= float(fields["avg"]) <= float(fields["max"]) < 500, "milliseconds"
assert float(fields["transmitted"]) == 3 and float(fields["received"]) == 3 and float(fields["loss"]) == 0
PY
    FORMAT=influx run -0 tcp -f tcp.yaml
    [[ ${lines[0]} =~ ^tcp_rtt,.*host=10.99.1.1.*\ .*packet_sent=1.*\ [0-9]{19}$ ]]
    [[ ${lines[0]} == *region=east* && ${lines[0]} == *port=80* && ${lines[0]} == *min_rtt=1?.* ]]
}

@test "T20: no right at all: exit 77 and the way out; half a right: what works is measured, the rest is told" {
    start_sim "$NS" --rule '0.0.0.0/0: tcp_open=80' --rule '::/0:'
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='1 0'
    run -77 --separate-stderr in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        "$NM_BIN/nmprobe" ping --format json 10.99.1.1
    [ -z "$output" ]
    [[ $stderr == *CAP_NET_RAW* && $stderr == *ping_group_range* ]]
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    run -0 in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        "$NM_BIN/nmprobe" ping --format json 10.99.1.1 fd99::7
    [ "$(of_type probe.icmp '[.socket, .state]' <<<"$output" | sort -u)" = '["dgram","up"]' ]
    # nmtcp: connect() needs no right; the half-open way says what it lacks.
    run -0 in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        "$NM_BIN/nmtcp" ping --format json 10.99.1.1:80
    [ "$(of_type tcp.probe '[.socket, .state]' <<<"$output")" = '["connect","open"]' ]
    run -77 --separate-stderr in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        "$NM_BIN/nmtcp" ping --method syn 10.99.1.1:80
    [[ $stderr == *CAP_NET_RAW* && $stderr == *'--method connect'* ]]
    # What is wrong is not a right: it is told as such.
    run -6 probe --source 192.0.2.77 10.99.1.1
    [[ $(of_type error .reason <<<"$output") == *'--source 192.0.2.77: Cannot assign requested address'* ]]
    run -71 --separate-stderr in_ns "$NS" "$NM_BIN/nmprobe" ping --interface nosuch0 10.99.1.1
    [[ $stderr == *'--interface nosuch0: No such device'* ]]
    # One family only.
    run -6 probe -4 10.99.1.1 fd99::7
    [ "$(of_type probe.icmp .target <<<"$output")" = '"10.99.1.1"' ]
    [ "$(of_type error .target <<<"$output")" = '"fd99::7"' ]
}

@test "T24: what is no host says what it is, and which tool takes it" {
    run -5 probe 10.99.1.0/24 http://db1.example/ db1.example:80 ''
    [ "$(of_type error .reason <<<"$output")" = '"a prefix is no host: nmprobe sweep finds who answers in one"
"a URL is no host: nmprobe http asks for those"
"a host with a port: nmtcp ping measures those"
"an empty name"' ]
    echo 10.99.1.1 >lines
    run -65 --separate-stderr probe <lines
    [[ $stderr == *'stdin:1: not a JSON object such as {"target":"db1"}'* ]]
    mkdir folder
    for verb in ping dns sweep; do
        run -66 --separate-stderr in_ns "$NS" "$NM_BIN/nmprobe" "$verb" -f folder
        [[ $stderr == *'folder: Is a directory'* ]]
    done
}

@test "10,000 targets in each round, and each is sent to in its interval within a millisecond" {
    start_sim "$NS"
    start_capture "$NS" sim0 -s 64 'icmp[0] == 8'
    awk 'BEGIN { for (i = 0; i < 10000; i++) printf "{\"target\":\"10.99.%d.%d\"}\n", 64 + i / 256, i % 256 }' >lines
    run -0 probe --every 4s --rounds 3 --rate 3k -t 500ms <lines
    stop_capture
    stop_sim
    [ "$(of_type probe.icmp 'select(.state == "up")' <<<"$output" | wc -l)" -eq 30000 ]
    python3 - "$PCAP" <<'PY'
import collections, struct, sys
data, at, sent = open(sys.argv[1], "rb").read(), 24, collections.defaultdict(list)
while at + 16 <= len(data):
    s, ns, size, _ = struct.unpack_from("<IIII", data, at)
    sent[data[at + 32:at + 36]].append(s * 10**9 + ns)
    at += 16 + size
assert len(sent) == 10000 and all(len(times) == 3 for times in sent.values())
# Each interval of each target against the schedule. Who is off the processor for longer than the pacer makes good
# shifts what is left of a round, so the best stretch of 100 targets counts: a wrong schedule has none.
ordered = sorted(sent.values())
median = lambda values: sorted(values)[len(values) // 2]
off = [[abs(times[i + 1] - times[i] - 4_000_000_000) for times in ordered] for i in range(2)]
best = min(median(row[at:at + 100]) for row in off for at in range(0, 10000, 100))
print("interval error us: medians", [median(row) // 1000 for row in off], "best stretch", best // 1000)
assert best < 1_000_000
PY
}

@test "TCP: open, closed, filtered, unreachable, and no connection is left half open at the server" {
    make_ns server
    local server=$NS
    make_ns client
    local client=$NS
    ip -n "$client" link add to-server type veth peer name to-client netns "$server"
    ip -n "$client" addr add 10.97.0.1/24 dev to-server && ip -n "$client" link set to-server up
    ip -n "$server" addr add 10.97.0.2/24 dev to-client && ip -n "$server" link set to-client up
    in_ns "$server" nft -f - <<'NFT'
table inet filter {
    chain in {
        type filter hook input priority 0
        tcp dport 22 drop
        tcp dport 23 reject with icmpx type admin-prohibited
    }
}
NFT
    in_ns "$server" python3 -m http.server 80 >/dev/null 2>&1 3>&- &
    local tries=0
    until in_ns "$server" ss -Hltn 'sport = 80' | grep -q .; do
        [ $((tries += 1)) -lt 100 ]
        sleep 0.1
    done
    local method
    for method in syn connect; do
        run -1 in_ns "$client" "$NM_BIN/nmtcp" ping --format json --method $method -c 5 -i 20ms -t 400ms 10.97.0.2:{80,81,22,23}
        [ "$(of_type tcp.probe '"\(.port) \(.state)"' <<<"$output" | sort | tr -d '"' | paste -sd,)" \
            = '22 filtered,23 unreachable,80 open,81 closed' ]
        [ "$(in_ns "$server" ss -Htn state syn-recv | wc -l)" -eq 0 ]
        [ "$(in_ns "$server" ss -Htn state established | wc -l)" -eq 0 ]
        [ "$(in_ns "$client" ss -Htan state time-wait | wc -l)" -eq 0 ]
    done
}
