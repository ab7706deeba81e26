"""Our round-trip times against what a capture on the interface saw, packet by packet."""
import json
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import harness
import paths
import probing
from harness import BUILD

PROBES = 200


def read_pcap(path):
    """(time in ns, IP packet) of a nanosecond pcap; Ethernet or raw IP."""
    data = Path(path).read_bytes()
    magic, = struct.unpack_from("<I", data)
    assert magic == 0xA1B23C4D, "not a nanosecond pcap"
    link, = struct.unpack_from("<I", data, 20)
    at, skip = 24, 14 if link == 1 else 0
    while at + 16 <= len(data):
        seconds, nanoseconds, length, _ = struct.unpack_from("<IIII", data, at)
        yield seconds * 10**9 + nanoseconds, data[at + 16 + skip:at + 16 + length]
        at += 16 + length


def true_rtts(path):
    """By key of the exchange: ICMP identifier and sequence, or the TCP source port and sequence number."""
    sent, rtts = {}, {}
    for when, packet in read_pcap(path):
        header = (packet[0] & 15) * 4
        body = packet[header:]
        if packet[9] == 1 and body[0] in (0, 8):
            key = body[4:8]
            (sent.setdefault if body[0] == 8 else lambda k, w: rtts.setdefault(k, w - sent.get(k, w)))(key, when)
        elif packet[9] == 6:
            source, destination, sequence, acknowledged = struct.unpack_from(">HHII", body)
            flags = body[13]
            if flags == 2:
                sent.setdefault((source, sequence), when)
            elif flags in (0x12, 0x14):
                key = (destination, (acknowledged - 1) % 2**32)
                if key in sent:
                    rtts.setdefault(key, when - sent[key])
    return [rtts[key] for key in sent if key in rtts]


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def captured(enter, device, argv, capture, what):
    """The standard output of a command, and beside it the capture of what it sent and received."""
    # Not in immediate mode: waking tcpdump for each packet, between its stamp and the driver's, would take longer
    # than what is measured.
    tap = subprocess.Popen([*enter, "tcpdump", "-q", "-n", "-i", device, "--time-stamp-precision=nano", "-B", "65536",
                            "-w", capture, what], stderr=subprocess.PIPE, text=True)
    while "listening on" not in tap.stderr.readline():
        pass
    output = subprocess.run([*enter, *argv], capture_output=True, text=True).stdout
    time.sleep(1.5)  # until the last block of the capture has been handed over
    tap.terminate()
    tap.wait()
    return output


def measure(enter, device, argv):
    """Errors in us, ours minus the tap's, in the order of sending."""
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "tap.pcap"
        output = captured(enter, device, argv, capture, "icmp or tcp")
        records = [json.loads(line) for line in output.splitlines()]
        replies = sorted((r for r in records if r["type"].endswith(".reply") and r["fate"] == "reply"), key=lambda r: r["seq"])
        ours = [r["rtt_us"] for r in replies]
        truth = [rtt / 1e3 for rtt in true_rtts(capture)]
        assert len(ours) == len(truth), f"{len(ours)} replies, {len(truth)} in the capture"
        return [a - b for a, b in zip(ours, truth)], truth


