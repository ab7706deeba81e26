#!/usr/bin/env python3
"""capture_variants.py FILE DIR: writes an Ethernet/IPv4/UDP pcap file again in every form a capture can have.

Each DIR/<name>.pcap holds the same datagrams, so each must decode to the same flows. Names of one group:
link layers, file formats, transports (VLAN tags, IPv6, fragments).
"""
import struct
import sys
from pathlib import Path


def packets(path):
    data = Path(path).read_bytes()
    at = 24
    while at < len(data):
        seconds, micro, captured, _ = struct.unpack_from("<IIII", data, at)
        yield seconds * 1_000_000 + micro, data[at + 16:at + 16 + captured]
        at += 16 + captured


def classic(path, link, frames, order="<", nano=False):
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, link)]
    for micros, frame in frames:
        fraction = micros % 1_000_000 * (1000 if nano else 1)
        out.append(struct.pack(order + "IIII", micros // 1_000_000, fraction, len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(out))


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, options=b""):
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options)


def enhanced(order, number, time, frame):
    return block(order, 6, struct.pack(order + "IIIII", number, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame)) + frame)


def pcapng(path, frames):
    """Two sections of both byte orders, interfaces with other time units and an offset, blocks that hold no packet."""
    out, half = [], len(frames) // 2
    out += [section("<"), block("<", 0x0BADF00D, b"nobody knows"), interface("<", 1),
            interface("<", 1, option("<", 9, b"\x09") + option("<", 14, struct.pack("<q", 1000)) + option("<", 0, b""))]
    for number, (micros, frame) in enumerate(frames[:half]):
        if number % 2:
            out.append(enhanced("<", 1, (micros - 1_000_000_000) * 1000, frame))
        else:
            out.append(enhanced("<", 0, micros, frame))
        out.append(block("<", 5, struct.pack("<III", 0, 0, 0)))
    out += [section(">"), interface(">", 101)]
    out += [enhanced(">", 0, micros, frame[14:]) for micros, frame in frames[half:]]
    path.write_bytes(b"".join(out))


def v6_header(payload, proto):
    return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + bytes.fromhex("20010db8" + "00" * 11 + "01") + \
        bytes.fromhex("20010db8" + "00" * 11 + "02")


def v4_fragments(ip, size, identification):
    header, payload = bytearray(ip[:20]), ip[20:struct.unpack_from(">H", ip, 2)[0]]
    pieces = []
    for at in range(0, len(payload), size):
        more = at + size < len(payload)
        struct.pack_into(">HHH", header, 2, 20 + len(payload[at:at + size]), identification, at // 8 | (0x2000 if more else 0))
        pieces.append(bytes(header) + payload[at:at + size])
    return pieces


def v6_fragments(payload, size, identification):
    pieces = []
    for at in range(0, len(payload), size):
        more = at + size < len(payload)
        body = struct.pack(">BBHI", 17, 0, at | more, identification) + payload[at:at + size]
        pieces.append(v6_header(body, 44) + body)
    return pieces


def shuffled(pieces):
    return pieces[1:] + pieces[:1] + pieces[1:2]  # the first one late, and one twice


def main():
    source, folder = sys.argv[1], Path(sys.argv[2])
    frames = list(packets(source))
    ip = [(time, frame[14:]) for time, frame in frames]
    tag = lambda frame, *tags: frame[:12] + b"".join(struct.pack(">HH", *t) for t in tags) + frame[12:]
    ethernet = lambda kind, packet: bytes(12) + struct.pack(">H", kind) + packet

    classic(folder / "big_endian.pcap", 1, frames, ">")
    classic(folder / "nanoseconds.pcap", 1, frames, "<", True)
    classic(folder / "big_endian_nanoseconds.pcap", 1, frames, ">", True)
    pcapng(folder / "sections.pcapng", frames)

    classic(folder / "raw.pcap", 101, ip)
    classic(folder / "ipv4.pcap", 228, ip)
    classic(folder / "null.pcap", 0, [(time, struct.pack("<I", 2) + packet) for time, packet in ip])
    classic(folder / "loop.pcap", 108, [(time, struct.pack(">I", 2) + packet) for time, packet in ip])
    classic(folder / "sll.pcap", 113, [(time, struct.pack(">HHH8sH", 0, 1, 6, b"", 0x0800) + packet) for time, packet in ip])
    classic(folder / "sll2.pcap", 276,
            [(time, struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, b"") + packet) for time, packet in ip])
    classic(folder / "ppi.pcap", 192, [(time, struct.pack("<BBHI", 0, 0, 8, 1) + frame) for time, frame in frames])

    classic(folder / "vlan.pcap", 1, [(time, tag(frame, (0x8100, 7))) for time, frame in frames])
    classic(folder / "qinq.pcap", 1, [(time, tag(frame, (0x88A8, 7), (0x8100, 8))) for time, frame in frames])
    classic(folder / "ipv6.pcap", 1, [(time, ethernet(0x86DD, v6_header(packet[20:], 17) + packet[20:])) for time, packet in ip])
    classic(folder / "fragments.pcap", 1,
            [(time, ethernet(0x0800, piece)) for number, (time, packet) in enumerate(ip)
             for piece in shuffled(v4_fragments(packet, 320, number + 1))])
    classic(folder / "fragments_v6.pcap", 1,
            [(time, ethernet(0x86DD, piece)) for number, (time, packet) in enumerate(ip)
             for piece in shuffled(v6_fragments(packet[20:], 320, number + 1))])


if __name__ == "__main__":
    main()
