"""Datagrams rebuilt out of a listing of sflowtool (tag and value on a line each), as a capture on stdout.

usage: sflow_listing.py <LISTING >CAPTURE    Each startSample ... endSample of the listing is one datagram.
"""
import socket
import struct
import sys

U64 = {"vdsk_capacity", "vdsk_allocation", "vdsk_available", "vdsk_rd_bytes", "vdsk_wr_bytes", "vmem_memory",
       "vmem_maxMemory"}
DIRECTIONS = {"unknown": 0, "received": 1, "sent": 2}


def word(value):
    return struct.pack("!I", int(value))


def opaque(data):
    return word(len(data)) + data + bytes(-len(data) % 4)


def body_of(tag, fields):
    """The bytes of one structure from its (name, value) lines."""
    named = dict(fields)
    if tag == "0:1":  # raw header: what follows the bytes is decoded from them
        header = bytes.fromhex(named["headerBytes"].replace("-", ""))
        return b"".join(word(named[n]) for n in ("headerProtocol", "sampledPacketSize", "strippedBytes")) + opaque(header)
    out = b""
    for name, value in fields:
        if name in ("hostname", "os_release"):
            out += opaque(value.encode())
        elif name == "UUID":
            out += bytes.fromhex(value.replace("-", ""))
        elif name == "tcpinfo_direction":
            out += word(DIRECTIONS[value])
        elif name in U64:
            out += struct.pack("!Q", int(value))
        else:
            out += word(value)
    return out


def sample_of(lines):
    head, blocks = [], []
    for name, value in lines:
        if name in ("flowBlock_tag", "counterBlock_tag"):
            blocks.append((value, []))
        else:
            (blocks[-1][1] if blocks else head).append((name, value))
    named = dict(head)
    source_class, source_index = map(int, named["sourceId"].split(":"))
    out = word(named["sampleSequenceNo"]) + word(source_class << 24 | source_index)
    if named["sampleType"] == "FLOWSAMPLE":
        for name in ("meanSkipCount", "samplePool", "dropEvents", "inputPort", "outputPort"):
            out += word(named[name])
    out += word(len(blocks))
    for tag, fields in blocks:
        enterprise, number = map(int, tag.split(":"))
        out += word(enterprise << 12 | number) + opaque(body_of(tag, fields))
    return word(named["sampleType_tag"].split(":")[1]) + opaque(out)


def packet(payload):
    udp = struct.pack("!HHHH", 1024, 6343, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return bytes(12) + b"\x08\x00" + ip + socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.2") + udp


def main():
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    lines = None
    sequence = 0
    for line in sys.stdin:
        name, _, value = line.rstrip("\n").partition(" ")
        if name == "startSample":
            lines = []
        elif name == "endSample":
            sequence += 1
            frame = packet(struct.pack("!II4sIIII", 5, 1, socket.inet_aton("10.0.0.9"), 0, sequence, 1000, 1) + sample_of(lines))
            out += struct.pack("<IIII", 1480000000, 0, len(frame), len(frame)) + frame
            lines = None
        elif lines is not None:
            lines.append((name, value))
    sys.stdout.buffer.write(out)


main()
