# What the laboratory tests of flow exporters share. Load after helpers.

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
    local _
    for _ in $(seq 200); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.05
    done
    return 1
}

# udp_bound NS PORT
udp_bound() { in_ns "$1" ss -Hlun "sport = :$2" | grep -q .; }

# tx_checksums_off NS DEVICE...: the peers of a switch in user space must get finished checksums.
tx_checksums_off() {
    in_ns "$1" python3 - "${@:2}" <<'PY'
import ctypes, fcntl, socket, struct, sys
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for device in sys.argv[1:]:
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    fcntl.ioctl(control, SIOCETHTOOL, struct.pack("16sP", device.encode(), ctypes.addressof(value)) + bytes(16))
PY
}

# flow_pair: namespaces a and b, va (198.18.5.1, 2001:db8:5::1) to vb (.2), each with its name in $a and $b.
flow_pair() {
    make_ns a
    a=$NS
    make_ns b
    b=$NS
    ip -n "$a" link add va type veth peer name vb netns "$b"
    address_pair
}

# flow_switch: the same hosts, behind the ports pa and pb of a switch in $o.
flow_switch() {
    make_ns a
    a=$NS
    make_ns b
    b=$NS
    make_ns o
    o=$NS
    ip -n "$a" link add va type veth peer name pa netns "$o"
    ip -n "$b" link add vb type veth peer name pb netns "$o"
    tx_checksums_off "$a" va
    tx_checksums_off "$b" vb
    ip -n "$o" link set pa up
    ip -n "$o" link set pb up
    address_pair
}

address_pair() {
    local side
    for side in "$a va 1" "$b vb 2"; do
        # shellcheck disable=SC2086  # three words
        set -- $side
        in_ns "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 "net.ipv6.conf.$2.accept_dad=0" \
            "net.ipv6.conf.$2.router_solicitations=0"
        ip -n "$1" addr add "198.18.5.$3/24" dev "$2"
        ip -n "$1" addr add "2001:db8:5::$3/64" dev "$2" nodad
        ip -n "$1" link set "$2" up
    done
}

# flow_traffic PEERS PINGS: TCP and UDP to PEERS different ports of both families with sizes that differ, ICMP of both
# families, and a flood of PINGS, which pushes the others through libpcap's ring: meters see packets only when
# a block of it is full.
flow_traffic() {
    ip netns exec "$b" python3 - <<'PY' 3>&- &
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
    server=$!
    wait_for in_ns "$a" python3 -c 'import socket; socket.create_connection(("2001:db8:5::2", 8081), 1)'
    in_ns "$a" python3 - "$1" <<'PY'
import socket, sys
for family, address in ((socket.AF_INET, "198.18.5.2"), (socket.AF_INET6, "2001:db8:5::2")):
    for i in range(int(sys.argv[1])):
        peer = socket.socket(family)
        peer.settimeout(10)
        peer.connect((address, 8080 + i % 2))
        peer.sendall(b"x" * (1000 + 777 * i))
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass
        peer.close()
        query = socket.socket(family, socket.SOCK_DGRAM)
        query.settimeout(10)
        query.connect((address, 5353))
        query.send(b"y" * (20 + i))
        query.recv(2000)
PY
    in_ns "$a" ping -q -c 3 -i 0.05 198.18.5.2 >/dev/null
    in_ns "$a" ping -q -c 2 -i 0.05 -s 700 2001:db8:5::2 >/dev/null
    in_ns "$a" ping -q -f -c "$2" -s 1400 198.18.5.2 >/dev/null
    kill "$server"
    wait "$server" || true
}
