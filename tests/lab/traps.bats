#!/usr/bin/env bats
# bats file_tags=alone
# Traps that need no three ledgers: ports and descriptors run out, a host meets itself, links share an address,
# names are strange, rights are given up.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq python3 nft tshark capsh setcap
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns traps
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    cd "$BATS_TEST_TMPDIR"
}

teardown() { lab_teardown; }

probe() { in_ns "$NS" "$NM_BIN/nmprobe" ping --format json "$@"; }
tcp() { in_ns "$NS" "$NM_BIN/nmtcp" ping --format json "$@"; }
of_type() { jq -c "select(.type == \"$1\") | $2"; }

# link NAME ADDRESS: a namespace behind a veth pair, whose near end is NAME; the far end has the address.
link() {
    local near=$NS far
    make_ns "$1"
    far=$NS
    NS=$near
    ip -n "$near" link add "$1" type veth peer name eth0 netns "$far"
    in_ns "$far" sysctl -qw net.ipv6.conf.eth0.addr_gen_mode=1
    ip -n "$far" address add "$2" dev eth0 nodad
    ip -n "$far" link set eth0 up
    ip -n "$near" link set "$1" up
}

@test "T12: a hundred SYNs to one port within a second are all answered and timed, by a kernel that remembers them" {
    link server fd98::2/64
    ip -n "$NS" address add fd98::1/64 dev server nodad
    ip -n "$NS" address add 10.98.0.1/24 dev server
    ip -n "nm-t$$-server" address add 10.98.0.2/24 dev eth0
    in_ns "nm-t$$-server" python3 -c 'import socket, time
for family, address in ((socket.AF_INET, "10.98.0.2"), (socket.AF_INET6, "fd98::2")):
    globals()[address] = socket.create_server((address, 80), family=family, backlog=1024)
time.sleep(100)' 3>&- &
    until in_ns "nm-t$$-server" ss -Hltn 'sport = 80' | grep -q fd98; do sleep 0.1; done
    local round
    for round in 1 2; do  # the second meets what the first has left
        run -0 tcp --method syn -c 100 -i 10ms -t 1s 10.98.0.2:80 '[fd98::2]:80'
        [ "$(of_type tcp.probe '[.state, .sent, .received, .lost, (.rtt_min_us != null)]' <<<"$output" | sort -u)" \
            = '["open",100,100,0,true]' ]
    done
}

@test "T14: with few descriptors or few ports every connection is made, later" {
    start_sim "$NS" --rule '10.99.0.0/16: tcp_open=80,delay=30ms'
    run -0 in_ns "$NS" prlimit --nofile=64:64 "$NM_BIN/nmtcp" ping --format json --method connect --window 1000 -c 300 -i 100us -t 5s 10.99.1.1:80
    [ "$(of_type tcp.probe '[.state, .sent, .received]' <<<"$output")" = '["open",300,300]' ]
    in_ns "$NS" sysctl -qw net.ipv4.ip_local_port_range='40000 40099'
    run -0 tcp --method connect --window 1000 -c 300 -i 100us -t 5s 10.99.1.1:80
    [ "$(of_type tcp.probe '[.state, .sent, .received]' <<<"$output")" = '["open",300,300]' ]
}

@test "T15: a connection that meets itself on loopback is no open port" {
    in_ns "$NS" sysctl -qw net.ipv4.ip_local_port_range='40000 40003'
    run -4 tcp --method connect -c 40 -i 1ms -t 1s 127.0.0.1:4000{0..3} '[::1]':4000{0..3}
    [ "$(of_type tcp.probe '[.state, .open, .closed, .sent]' <<<"$output" | sort -u)" = '["closed",0,40,40]' ]
}

