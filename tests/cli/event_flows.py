#!/usr/bin/env python3
"""event_flows.py PCAP: a capture of one NetFlow v9 datagram with what firewalls, translators of addresses and routers
tell beside their flows. Each of four templates has one record."""
import ipaddress
import socket
import struct
import sys

EVENT_MS = 1_700_000_000_123


def ip(text):
    return int(ipaddress.ip_address(text))


# element: (bytes, value)
FLOW = {8: (4, ip("192.0.2.1")), 12: (4, ip("198.51.100.1")), 7: (2, 1000), 11: (2, 443), 4: (1, 6)}
RECORDS = [
    # A firewall of Cisco: the flow that it deleted, its user, and what both sides sent.
    FLOW | {225: (4, ip("203.0.113.1")), 226: (4, 0), 227: (2, 2000), 228: (2, 0), 323: (8, EVENT_MS), 148: (4, 77),
            233: (1, 2), 33002: (2, 1001), 40000: (65, int.from_bytes(b"alice@example.net".ljust(65, b"\0"), "big")),
            231: (4, 1500), 232: (4, 2500)},
    # A translator: a session that counts nothing yet.
    FLOW | {225: (4, ip("203.0.113.2")), 226: (4, ip("198.51.100.1")), 227: (2, 2001), 228: (2, 443), 230: (1, 1),
            323: (8, EVENT_MS), 283: (4, 9)},
    # A router: two labels, both VRFs, the application, what it sent on and how, of the sum of five flows.
    FLOW | {2: (4, 10), 1: (4, 5000), 22: (4, 1000), 21: (4, 2000), 70: (3, 16 << 4), 71: (3, 17 << 4 | 1),
            234: (4, 5), 235: (4, 6), 95: (4, 3 << 24 | 443), 23: (4, 4000), 24: (4, 8), 3: (4, 5), 55: (1, 32), 89: (1, 64),
            10: (4, 1), 14: (4, 2), 9: (1, 24), 13: (1, 16), 61: (1, 1),
            56: (6, 0x020000000001), 80: (6, 0x020000000002), 81: (6, 0x020000000003), 57: (6, 0x020000000004)},
    # A translator of IPv6.
    {27: (16, ip("2001:db8::1")), 28: (16, ip("2001:db8::2")), 7: (2, 1003), 11: (2, 443), 4: (1, 6),
     281: (16, ip("2001:db8::3")), 282: (16, 0), 230: (1, 4), 323: (8, EVENT_MS)},
]


def flow_set(number, body):
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", number, 4 + len(body)) + body


def datagram():
    sets = b""
    for number, record in enumerate(RECORDS, 256):
        fields = b"".join(struct.pack("!HH", element, width) for element, (width, _) in record.items())
        sets += flow_set(0, struct.pack("!HH", number, len(record)) + fields)
        sets += flow_set(number, b"".join(value.to_bytes(width, "big") for width, value in record.values()))
    return struct.pack("!HHIIII", 9, 2 * len(RECORDS), 100_000, 1_700_000_001, 0, 1) + sets


def main(path):
    payload = datagram()
    loopback = socket.inet_aton("127.0.0.1")
    udp = struct.pack("!HHHH", 2055, 2055, 8 + len(payload), 0) + payload
    frame = bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, loopback, loopback) + udp
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        out.write(struct.pack("<IIII", 1_700_000_001, 0, len(frame), len(frame)) + frame)


main(sys.argv[1])
