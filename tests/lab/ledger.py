#!/usr/bin/env python3
"""Three ledgers, one truth: what a probing tool reports, what nm-netsim did, what a capture between them saw.

    ledger.py --tool tool.jsonl --sim ledger.jsonl --pcap sim0.pcap --timeout 500ms --mode raw|dgram|syn|connect
              [--ttl N] [--median 8us] [--drops] [--expect 'reply=64 lost>0']

Every request must be in all three once, with one fate; every answer that the capture saw must be told; times must
agree; the sums of the records per target and of the summary must be those of the packets. Says what differs, one
line each, and ends with 1 when anything does. --ttl keeps to the requests of the run that was given this --ttl.
--drops: the run's receive buffer was made to overflow, so duplicates may be missing, and what was in flight
meanwhile may be charged to this host.
"""
import argparse
import collections
import json
import re
import socket
import struct
import sys

ENDS = ("reply", "icmp_error", "lost", "lost_self", "send_error")
BESIDE = ("dup", "late", "corrupt", "wrong_source")
COLUMN = {"reply": "received", "icmp_error": "errors", "lost": "lost", "lost_self": "lost_self",
          "send_error": "lost_self", "dup": "dup", "late": "late", "corrupt": "corrupt",
          "wrong_source": "wrong_source"}
MS = 1_000_000
# Of a request whose answer came this close to the timeout, either verdict is right: the tool's clock starts
# before the system call, and a busy machine may stop it there.
EDGE = 50 * MS


class Request:
    __slots__ = ("t", "dst", "port", "payload", "answers", "again", "ttl")

    def __init__(self, t, dst, port, payload, ttl):
        self.t, self.dst, self.port, self.payload, self.ttl = t, dst, port, payload, ttl
        self.answers = []  # (t, what, address, type, code)
        self.again = 0     # times the kernel sent it again


def pcap_packets(name):
    """(nanoseconds, IP packet) for each packet of a nanosecond capture."""
    with open(name, "rb") as file:
        data = file.read()
    magic, = struct.unpack_from("<I", data)
    assert magic == 0xA1B23C4D, "not a nanosecond capture of this machine's byte order"
    skip = {101: 0, 12: 0, 1: 14, 113: 16, 276: 20}[struct.unpack_from("<I", data, 20)[0]]
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, length, _ = struct.unpack_from("<IIII", data, at)
        at += 16
        yield seconds * 10**9 + nanoseconds, data[at + skip:at + length]
        at += length


def folded(data, start=0):
    if len(data) % 2:
        data += b"\0"
    total = start + sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def inner(packet, family):
    """Protocol and transport bytes of an IP packet, whole or quoted."""
    if family == 4:
        return packet[9], packet[(packet[0] & 15) * 4:]
    proto, at = packet[6], 40
    while proto in (0, 43, 60):
        proto, at = packet[at], at + packet[at + 1] * 8 + 8
    return proto, packet[at:]