def entry(path):
    def run(name, rounds):
        common = ["-c", str(PROBES), "-i", "20ms", "--each"]
        methods = {
            "nmprobe ping, raw": [BUILD / "bin/nmprobe", "ping", "10.99.0.1", "--socket", "raw", *common],
            "nmprobe ping, dgram": [BUILD / "bin/nmprobe", "ping", "10.99.0.1", "--socket", "dgram", *common],
            "nmtcp ping, syn": [BUILD / "bin/nmtcp", "ping", "10.99.0.1:80", "--method", "syn", *common],
            "nmtcp ping, connect": [BUILD / "bin/nmtcp", "ping", "10.99.0.1:80", "--method", "connect", *common],
        }
        errors = {method: [] for method in methods}
        truths = {method: [] for method in methods}
        with paths.PATHS[path]() as enter:
            subprocess.run([*enter, "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"], check=True)
            server = None
            if path == "veth":
                listen = ("import socket\ns = socket.create_server(('0.0.0.0', 80), backlog=1024)\n"
                          "while True: s.accept()[0].close()")
                server = subprocess.Popen(["ip", "netns", "exec", enter[-1][:-1] + "q", "python3", "-c", listen])
                time.sleep(0.5)
            device = "sim0" if path == "10ms" else "eth0"
            for _ in range(max(1, rounds // 3)):
                for method, argv in methods.items():
                    found, truth = measure(enter, device, argv)
                    errors[method] += found
                    truths[method] += truth
            if server:
                server.kill()
                server.wait()
        rows = [{
            "program": method,
            "probes": len(found),
            "true median us": f"{quantile(truths[method], .5):.1f}",
            "median error us": f"{quantile(found, .5):+.1f}",
            "p99 |error| us": f"{quantile([abs(e) for e in found], .99):.1f}",
            "max |error| us": f"{max(abs(e) for e in found):.1f}",
        } for method, found in errors.items()]
        title = (f"{PROBES} probes 20 ms apart in each of {max(1, rounds // 3)} runs, path {path}; "
                 "error against an AF_PACKET capture, packet by packet.")
        return harness.Result(name, title, list(rows[0]), rows)
    return run


def handshakes(path):
    """By target: from the first SYN to what answered it, in us."""
    sent, rtts = {}, {}
    for when, packet in read_pcap(path):
        if packet[9] != 6:
            continue
        flags = packet[(packet[0] & 15) * 4 + 13]
        source, destination = packet[12:16], packet[16:20]
        if flags == 2:
            sent.setdefault(destination, when)
        elif flags in (0x12, 0x14) and source in sent:
            rtts.setdefault(source, (when - sent[source]) / 1e3)
    return {socket.inet_ntoa(address): rtt for address, rtt in rtts.items()}


def connect_window_entry(count, windows=(1, 1000, 2000)):
    """Whether the time of a handshake is that of the wire, however many of them are under way."""
    def run(name, rounds):
        rounds = max(1, rounds // 2)
        ours, truth, errors = ({window: [] for window in windows} for _ in range(3))
        with paths.veth() as enter, probing.listening(enter), tempfile.TemporaryDirectory() as folder:
            listing, _ = paths.write_targets(folder, count, port=80)
            capture = Path(folder) / "tap.pcap"
            for _ in range(rounds):
                for window in windows:
                    argv = [BUILD / "bin/nmtcp", "ping", "--method", "connect", "-f", listing, "--rate", "0", "--window",
                            str(window), "--format", "json"]
                    output = captured(enter, "eth0", argv, capture, "tcp[tcpflags] & (tcp-syn | tcp-rst) != 0")
                    wire = handshakes(capture)
                    for record in map(json.loads, output.splitlines()):
                        if record["type"] != "tcp.probe" or "rtt_avg_us" not in record or record["target"] not in wire:
                            continue
                        ours[window].append(record["rtt_avg_us"])
                        truth[window].append(wire[record["target"]])
                        errors[window].append(record["rtt_avg_us"] - wire[record["target"]])
        rows = [{
            "window": window,
            "handshakes": len(ours[window]),
            "p50 us": f"{quantile(ours[window], .5):.1f}",
            "p50 us of the tap": f"{quantile(truth[window], .5):.1f}",
            "difference us": f"{quantile(ours[window], .5) - quantile(truth[window], .5):+.1f}",
            "p99 |error| us": f"{quantile([abs(e) for e in errors[window]], .99):.1f}",
        } for window in windows]
        title = (f"nmtcp ping --method connect to {count:,} targets, as fast as it goes, with so many connections under way, in "
                 f"each of {rounds} runs, path veth; against an AF_PACKET capture. The bar is a p50 within 15 us of the tap's.")
        return harness.Result(name, title, list(rows[0]), rows)
    return run


ENTRIES = {**{f"accuracy-{path}": entry(path) for path in paths.PATHS},
           "accuracy-connect-window": connect_window_entry(10_000)}