@test "T21: raw and datagram sockets say the same of every target" {
    start_sim "$NS" --rule '10.99.1.0/24: delay=1ms' --rule 'fd99::1:0/112: delay=1ms' \
        --rule '10.99.2.0/24: icmp=silent' --rule '10.99.3.0/24: dup=1,delay=5ms' \
        --rule '10.99.4.0/24: icmp_error=3/13,icmp=error,from=10.99.0.254' --rule '10.99.5.0/24: delay=300ms' \
        --rule 'fd99::2:0/112: icmp=silent' --rule 'fd99::3:0/112: dup=1,delay=5ms'
    local mode
    for mode in raw dgram; do
        run -1 probe --socket $mode -c 3 -i 20ms -t 150ms --linger 400ms 10.99.{1..5}.{1..3} 'fd99::'{1..3}':'{1..3}
        of_type probe.icmp '[.target, .state, .sent, .received, .lost, .lost_self, .errors, .dup, .late, .error, .ttl, .ts_source]' \
            <<<"$output" | sort >$mode
    done
    [ "$(wc -l <raw)" -eq 24 ]
    diff raw dgram
}

@test "T22: the same link-local address on two links is two targets, each with its zone" {
    link left fe80::77/64
    link right fe80::77/64
    until [ "$(ip -n "$NS" -6 address show scope link | grep -c 'inet6 fe80.*link *$')" -ge 2 ]; do sleep 0.1; done
    ip -n "nm-t$$-right" link set eth0 down
    local socket
    for socket in raw dgram; do
        run -1 probe --socket $socket -t 300ms fe80::77%left fe80::77%right
        [ "$(of_type probe.icmp '[.target, .address, .state == "up"]' <<<"$output" | sort | paste -sd' ')" \
            = '["fe80::77%left","fe80::77%left",true] ["fe80::77%right","fe80::77%right",false]' ]
    done
}

@test "T24: an address that is listed twice is probed for each, with its own labels" {
    start_sim "$NS"
    printf 'a: [10.99.1.1]\nb:\n  - 10.99.1.1\n  - 10.99.1.2\n' >targets.yaml
    run -0 probe -f targets.yaml
    [ "$(of_type probe.icmp '[.region, .target, .received]' <<<"$output" | sort | paste -sd' ')" \
        = '["a","10.99.1.1",1] ["b","10.99.1.1",1] ["b","10.99.1.2",1]' ]
    stop_sim
    [ "$(ledger_count '.icmp_type == 8 and .dst == "10.99.1.1"')" -eq 2 ]
}

@test "T26: names that are no UTF-8 and a locale with decimal commas leave every line valid JSON" {
    start_sim "$NS" --rule '10.99.0.0/16: delay=1ms'
    local locale
    locale=$(locale -a | grep -im1 'de_DE.utf-\?8' || echo C)
    in_ns "$NS" env LC_ALL="$locale" LC_NUMERIC="$locale" "$NM_BIN/nmprobe" ping --format json --each \
        $'caf\xe9.invalid' '"quoted\.invalid' $'tab\t.invalid' 10.99.1.1 >out || true
    python3 - <<'PY'
import json
lines = [json.loads(line.decode("utf-8"), parse_constant=lambda word: 1 / 0) for line in open("out", "rb")]
assert sum(line["type"] == "error" for line in lines) == 3, lines
assert [line["rtt_min_us"] > 1000 for line in lines if line["type"] == "probe.icmp"] == [True]
PY
}

@test "T35: once its sockets are open a run has no capability that it could lose to anybody" {
    start_sim "$NS"
    cp "$NM_BIN/nmprobe" "$NM_BIN/nmtcp" .
    setcap cap_net_raw+ep nmprobe
    setcap cap_net_raw+ep nmtcp
    chmod 755 . nmprobe nmtcp
    local command pid
    for command in 'nmprobe ping 10.99.1.1' 'nmprobe trace 10.99.1.1' 'nmtcp ping --method syn 10.99.1.1:80' \
        'nmtcp ping --method connect 10.99.1.1:80'; do
        rm -f out
        # shellcheck disable=SC2086  # a list of words
        ip netns exec "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups ./$command --every 1s --rounds 3 -t 200ms \
            --format json >out 3>&- &
        pid=$!
        until grep -qs '^{' out; do sleep 0.05; done
        [ "$(awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' /proc/$pid/status | sort -u)" = 0000000000000000 ]
        wait $pid || true
        if [ "$command" = 'nmprobe ping 10.99.1.1' ]; then [ "$(of_type probe.icmp .socket <out | sort -u)" = '"raw"' ]; fi
    done
}