class Capture:
    """The requests of a capture, each with the answers that came for it."""

    def __init__(self, name, is_tcp):
        self.is_tcp = is_tcp
        self.requests = {}  # key: list of Request, oldest first
        self.order = []
        self.sent = self.came = self.unmatched = 0
        self.own = {socket.inet_aton("10.99.0.1"), socket.inet_pton(socket.AF_INET6, "fd99::1")}
        for t, packet in pcap_packets(name):
            self.take(t, packet)

    def take(self, t, packet):
        family = packet[0] >> 4
        src, dst = (packet[12:16], packet[16:20]) if family == 4 else (packet[8:24], packet[24:40])
        proto, body = inner(packet, family)
        if src in self.own or src[:2] == b"\xfe\x80":
            self.sent += 1
            ttl = packet[8] if family == 4 else packet[7]
            if self.is_tcp and proto == 6 and body[13] & 0x12 == 0x02:
                sport, dport, seq = struct.unpack_from("!HHI", body)
                self.add(t, (family, sport, dport, seq), dst, dport, b"", ttl)
            elif not self.is_tcp and proto == (1 if family == 4 else 58) and body[0] in (8, 128):
                ident, seq = struct.unpack_from("!HH", body, 4)
                self.add(t, (family, ident, seq), dst, 0, body[8:], ttl)
        else:
            self.came += 1
            if proto == 6 and self.is_tcp:
                self.take_segment(t, family, src, dst, body)
            elif proto == (1 if family == 4 else 58):
                self.take_icmp(t, family, src, dst, body)

    def add(self, t, key, dst, port, payload, ttl):
        known = self.requests.setdefault(key, [])
        if self.is_tcp and known and known[-1].dst == dst:
            known[-1].again += 1
            return
        known.append(Request(t, dst, port, payload, ttl))
        self.order.append((key, known[-1]))

    def find(self, key, payload=None):
        known = self.requests.get(key, [])
        if payload is not None:
            for request in known:
                if request.payload == payload:
                    return request
        return known[-1] if known else None

    def take_segment(self, t, family, src, dst, body):
        sport, dport, _, ack, _, flags = struct.unpack_from("!HHIIBB", body)
        request = self.find((family, dport, sport, ack - 1 & 0xFFFFFFFF))
        if flags & 0x10 and flags & 0x06 and request is not None:
            what = "good" if src == request.dst else "elsewhere"
            if folded(body, folded(src + dst, len(body) + 6)) != 0xFFFF:
                what = "bad_checksum"
            request.answers.append((t, what, src, None, None))
        else:
            self.unmatched += 1

    def take_icmp(self, t, family, src, dst, body):
        kind, code = body[0], body[1]
        if kind in (0, 129) and not self.is_tcp:
            ident, seq = struct.unpack_from("!HH", body, 4)
            request = self.find((family, ident, seq), body[8:])
            if request is None:
                self.unmatched += 1
                return
            pseudo = 0 if family == 4 else folded(src + dst, len(body) + 58)
            if folded(body, pseudo) != 0xFFFF:
                what = "bad_checksum"
            elif body[8:] != request.payload:
                what = "altered"
            else:
                what = "good" if src == request.dst else "elsewhere"
            request.answers.append((t, what, src, None, None))
        elif family == 4 and kind in (3, 4, 5, 11, 12) or family == 6 and kind < 128:
            _, quoted = inner(body[8:], family)
            if self.is_tcp:
                key = (family, *struct.unpack_from("!HHI", quoted))
                request = self.find(key)
            else:
                key = (family, *struct.unpack_from("!HH", quoted, 4))
                request = self.find(key, quoted[8:] if len(quoted) >= 24 else None)
            if request is not None:
                request.answers.append((t, "error", src, kind, code))
            else:
                self.unmatched += 1


class Tool:
    """What the tool told: fates per packet, records per target, the summary."""

    def __init__(self, name):
        self.packets = collections.defaultdict(list)  # (address, port, round, seq): records
        self.targets, self.summary, self.errors = [], None, []
        cache = {}
        with open(name) as file:
            for line in file:
                record = json.loads(line)
                assert self.summary is None, "a record behind the summary"
                kind = record["type"]
                if "address" in record:
                    text = record["address"]
                    if text not in cache:
                        cache[text] = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
                    place = (cache[text], record.get("port", 0), record["round"])
                if kind.endswith(".reply") or kind.endswith("probe.error") or kind.endswith("icmp.error"):
                    self.packets[(*place, record["seq"])].append(record)
                elif kind in ("probe.icmp", "tcp.probe"):
                    self.targets.append((place, record))
                elif kind == "probe.summary":
                    self.summary = record
                else:
                    self.errors.append(record)


