#!/usr/bin/env python3
"""Random filters, judged by nfdump.

filter_judge.py make PCAP PORT [--records N]
    makes NetFlow v9 datagrams of random flows, writes them as a capture and sends them to 127.0.0.1:PORT
filter_judge.py judge --nf FILE --count N --seed N [--lines FILE | --read FILE] [--nmflowtool PROGRAM]
    runs N random filters with nfdump over its file, and with nmflowtool over the same flows as JSON lines or in
    a file that it reads itself; tells each filter whose record sets differ; 1 when there is one
"""
import argparse
import collections
import ipaddress
import json
import random
import socket
import struct
import subprocess
import sys
import time

V4_NETS = ["10.0.0.0/8", "10.1.2.0/24", "192.0.2.0/24", "198.51.100.0/25", "203.0.113.64/26"]
V6_NETS = ["2001:db8::/32", "2001:db8:1:2::/64", "fd00:1::/48", "::a01:0/112"]
PORTS = [0, 1, 22, 25, 53, 80, 123, 443, 1024, 8080, 33434, 65535]
MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02", "0a:1b:2c:3d:4e:5f", "00:00:00:00:00:09"]
BASE = 1_700_000_000  # seconds since 1970 of the first export


def pick_address(r, nets):
    net = ipaddress.ip_network(r.choice(nets))
    offset = r.randrange(16) if r.random() < 0.7 else r.randrange(net.num_addresses)
    return net.network_address + offset


# -- flows -------------------------------------------------------------------------------------------------

# element: bytes; the templates differ in the family, in ports against ICMP type and code, and in what they tell beside:
# a stack of labels, what a firewall did, or what a translator did
COMMON = [(1, 8), (2, 8), (4, 1), (5, 1), (6, 1), (21, 4), (22, 4), (10, 4), (14, 4), (16, 4), (17, 4),
          (58, 2), (56, 6), (80, 6), (61, 1), (3, 4), (23, 8), (24, 8), (55, 1), (57, 6), (81, 6), (89, 1)]
V4 = [(8, 4), (12, 4), (15, 4), (18, 4), (9, 1), (13, 1)]
V6 = [(27, 16), (28, 16), (62, 16), (63, 16), (29, 1), (30, 1)]
TEMPLATES = {256: COMMON + V4 + [(7, 2), (11, 2)], 257: COMMON + V6 + [(7, 2), (11, 2)],
             258: COMMON + V4 + [(32, 2)], 259: COMMON + V6 + [(32, 2)]}
BESIDE = [[(70, 3), (71, 3), (72, 3)], [(233, 1), (33002, 2), (148, 4), (323, 8)], [(230, 1), (234, 4), (235, 4), (323, 8)]]
TEMPLATES |= {number + 4 * turn: fields + beside
              for number, fields in list(TEMPLATES.items()) for turn, beside in enumerate(BESIDE, 1)}
LABELS = [0, 1, 5, 16, 100, 1_048_575]


