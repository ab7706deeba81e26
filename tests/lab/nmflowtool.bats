#!/usr/bin/env bats
# nmflowtool beside nfcapd: softflowd meters real traffic between two namespaces and exports it to both.
bats_require_minimum_version 1.5.0

load helpers

setup() {
    require_root
    require_commands softflowd nfcapd nfdump jq python3 ping
    PATH="$NM_BIN:$PATH"
    cd "$BATS_TEST_TMPDIR"
    make_ns a
    a=$NS
    make_ns b
    b=$NS
    ip -n "$a" link add va type veth peer name vb netns "$b"
    for side in "$a va 1" "$b vb 2"; do
        # shellcheck disable=SC2086  # three words
        set -- $side
        in_ns "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 "net.ipv6.conf.$2.accept_dad=0"
        ip -n "$1" addr add "198.18.5.$3/24" dev "$2"
        ip -n "$1" addr add "2001:db8:5::$3/64" dev "$2" nodad
        ip -n "$1" link set "$2" up
    done
}

teardown() {
    lab_teardown
}

# wait_for COMMAND...: until it succeeds, five seconds at most.
wait_for() {
    local _
    for _ in $(seq 100); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.05
    done
    return 1
}

udp_bound() { in_ns "$a" ss -Hlun "sport = :$1" | grep -q .; }

# traffic: TCP, UDP and ICMP over both families, sizes that differ. softflowd sees packets only when libpcap's
# ring has filled a block, so a flood of pings pushes the others through.
traffic() {
    in_ns "$b" python3 - <<'PY' 3>&- &
import socket, threading
def serve(family, address, port):
    server = socket.create_server((address, port), family=family)
    while True:
        peer, _ = server.accept()
        data = b""
        while chunk := peer.recv(65536):
            data += chunk
        peer.sendall(data[: len(data) // 2])
        peer.close()
def echo(family, address):
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((address, 5353))
    while True:
        data, peer = server.recvfrom(65536)
        server.sendto(data, peer)
for family, address in ((socket.AF_INET, "198.18.5.2"), (socket.AF_INET6, "2001:db8:5::2")):
    for port in (8080, 8081):
        threading.Thread(target=serve, args=(family, address, port), daemon=True).start()
    threading.Thread(target=echo, args=(family, address), daemon=True).start()
threading.Event().wait()
PY
    wait_for in_ns "$a" python3 -c 'import socket; socket.create_connection(("2001:db8:5::2", 8081), 1)'
    in_ns "$a" python3 - <<'PY'
import socket
for family, address in ((socket.AF_INET, "198.18.5.2"), (socket.AF_INET6, "2001:db8:5::2")):
    for i in range(20):
        peer = socket.socket(family)
        peer.connect((address, 8080 + i % 2))
        peer.sendall(b"x" * (1000 + 777 * i))
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass
        peer.close()
        query = socket.socket(family, socket.SOCK_DGRAM)
        query.connect((address, 5353))
        query.send(b"y" * (20 + i))
        query.recv(2000)
PY
    in_ns "$a" ping -q -c 3 -i 0.05 198.18.5.2 >/dev/null
    in_ns "$a" ping -q -c 2 -i 0.05 -s 700 2001:db8:5::2 >/dev/null
    in_ns "$a" ping -q -f -c 1000 -s 1400 198.18.5.2 >/dev/null
}

@test "softflowd's NetFlow v9: the same flows, packets, bytes, ports, flags and times as nfcapd" {
    mkdir nf
    ip netns exec "$a" nmflowtool decode -l 127.0.0.1:2055 >ours.json 2>ours.err 3>&- &
    ours=$!
    ip netns exec "$a" nfcapd -w nf -b 127.0.0.1 -p 2056 -t 3600 >nfcapd.log 2>&1 3>&- &
    theirs=$!
    wait_for udp_bound 2055
    wait_for udp_bound 2056
    ip netns exec "$a" softflowd -d -v 9 -6 -i va -n 127.0.0.1:2055,127.0.0.1:2056 -p soft.pid -c soft.ctl \
        >soft.log 2>&1 3>&- &
    meter=$!
    wait_for test -S soft.ctl
    sleep 0.3
    traffic
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
    wait_for udp_bound 2055
    wait_for udp_bound 2056
    ip netns exec "$a" softflowd -d -v 9 -6 -i va -n 127.0.0.1:2055,127.0.0.1:2056 -p soft.pid -c soft.ctl \
        >soft.log 2>&1 3>&- &
    meter=$!
    wait_for test -S soft.ctl
    sleep 0.3
    traffic
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
