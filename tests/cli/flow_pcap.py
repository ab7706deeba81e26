"""UDP payloads as an Ethernet/IPv4 pcap file: [(sender, payload) or (sender, payload, source port), ...]."""
import struct


def write(path, datagrams, port=2055, start=1_700_000_000):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1))
        for number, (sender, payload, *source) in enumerate(datagrams):
            udp = struct.pack(">HHHH", source[0] if source else 40000, port, 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0,
                             bytes(map(int, sender.split("."))), bytes([192, 0, 2, 250]))
            frame = bytes(12) + b"\x08\x00" + ip + udp
            out.write(struct.pack("<IIII", start + number, 0, len(frame), len(frame)) + frame)