def random_flow(r, number):
    """Values by element number; the start is unique, so that records can be told from each other."""
    is_v6 = r.random() < 0.35
    nets = V6_NETS if is_v6 else V4_NETS
    proto = r.choice([6, 6, 6, 17, 17, 58 if is_v6 else 1, 47, 50, 89, 132])
    is_icmp = proto in (1, 58)
    has_ports = proto in (6, 17, 132)
    start = 1000 + 7 * number
    packets = r.choice([0, 1, 1, 2, 10, 999, 1000, 1001, 50_000, r.randrange(10_000_000)])
    flow = {
        1: packets * r.randrange(40, 1500) if r.random() < 0.95 else r.randrange(1 << 40), 2: packets, 4: proto,
        5: r.choice([0, 0, 8, 16, 184, 255]), 6: r.randrange(256) if proto == 6 else 0,
        22: start, 21: start + r.choice([0, 0, 1, 100, 999, 1000, r.randrange(600_000)]),
        10: r.choice([0, 1, 2, 3, 70_000]), 14: r.choice([0, 1, 2, 9, 4_000_000_000]),
        16: r.choice([0, 64500, 4_200_000_000]), 17: r.choice([0, 64501, 65536]),
        58: r.choice([0, 0, 10, 100, 4094]), 56: r.choice(MACS), 80: r.choice(MACS), 61: r.randrange(2),
        7: r.choice(PORTS + [r.randrange(65536)]) if has_ports else 0,
        11: r.choice(PORTS + [r.randrange(65536)]) if has_ports else 0,
        32: r.choice([0, 0x0300, 0x0301, 0x0800, 0x0B00, 0x8000, 0x8100]),
        3: r.choice([0, 1, 1, 2, 5]), 23: r.choice([0, 0, 1000, 99_999]), 24: r.choice([0, 0, 1, 10]),
        55: r.choice([0, 0, 8, 184]), 57: r.choice(MACS), 81: r.choice(MACS), 89: r.choice([0, 1, 16, 64, 128]),
        233: r.randrange(6), 33002: r.choice([0, 1001, 1002, 1003, 1004, 2000]), 148: r.choice([0, 1, 77]),
        230: r.choice([0, 1, 2, 4, 5, 10]), 234: r.choice([0, 1, 5]), 235: r.choice([0, 1, 5]),
        323: (BASE - 700) * 1000 + start,
    }
    flow.update((element, r.choice(LABELS) << 4 | r.choice([0, 1, 5]) << 1) for element in (70, 71, 72))
    source, destination, hop, bgp_hop = (pick_address(r, nets) for _ in range(4))
    if source == destination:  # nfdump's statistics count such a flow twice
        destination += 1
    prefix = [r.choice([0, 8, 16, 24, 32]), r.choice([0, 8, 24, 64, 128])]
    elements = (27, 28, 62, 63, 29, 30) if is_v6 else (8, 12, 15, 18, 9, 13)
    flow.update(zip(elements, [source, destination, hop, bgp_hop, *prefix]))
    return flow, 256 + is_v6 + 2 * is_icmp + 4 * r.choice([0, 0, 0, 1, 2, 3])


def wire(value, size):
    if isinstance(value, str):
        return bytes.fromhex(value.replace(":", ""))
    if not isinstance(value, int):
        return value.packed
    return value.to_bytes(size, "big")


def datagrams(r, records):
    """(sender, payload) of each datagram: templates first, then flows in sets of one template."""
    senders = [("127.0.0.1", 0), ("127.0.0.1", 5), ("127.0.0.2", 258)]
    sequence = collections.Counter()

    def datagram(sender, count, sets):
        sequence[sender] += 1
        return sender[0], struct.pack("!HHIIII", 9, count, 700_000, BASE, sequence[sender], sender[1]) + sets

    templates = b"".join(struct.pack("!HH", number, len(fields)) + b"".join(struct.pack("!HH", *f) for f in fields)
                         for number, fields in TEMPLATES.items())
    for sender in senders:
        yield datagram(sender, len(TEMPLATES), struct.pack("!HH", 0, 4 + len(templates)) + templates)
    for begin in range(0, records, 8):
        sets = b""
        count = min(8, records - begin)
        for number in range(begin, begin + count):
            flow, template = random_flow(r, number)
            body = b"".join(wire(flow[e], size) for e, size in TEMPLATES[template])
            body += bytes(-len(body) % 4)
            sets += struct.pack("!HH", template, 4 + len(body)) + body
        yield datagram(r.choice(senders), count, sets)


def make(options):
    r = random.Random(4)
    sockets = {}
    with open(options.pcap, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for sender, payload in datagrams(r, options.records):
            udp = struct.pack("!HHHH", 2055, options.port, 8 + len(payload), 0) + payload
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                             socket.inet_aton(sender), socket.inet_aton("127.0.0.1"))
            frame = bytes(12) + b"\x08\x00" + ip + udp
            out.write(struct.pack("<IIII", BASE, 0, len(frame), len(frame)) + frame)
            if sender not in sockets:
                sockets[sender] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sockets[sender].bind((sender, 0))
            sockets[sender].sendto(payload, ("127.0.0.1", options.port))
            time.sleep(0.002)


# -- filters -----------------------------------------------------------------------------------------------

def case(r, word):
    return r.choice([word, word, word, word.upper(), word.capitalize()])


def blank(r):
    return r.choice([" ", " ", " ", "  ", "\t", "\n", " # a comment (and more\n"])


def comparator(r):
    return r.choice(["", "=", "==", ">", "<", ">=", "<=", "eq", "GT", "lt", "ge", "le"])