class Judge:
    def __init__(self, arguments):
        self.arguments = arguments
        self.timeout = duration(arguments.timeout)
        self.wrong = []
        self.counts = collections.Counter()
        self.errors_ns = []  # tool's time minus the capture's
        self.sources = collections.Counter()
        self.edges = 0

    def complain(self, text):
        self.wrong.append(text)

    # --- capture against simulator ---

    def compare_sim(self, capture, sim):
        lines = [line for line in sim if "summary" not in line]
        summary = sim[-1]
        if summary["device_dropped"]:
            self.complain(f"the kernel dropped {summary['device_dropped']} packets before the simulator")
        if capture.sent != len(lines):
            self.complain(f"the capture has {capture.sent} packets to the simulator, its ledger {len(lines)}")
        went = sum("t_ns" in sent and "errno" not in sent for line in lines for sent in line["sent"])
        if capture.came != went:
            self.complain(f"the capture has {capture.came} packets from the simulator, its ledger {went}")
        seen = collections.Counter()
        for key, request in capture.order:
            rest = request.payload[:16].hex()
            seen[(request.dst, *key[1:], rest)] += 1 + request.again
        known = collections.Counter()
        for line in lines:
            text = line.get("dst", "")
            dst = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text) if text else b""
            if capture.is_tcp and line.get("tcp_flags") == "S":
                known[(dst, line["sport"], line["dport"], line["tcp_seq"], "")] += 1
            elif not capture.is_tcp and line.get("icmp_type") in (8, 128):
                known[(dst, line["id"], line["seq"], line["payload"][:32])] += 1
        for key in (seen - known).keys() | (known - seen).keys():
            self.complain(f"request {key}: {seen[key]} in the capture, {known[key]} in the simulator's ledger")

    # --- capture against tool ---

    def expected(self, request):
        """The one fate of a request and a counter of what came beside it, by the capture; rtts by fate."""
        fate, error, beside, times, edge = "lost", None, collections.Counter(), [], False
        expired = answered = False
        by_kernel = self.arguments.mode == "connect"
        for t, what, src, kind, code in sorted(request.answers):
            rtt = t - request.t
            edge |= abs(rtt - self.timeout) < EDGE
            expired |= not answered and rtt > self.timeout
            if what == "bad_checksum" and not self.sees_checksums(request):
                continue
            if what in ("bad_checksum", "altered"):
                beside["corrupt"] += 1
            elif what == "elsewhere":
                beside["wrong_source"] += not by_kernel
            elif what == "error":
                if not answered and not expired and self.is_error(request, kind, code):
                    fate, error, answered = "icmp_error", (src, kind, code), True
                    times.append(("icmp_error", rtt))
            elif answered or expired:
                beside["dup" if answered else "late"] += not by_kernel
                times.append(("dup" if answered else "late", rtt))
            else:
                fate, answered = "reply", True
                times.append(("reply", rtt))
        return fate, error, beside, times, edge

    def sees_checksums(self, request):
        """Only raw IPv4 sockets see packets that the kernel has not checked."""
        return self.arguments.mode in ("raw", "syn") and len(request.dst) == 4

    def is_error(self, request, kind, code):
        """What the kernel gives to the socket: of IPv4 it keeps the reassembly timeout to itself unless raw."""
        if len(request.dst) == 16:
            return kind in (1, 2, 3, 4)
        return kind in (3, 11, 12) and ((kind, code) != (11, 1) or self.arguments.mode in ("raw", "syn"))

    def compare_tool(self, capture, tool):
        by_target = collections.defaultdict(list)
        for _, request in capture.order:
            if self.arguments.ttl is None or request.ttl == self.arguments.ttl:
                by_target[request.dst, request.port].append(request)
        reported = collections.defaultdict(list)
        for place, records in tool.packets.items():
            ends = [r["fate"] for r in records if r["fate"] in ENDS]
            if len(ends) != 1:
                self.complain(f"{place}: has {len(ends)} fates: {ends}")
            elif ends[0] != "send_error":
                reported[place[:2]].append((place[2:], records))
            for record in records:
                self.counts[record["fate"]] += 1
        unfinished = (tool.summary or {}).get("unfinished", 0)
        for target in by_target.keys() | reported.keys():
            requests, packets = by_target[target], sorted(reported[target], key=lambda packet: packet[0])
            if len(requests) != len(packets):
                unfinished -= len(requests) - len(packets)
                if unfinished < 0 or len(requests) < len(packets):
                    self.complain(f"{name_of(target)}: {len(requests)} requests in the capture, {len(packets)} told")
                    continue
            for request, (place, records) in zip(requests, packets):
                self.compare_packet(request, (name_of(target), *place), records)
        if unfinished > 0:
            self.complain(f"{unfinished} unfinished packets that the capture does not have")

    def compare_packet(self, request, place, records):
        fate, error, beside, times, edge = self.expected(request)
        end = next(r for r in records if r["fate"] in ENDS)
        told = collections.Counter(r["fate"] for r in records if r["fate"] not in ENDS)
        if edge:
            self.edges += 1
            return
        if end["fate"] == "lost_self" and (fate == "reply" or self.arguments.drops):
            return  # the capture saw the reply: that this host lost it is the truth
        if self.arguments.drops and end["fate"] == fate and not told - beside:
            return
        if end["fate"] != fate:
            self.complain(f"{place}: the tool says {end['fate']}, the capture {fate}")
            return
        if told != beside:
            self.complain(f"{place}: beside {fate} the tool says {dict(told)}, the capture {dict(beside)}")
        if error is not None:
            src, kind, code = error
            said = (end.get("from"), end.get("icmp_type"), end.get("icmp_code"))
            text = socket.inet_ntop(socket.AF_INET if len(src) == 4 else socket.AF_INET6, src)
            if said != (text, kind, code):
                self.complain(f"{place}: the tool says {said}, the capture {(text, kind, code)}")
        self.compare_times(request, place, records, times)

    def compare_times(self, request, place, records, times):
        timed = sorted((r for r in records if r["fate"] in ("reply", "icmp_error", "dup", "late")),
                       key=lambda r: r.get("rtt_us", 0))
        if self.arguments.mode == "connect":
            timed = [r for r in timed if r["fate"] == "reply"]
            times = [time for time in times if time[0] == "reply"]
            if request.again:
                if any("rtt_us" in r for r in timed):
                    self.complain(f"{place}: a time for a SYN that was sent {request.again + 1} times")
                return
        if any("rtt_us" in r for r in records if r["fate"] in ("lost", "lost_self", "send_error")):
            self.complain(f"{place}: a time for a lost packet")
        if len(timed) != len(times):
            self.complain(f"{place}: {len(timed)} times told, {len(times)} in the capture")
            return
        for record, (_, rtt) in zip(timed, times):
            self.sources[record.get("ts_source")] += 1
            if "rtt_us" not in record:
                self.complain(f"{place}: {record['fate']} without a time")
            else:
                self.errors_ns.append((round(record["rtt_us"] * 1000) - rtt, record.get("ts_source"), place))

    def compare_sums(self, tool):
        totals = collections.Counter()
        for place, records in tool.packets.items():
            for record in records:
                totals[place[:3], COLUMN[record["fate"]]] += 1
        seen = collections.Counter()
        for place, record in tool.targets:
            seen[place] += 1
            if record["sent"] != sum(record[key] for key in ("received", "errors", "lost", "lost_self")):
                self.complain(f"{name_of(place)}: sent is not the sum of the fates: {record}")
            for column in set(COLUMN.values()):
                if record[column] != totals[place, column]:
                    self.complain(f"{name_of(place)}: {column} is {record[column]}, of its packets {totals[place, column]}")
            if record["received"] == 0 and any(key.startswith("rtt_") for key in record):
                self.complain(f"{name_of(place)}: times without a reply")
        for place in {key[:3] for key in tool.packets}:
            if seen[place] != 1:
                self.complain(f"{name_of(place)}: {seen[place]} records of the target")
        summary = tool.summary
        if summary is None:
            self.complain("no summary")
            return
        if summary["sent"] != sum(summary[k] for k in ("received", "errors", "lost", "lost_self", "unfinished")):
            self.complain(f"summary: sent is not the sum of the fates: {summary}")
        for fate, column in (("reply", "received"), ("icmp_error", "errors"), ("lost", "lost"), ("dup", "dup"),
                             ("late", "late"), ("corrupt", "corrupt"), ("wrong_source", "wrong")):
            if summary[column] != self.counts[fate]:
                self.complain(f"summary: {column} is {summary[column]}, of the packets {self.counts[fate]}")
        if summary["lost_self"] != self.counts["lost_self"] + self.counts["send_error"]:
            self.complain(f"summary: lost_self is {summary['lost_self']}")
        for key in ("unfinished", "foreign", "unresolved", "answered", "targets"):
            self.counts[key] = summary[key]

    # The kernel takes its transmit stamp behind the capture's tap and shares the receive stamp, so its time is
    # the shorter one by a few microseconds. A clock around the system calls measures longer, by as much as the
    # tool was off the processor. What stands between tap and driver may be stopped on a busy machine: single
    # times, not the median.
    def compare_distribution(self):
        kernel = sorted(e[0] for e in self.errors_ns if e[1] in ("kernel", "tcp_info"))
        bounds = {"kernel": (-500 * MS, MS), "tcp_info": (-5 * MS, 20 * MS), "mono": (-50_000, 2000 * MS)}
        for error, source, place in self.errors_ns:
            low, high = bounds[source]
            if not low <= error <= high:
                self.complain(f"{place}: the tool's time ({source}) is off by {error / 1000:.1f} us")
        if not kernel:
            return "no kernel times"
        middle = kernel[len(kernel) // 2]
        limit = duration(self.arguments.median)
        if abs(middle) > limit and len(kernel) >= 20:
            self.complain(f"the median of the tool's times is off by {middle / 1000:.1f} us")
        far = sum(abs(e) > MS for e in kernel)
        if far > max(2, len(kernel) // 50):
            self.complain(f"{far} of {len(kernel)} times are off by more than 1 ms")
        at = [kernel[min(len(kernel) - 1, len(kernel) * p // 100)] / 1000 for p in (0, 1, 50, 99, 100)]
        return "tool minus capture us: " + " ".join(
            f"{name} {value:.1f}" for name, value in zip(("min", "p1", "p50", "p99", "max"), at))

    def expect(self, text):
        for word in text.split():
            name, operator, value = re.fullmatch(r"(\w+)([=<>]=?)(\d+)", word).groups()
            have = self.counts[name] if not name.startswith("ts_") else self.sources[name[3:]]
            good = {"=": have == int(value), ">": have > int(value), "<": have < int(value),
                    ">=": have >= int(value), "<=": have <= int(value)}[operator]
            if not good:
                self.complain(f"expected {word}, there are {have}")


def name_of(target):
    address = target[0]
    text = socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
    return f"{text}:{target[1]}" if target[1] else text


def duration(text):
    number, unit = re.fullmatch(r"(\d+)(us|ms|s)", text).groups()
    return int(number) * {"us": 1000, "ms": MS, "s": 1000 * MS}[unit]


def main():
    parser = argparse.ArgumentParser()
    for name in ("tool", "sim", "pcap", "timeout"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--mode", choices=("raw", "dgram", "syn", "connect"), required=True)
    parser.add_argument("--ttl", type=int)
    parser.add_argument("--median", default="50us")
    parser.add_argument("--drops", action="store_true")
    parser.add_argument("--expect", default="")
    arguments = parser.parse_args()
    judge = Judge(arguments)
    capture = Capture(arguments.pcap, arguments.mode in ("syn", "connect"))
    tool = Tool(arguments.tool)
    with open(arguments.sim) as file:
        judge.compare_sim(capture, [json.loads(line) for line in file])
    judge.compare_tool(capture, tool)
    judge.compare_sums(tool)
    spread = judge.compare_distribution()
    judge.expect(arguments.expect)
    told = " ".join(f"{key} {value}" for key, value in judge.counts.items() if value)
    print(f"{arguments.mode}: {len(tool.packets)} packets: {told}; {spread}; edges {judge.edges}; "
          f"sources {dict(judge.sources)}")
    for line in judge.wrong[:25]:
        print("  " + line)
    if len(judge.wrong) > 25:
        print(f"  and {len(judge.wrong) - 25} more")
    sys.exit(1 if judge.wrong else 0)


main()