@test "T36: every packet that leaves has the checksum that tshark computes" {
    start_sim "$NS" --rule '0.0.0.0/0: tcp_open=80' --rule '::/0: tcp_open=80'
    start_capture "$NS" sim0
    local size
    for size in 16 56 57 1400; do probe --size $size 10.99.1.1 fd99::7 >/dev/null; done
    tcp --method syn -c 20 -i 1ms 10.99.1.1:80 '[fd99::7]:80' >/dev/null
    local method
    for method in icmp udp tcp; do in_ns "$NS" "$NM_BIN/nmprobe" trace --method $method -t 300ms 10.99.1.1 fd99::7 >/dev/null || true; done
    stop_capture
    local proto
    for proto in icmp icmpv6 udp tcp; do
        [ "$(fields "(ip.dst == 10.99.1.1 or ipv6.dst == fd99::7) and $proto" $proto.checksum.status | sort -u)" = 1 ]
    done
    [ "$(fields 'ip.dst == 10.99.1.1 and not icmp.type in {3, 11}' ip.checksum.status | sort -u)" = 1 ]
}

@test "T37: the ICMP identifier is another in every run, and never the process's number" {
    start_sim "$NS"
    start_capture "$NS" sim0 icmp
    local run
    for run in 1 2 3 4 5 6; do
        ip netns exec "$NS" "$NM_BIN/nmprobe" ping --socket raw 10.99.1.1 >/dev/null 3>&- &
        echo $! >>pids
        wait $!
    done
    stop_capture
    fields 'icmp.type == 8' icmp.ident >idents
    [ "$(wc -l <idents)" -eq 6 ]
    [ "$(sort -u idents | wc -l)" -ge 5 ]  # of 4,096: two alike are seldom, three are a constant
}

@test "T38: the host itself answers each request once, and its own requests are no replies" {
    ip -n "$NS" address add 10.99.0.1/32 dev lo
    local socket
    for socket in raw dgram; do
        run -0 probe --socket $socket -c 5 -i 10ms --linger 100ms 127.0.0.1 127.77.0.1 10.99.0.1 ::1
        [ "$(of_type probe.icmp '[.state, .sent, .received, .dup, .wrong_source, .corrupt]' <<<"$output" | sort -u)" = '["up",5,5,0,0,0]' ]
        [ "$(of_type probe.summary .foreign <<<"$output")" = 0 ]
    done
    run -4 tcp --method syn -c 5 -i 10ms 127.0.0.1:9 '[::1]:9'
    [ "$(of_type tcp.probe '[.state, .sent, .closed]' <<<"$output" | sort -u)" = '["closed",5,5]' ]
}

@test "T39: few samples: one time is every percentile, none is no key, and the number is always there" {
    start_sim "$NS" --rule '10.99.1.1: delay=1ms' --rule '10.99.2.1: icmp=error,icmp_error=3/1' --rule '10.99.3.1: icmp=silent'
    run -1 probe -c 1 -t 1s 10.99.1.1 10.99.2.1 10.99.3.1
    [ "$(of_type probe.icmp 'select(.target == "10.99.1.1") | [.rtt_p50_us, .rtt_p95_us, .rtt_p99_us, .rtt_max_us] | unique | length' <<<"$output")" -eq 1 ]
    [ "$(of_type probe.icmp 'select(.target == "10.99.1.1") | [.received, .rtt_mdev_us]' <<<"$output")" = '[1,0]' ]
    [ "$(of_type probe.icmp 'select(.target != "10.99.1.1") | [.sent, .received, .loss_pct, (keys | map(select(startswith("rtt_"))) | length)]' \
        <<<"$output" | sort -u)" = '[1,0,100,0]' ]
}