def number(r, values, scale=False):
    value = max(0, r.choice(values) + r.choice([0, 0, 0, 1, -1]))
    if scale and r.random() < 0.3:
        return f"{r.choice([0, 1, 2, 10, 500])}{r.choice('kmgtKMGT')}"
    return hex(value) if r.random() < 0.1 else str(value)


def compare(r, values, largest=None, scale=False):
    text = number(r, values, scale)
    if largest is not None and int(text, 0) > largest:
        text = str(largest)
    return f"{comparator(r)} {text}"


def some_list(r, items):
    return "[" + r.choice([" ", ", ", ","]).join(items) + "]"


def side(r, words=("", "", "src", "dst", "src or dst", "dst or src", "src and dst", "dst and src")):
    return case(r, r.choice(words)) + " "


class Pool:
    """What the flows hold, so that filters hit."""

    def __init__(self, flows):
        self.addresses = sorted({f[k] for f in flows for k in ("src_ip", "dst_ip") if k in f})
        self.hops = sorted({f["next_hop"] for f in flows if "next_hop" in f}) or ["10.0.0.1"]
        self.bgp_hops = sorted({f["bgp_next_hop"] for f in flows if "bgp_next_hop" in f}) or ["10.0.0.1"]
        self.exporters = sorted({f["exporter"] for f in flows if "exporter" in f})
        self.macs = sorted({f[k] for f in flows for k in ("src_mac", "dst_mac", "post_src_mac", "post_dst_mac") if k in f}
                           - {"00:00:00:00:00:00"}) or MACS
        self.numbers = {key: sorted({f.get(key, 0) for f in flows}) for key in
                        ("src_port", "dst_port", "bytes", "packets", "in_if", "out_if", "vlan", "tos", "src_mask",
                         "dst_mask", "proto_num", "icmp_type", "icmp_code", "obs_domain", "post_bytes", "post_packets", "post_tos",
                         "flow_count", "forwarding_status", "fw_ext_event", "mpls_label", "in_vrf", "out_vrf")}
        millis = [(milliseconds(f["start"]), milliseconds(f["end"]), f.get("packets", 0), f.get("bytes", 0))
                  for f in flows if "start" in f and "end" in f]
        self.durations = [e - s for s, e, _, _ in millis] or [0]
        self.pps = [1000 * p // (e - s) for s, e, p, _ in millis if e > s] or [0]
        self.bps = [8000 * b // (e - s) for s, e, _, b in millis if e > s] or [0]
        self.bpp = [b // p for _, _, p, b in millis if p] or [0]


def network(r, pool):
    address = ipaddress.ip_address(r.choice(pool.addresses))
    length = r.randrange(1, address.max_prefixlen + 1)
    return ipaddress.ip_network((address, length), strict=False)


def as_v6(net):
    """To nfdump 10.0.0.0/8 is ::a00:0/104."""
    if net.version == 6:
        return net
    return ipaddress.ip_network((ipaddress.IPv6Address(int(net.network_address)), net.prefixlen + 96))


def disjoint(r, pool):
    """nfdump drops a list item that overlaps an earlier one, and takes no comma before a network."""
    chosen = []
    for _ in range(r.randrange(1, 8)):
        net = network(r, pool) if r.random() < 0.4 else ipaddress.ip_network(r.choice(pool.addresses))
        if not any(as_v6(net).overlaps(as_v6(other)) for other in chosen):
            chosen.append(net)
    items = [str(n.network_address) if n.prefixlen == n.max_prefixlen else str(n) for n in chosen]
    return "[" + " ".join(items) + "]" if any("/" in item for item in items) else some_list(r, items)


def address_term(r, pool):
    address = r.choice(pool.addresses)
    net = network(r, pool)
    v4_nets = [n for n in (network(r, pool) for _ in range(9)) if n.version == 4]
    ip = case(r, r.choice(["ip", "host"]))
    choices = [f"{side(r)}{ip} {address}", f"{side(r)}net {net}", f"{side(r)}{ip} in {disjoint(r, pool)}",
               f"next {ip} {r.choice(pool.hops)}", f"next ip in {some_list(r, r.sample(pool.hops, 1))}",
               f"bgpnext {ip} {r.choice(pool.bgp_hops)}", f"router {ip} {r.choice(pool.exporters)}"]
    if v4_nets:
        # With a mask of four bytes nfdump looks at the last four of IPv6 addresses too.
        choices.append(f"(ipv4 and {side(r)}net {v4_nets[0].network_address} {v4_nets[0].netmask})")
        octets = str(v4_nets[0].network_address).split(".")[:2]
        choices.append(f"{side(r)}net {'.'.join(octets)}/{r.randrange(1, 17)}")
    if net.network_address == ipaddress.ip_address("::"):  # nfdump refuses it
        choices.pop(1)
    return r.choice(choices)


def number_term(r, pool):
    n = pool.numbers
    ports = n["src_port"] + n["dst_port"] + PORTS
    few_ports = some_list(r, [str(p) for p in r.sample(sorted(set(ports)), min(5, len(set(ports))))])
    return r.choice([
        f"{side(r)}port {compare(r, ports, 65535)}", f"{side(r)}port in {few_ports}",
        f"{side(r)}mask {number(r, n['src_mask'] + n['dst_mask'])}", f"{side(r)}vlan {number(r, n['vlan'])}",
        f"{side(r, ('', 'in', 'out'))}if {number(r, n['in_if'] + n['out_if'])}",
        f"{side(r)}tos {compare(r, n['tos'] + n['post_tos'], 255)}",
        f"{side(r, ('', 'in'))}packets {compare(r, n['packets'], scale=True)}",
        f"{side(r, ('', 'in'))}bytes {compare(r, n['bytes'], scale=True)}",
        f"out packets {compare(r, n['post_packets'])}", f"out bytes {compare(r, n['post_bytes'])}",
        f"flows {compare(r, [0, 1, 2] + n['flow_count'])}", f"duration {compare(r, pool.durations)}",
        f"pps {compare(r, pool.pps, scale=True)}", f"bps {compare(r, pool.bps, scale=True)}",
        f"bpp {compare(r, pool.bpp, scale=True)}", f"icmp-type {r.choice([0, 3, 8, 11, 128, 129])}",
        f"icmp-code {r.choice([0, 1, 2])}", f"engine-id {compare(r, [0, 2, 5], 255)}",
        f"engine-type {compare(r, [0, 1], 255)}", f"fwdstat {number(r, n['forwarding_status'])}",
        f"mpls label1 {compare(r, n['mpls_label'], 0xFFFFF)}", f"ingress vrf {compare(r, n['in_vrf'])}",
        f"egress vrf {compare(r, n['out_vrf'])}",
    ])


def event_term(r, pool):
    return r.choice([
        f"asa event {r.choice(['ignore', 'create', 'term', 'delete', 'deny'])}",
        f"asa event {compare(r, list(range(6)))}", f"asa xevent {compare(r, pool.numbers['fw_ext_event'])}",
        f"asa event denied {r.choice(['ingress', 'egress', 'interface', 'nosyn'])}",
        f"nat event {r.choice(['add', 'create', 'delete'])}", f"nat event {compare(r, [0, 1, 2, 4, 5, 10])}",
    ])


def term(r, pool):
    kind = r.random()
    if kind < 0.3:
        return address_term(r, pool)
    if kind < 0.65:
        return number_term(r, pool)
    if kind < 0.72:
        return event_term(r, pool)
    flags = "".join(r.sample("FSRPAU", r.randrange(1, 5)))
    while "as" in flags.lower():  # nfdump takes AS for a keyword
        flags = "".join(r.sample("FSRPAU", r.randrange(1, 5)))
    words = ["tcp", "udp", "icmp", "icmp6", "gre", "esp", "ospf", "sctp", "xns", "swipe", "os", "snp"]
    mac_sides = ("", "in", "out", "src", "dst", "in src", "in dst", "out src", "out dst")
    return r.choice([
        "any", case(r, "ipv4"), "ipv6", "inet", "inet6", f"proto {case(r, r.choice(words))}",
        f"proto {r.choice(pool.numbers['proto_num'])}", f"flags {flags}", f"flags {flags}", "flags X",
        f"flags {compare(r, list(range(64)), 63)}", f"{side(r, mac_sides)}mac {r.choice(pool.macs)}",
        f"flowdir {r.choice(['ingress', 'egress', '0', '1'])}", f"dir {r.choice([0, 1])}",
    ])


def expression(r, pool, depth):
    kind = r.random()
    if depth == 0 or kind < 0.25:
        return term(r, pool)
    if kind < 0.4:
        inner = expression(r, pool, depth - 1)
        sign = r.choice(["not ", "NOT ", "!", "! "])
        return f"{sign}({inner})" if r.random() < 0.7 else f"{sign}{term(r, pool)}"
    if kind < 0.5:
        return f"({blank(r)}{expression(r, pool, depth - 1)}{blank(r)})"
    word = r.choice(["and", "or", "&&", "||", "AND", "Or"])
    return f"{expression(r, pool, depth - 1)}{blank(r)}{word}{blank(r)}{expression(r, pool, depth - 1)}"


# -- judging -----------------------------------------------------------------------------------------------

def milliseconds(text):
    """Of 2026-11-22T01:02:03.123456Z, since 1970."""
    whole, fraction = text[:-1].split(".")
    seconds = int(time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))) - time.timezone
    return seconds * 1000 + int(fraction[:3])


def ours_identity(flow):
    return (milliseconds(flow["start"]) if "start" in flow else 0, flow.get("packets", 0), flow.get("bytes", 0),
            flow.get("in_if", 0), flow.get("out_if", 0))


def nfdump_records(nf, text):
    run = subprocess.run(["nfdump", "-q", "-N", "-r", nf, "-o", "fmt:%tsr|%pkt|%byt|%in|%out", text],
                         capture_output=True, text=True)
    records = collections.Counter()
    for line in run.stdout.splitlines():
        parts = line.split("|")
        if len(parts) == 5:
            records[(round(float(parts[0]) * 1000), *map(int, parts[1:]))] += 1
    if run.returncode != 0 or "No matching" not in run.stdout and not records:
        return None, run.stdout + run.stderr
    return records, ""


def our_records(options, text):
    command = [options.nmflowtool, "filter", text] + (["-r", options.read] if options.read else [])
    with open(options.lines or "/dev/null", "rb") as lines:
        run = subprocess.run(command, stdin=lines, capture_output=True)
    records = collections.Counter()
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["type"] in ("flow", "sflow.sample"):
            records[ours_identity(record)] += 1
    return (records if run.returncode in (0, 1) else None), run.stderr.decode()


def judge(options):
    if options.read:
        text = subprocess.run([options.nmflowtool, "decode", "-r", options.read], capture_output=True).stdout
    else:
        text = open(options.lines, "rb").read()
    flows = [f for f in map(json.loads, text.splitlines()) if f["type"] in ("flow", "sflow.sample")]
    pool = Pool(flows)
    r = random.Random(options.seed)
    different = empty = everything = refused = 0
    for _ in range(options.count):
        filter_text = expression(r, pool, r.randrange(5))
        while options.no_engine and "engine" in filter_text:
            filter_text = expression(r, pool, r.randrange(5))
        theirs, their_message = nfdump_records(options.nf, filter_text)
        ours, our_message = our_records(options, filter_text)
        refused += theirs is None
        empty += theirs is not None and not theirs
        everything += theirs is not None and theirs.total() == len(flows)
        if theirs != ours:
            different += 1
            print(f"differs: {filter_text!r}")
            if theirs is None or ours is None:
                print(f"  nfdump: {their_message.strip()!r}, ours: {our_message.strip()!r}")
            else:
                print(f"  nfdump {theirs.total()}, ours {ours.total()}, only nfdump {list((theirs - ours))[:2]}, "
                      f"only ours {list((ours - theirs))[:2]}")
    print(f"filters {options.count}, different {different}, refused by nfdump {refused}, matching nothing {empty}, "
          f"everything {everything}, flows {len(flows)}")
    return different > 0 or refused > 0


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    maker = verbs.add_parser("make")
    maker.add_argument("pcap")
    maker.add_argument("port", type=int)
    maker.add_argument("--records", type=int, default=400)
    judging = verbs.add_parser("judge")
    judging.add_argument("--nf", required=True)
    judging.add_argument("--count", type=int, required=True)
    judging.add_argument("--seed", type=int, required=True)
    judging.add_argument("--lines")
    judging.add_argument("--read")
    judging.add_argument("--no-engine", action="store_true")
    judging.add_argument("--nmflowtool", default="nmflowtool")
    options = parser.parse_args()
    return make(options) if options.verb == "make" else judge(options)


sys.exit(main())
