#!/usr/bin/env python3
"""nfcapd_old.py FILE: a file of nfdump 1.6 with a record of each kind of what routers, firewalls and translators of
addresses tell beside a flow."""
import struct
import sys

HEADER = 276
SIZES = {8: 4, 14: 4, 15: 8, 16: 4, 17: 8, 18: 4, 19: 8, 20: 16, 21: 16, 22: 40, 37: 20, 38: 4, 39: 8, 40: 32, 42: 24,
         43: 72, 46: 12}
EVENT_MS = 1_700_000_000_123


def label(number, traffic_class, bottom):
    return number << 4 | traffic_class << 1 | bottom


# Extension: its members.
RECORDS = [
    {8: struct.pack("<4B", 32, 1, 24, 16), 14: struct.pack("<I", 7), 16: struct.pack("<I", 700), 18: struct.pack("<I", 4),
     22: struct.pack("<10I", label(100, 0, 0), label(5, 3, 1), *[0] * 8)},
    {15: struct.pack("<Q", 1 << 33), 17: struct.pack("<Q", 1 << 40), 19: struct.pack("<Q", 1 << 34),
     20: struct.pack("<2Q", 0x020000000001, 0x020000000004), 21: struct.pack("<2Q", 0x020000000002, 0x020000000003)},
    {37: struct.pack("<QIHBBHH", EVENT_MS, 77, 0, 2, 0, 1001, 0), 38: struct.pack("<2H", 2000, 443),
     39: struct.pack("<2I", 0xCB007101, 0xC6336401), 42: b"alice@example.net".ljust(24, b"\0")},
    {46: struct.pack("<B3xII", 1, 6, 5), 38: struct.pack("<2H", 2001, 0),
     40: struct.pack("<4Q", 0x20010DB800000000, 3, 0x20010DB800000000, 4), 43: b"bob".ljust(72, b"\0")},
    {},
]


def record(kind, body):
    return struct.pack("<HH", kind, 4 + len(body)) + body


def main(path):
    body = b""
    for number, extensions in enumerate(RECORDS):
        ids = b"".join(struct.pack("<H", one) for one in extensions) + bytes(2)
        ids += bytes(-len(ids) % 4)
        body += record(2, struct.pack("<HH", number, sum(SIZES[one] for one in extensions)) + ids)
        assert all(len(value) == SIZES[one] for one, value in extensions.items())
        flow = struct.pack("<HHHHIIBBBBHHHxx", 0, number, 0, 0, 1_700_000_000 + number, 1_700_000_001 + number,
                           64 if number == 0 else 0, 2, 6, 8, 1000 + number, 80, 0)
        flow += struct.pack("<4I", 0x0A000001, 0x0A000002, 3, 300)
        body += record(10, flow + b"".join(extensions.values()))
    header = struct.pack("<HHII", 0xA50C, 1, 0, 1).ljust(HEADER, b"\0")
    with open(path, "wb") as out:
        out.write(header + struct.pack("<IIHH", 2 * len(RECORDS), len(body), 2, 0) + body)


main(sys.argv[1])
