"""nmflowtool against tshark, sfacctd (pmacct) and nfcapd with nfdump, on datagrams that nm-flowgen makes.

What nfcapd gets it gets by UDP, since Debian's reads no files: ours is then measured on the same stream, and CPU is
what counts. The counts of records are in the column "missing": a row that misses some compares nothing.
"""
import contextlib
import json
import os
import random
import re
import select
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import harness
from harness import BUILD, Procedure, Program

NMFLOWTOOL, FLOWGEN, BARE_RECEIVE = BUILD / "bin/nmflowtool", BUILD / "bin/nm-flowgen", BUILD / "bin/nm-barereceive"
FIVE_TUPLE = "src_ip,dst_ip,src_port,dst_port,proto"
# Both programs of a pair lose nothing at this rate on a slow core, in datagrams per second.
GENTLE = 15_000
RECEIVE_BUFFER = 16_000_000


def grep_count(text):
    """Lines of the output that hold a fixed text; Python would take longer than what is measured."""
    return lambda path: int(subprocess.run(["grep", "-cF", text, path], capture_output=True).stdout or 0)


def summary_flows(path):
    """Flows and samples in our summary, the last line."""
    tail = subprocess.run(["tail", "-n", "1", path], capture_output=True, text=True).stdout
    summary = json.loads(tail) if tail.startswith("{") else {}
    return summary.get("flows", 0) + summary.get("samples", 0)


def nfdump_flows(path):
    found = re.search(r"total flows: (\d+)", Path(path).read_text(errors="replace")[-2000:])
    return int(found[1]) if found else 0


@contextlib.contextmanager
def capture(protocol, records, *more):
    """A pcap file of so many records."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        subprocess.run([FLOWGEN, protocol, str(records), *more], check=True, stdout=file)
        yield file.name


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_bound(port):
    for _ in range(500):
        if any(f":{port:04X} " in Path(f"/proc/net/{table}").read_text() for table in ("udp", "udp6")):
            return
        time.sleep(0.01)
    raise RuntimeError(f"nothing listens on UDP port {port}")


def socket_drops(port):
    """Datagrams that the kernel dropped for want of room, of the socket bound to a port of IPv4."""
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        words = line.split()
        if words[1].endswith(f":{port:04X}"):
            return int(words[-1])
    raise RuntimeError(f"no socket on UDP port {port}")


def collect(argv, port, stream, output, cores=(), before_end=lambda: None, number=signal.SIGTERM):
    """Runs a collector while nm-flowgen sends it a stream, then ends it: what it took, and the datagrams sent."""
    pin = (lambda core: ["taskset", "-c", str(core)]) if cores else (lambda core: [])
    with open(output, "wb") as out:
        child = subprocess.Popen([*pin(cores[0] if cores else 0), *map(str, argv)], stdout=out, stderr=subprocess.DEVNULL)
        wait_bound(port)
        sent = subprocess.run([*pin(cores[1] if cores else 0), FLOWGEN, *map(str, stream), "--to", str(port)], check=True,
                              capture_output=True, text=True).stdout.split()
        time.sleep(0.3)
        before_end()
        return end(child, number), int(sent[0])


def end(child, number):
    """Ends a process by a signal: its CPU seconds and its peak in MB, read before, since the kernel tells of a
    child at least our own."""
    peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
    if not peak:
        raise RuntimeError(f"{child.args[0]} ended by itself")
    peak = int(peak[1]) / 1024
    child.send_signal(number)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return usage.ru_utime + usage.ru_stime, peak


def sample(began, parts, delivered):
    """parts: CPU seconds and peak MB of each process, one after the other."""
    return {"wall_s": time.monotonic() - began, "cpu_s": sum(cpu for cpu, _ in parts),
            "rss_mb": max(peak for _, peak in parts), "delivered": delivered}


def stored(folder, stream, before_end=lambda port: None):
    """What nfcapd makes of a stream: its file, and what that took."""
    store = tempfile.mkdtemp(dir=folder)
    port = free_port()
    argv = ["nfcapd", "-w", store, "-b", "127.0.0.1", "-p", port, "-t", "3600", "-B", RECEIVE_BUFFER]
    took, _ = collect(argv, port, stream, os.devnull, (), lambda: before_end(port))
    return next(Path(store).glob("nfcapd.2*")), took


def stored_whole(folder, *stream):
    """A file of nfcapd without losses: sent slower until there are none."""
    for rate in (60_000, 30_000, 15_000, 7_500, 3_000):
        lost = []
        file, _ = stored(folder, [*stream, "--rate", rate], lambda port: lost.append(socket_drops(port)))
        if lost == [0]:
            return file
        file.unlink()
    raise RuntimeError("nfcapd loses datagrams at 3,000 a second")


def pair(stream, count, *nfdump):
    """nfcapd receives, nfdump reads what it wrote."""
    def run(folder):
        began = time.monotonic()
        file, took = stored(folder, stream)
        second = harness.run_once(Program("nfdump", ["nfdump", "-r", file, *nfdump], count), folder)
        file.unlink()
        return sample(began, [took, (second["cpu_s"], second["rss_mb"])], second["delivered"])
    return run


def ours_live(stream, *verb):
    def run(folder):
        began, port, output = time.monotonic(), free_port(), folder / "stdout"
        argv = [NMFLOWTOOL, *verb, "-l", f"127.0.0.1:{port}", "--receive-buffer", RECEIVE_BUFFER, "--format", "json"]
        took, _ = collect(argv, port, stream, output)
        return sample(began, [took], summary_flows(output))
    return run


def bare_receive(stream, records):
    """The datagrams alone, thrown away: what the kernel leaves to be won."""
    def run(folder):
        began, port, output = time.monotonic(), free_port(), folder / "stdout"
        took, sent = collect([BARE_RECEIVE, port], port, stream, output)
        return sample(began, [took], records if int(output.read_text()) == sent else 0)
    return run


def sfacctd(stream):
    """It prints what it aggregated when it is told to end."""
    def run(folder):
        began, port, config, output = time.monotonic(), free_port(), folder / "sfacctd.conf", folder / "stdout"
        config.write_text(f"daemonize: false\nsfacctd_ip: 127.0.0.1\nsfacctd_port: {port}\n"
                          f"sfacctd_pipe_size: {RECEIVE_BUFFER}\n"
                          "plugins: print\nprint_output: json\nprint_refresh_time: 3600\nprint_cache_entries: 99991\n"
                          "aggregate: src_host, dst_host, src_port, dst_port, proto, vlan, in_iface, out_iface\n"
                          "plugin_pipe_size: 102400000\nplugin_buffer_size: 10240\n")
        took, _ = collect(["sfacctd", "-f", config], port, stream, output, (), lambda: time.sleep(1), signal.SIGINT)
        found = re.findall(r'"packets": (\d+)', output.read_text(errors="replace"))
        return sample(began, [took], sum(map(int, found)))
    return run


def sflow_json(name, rounds):
    samples = 70_000
    with capture("sflow", samples) as file:
        fields = ["sflow_245.header_protocol", "sflow_245.sampletype", "sflow_245.sequence_number", "ip.src", "ip.dst",
                  "ipv6.src", "ipv6.dst", "tcp.srcport", "udp.srcport", "vlan.id"]
        # One line a datagram; the first column has a word for each flow sample.
        tshark = Program("tshark -T fields", ["tshark", "-r", file, "-d", "udp.port==6343,sflow", "-T", "fields",
                                              *(word for field in fields for word in ("-e", field))],
                         lambda path: sum(len(line.split("\t")[0].split(",")) for line in open(path) if line[0] != "\t"))
        ours = Program("nmflowtool decode", [NMFLOWTOOL, "decode", "-r", file, "--format", "json"],
                       grep_count('"type":"sflow.sample",'))
        stream = ["sflow", samples, "--rate", GENTLE // 2]
        live = Procedure("nmflowtool decode -l", ours_live(stream, "decode"))
        peer = Procedure("sfacctd, print plugin", sfacctd(stream))
        title = f"{samples:,} sFlow samples with 128-byte headers from a pcap file; ours writes JSON lines, tshark ten " \
                "fields. sfacctd takes them by UDP and writes JSON of the aggregate: look at the CPU, and at ours by UDP."
        return harness.compare(name, title, [ours, live, tshark, peer], rounds, samples)


def wire_json(protocol, records):
    def entry(name, rounds):
        stream = [protocol, records, "--rate", GENTLE]
        with capture(protocol, records) as file:
            programs = [
                Procedure("nmflowtool decode -l", ours_live(stream, "decode")),
                Procedure("nfcapd, nfdump -o json", pair(stream, grep_count('"in_packets"'), "-o", "json")),
                Program("nmflowtool decode -r", [NMFLOWTOOL, "decode", "-r", file, "--format", "json"],
                        grep_count('"type":"flow",')),
            ]
            title = f"{records:,} {protocol} records of 21 fields to JSON; by UDP at {GENTLE:,} datagrams/s (look at the CPU), " \
                    "and ours from a pcap file too."
            return harness.compare(name, title, programs, min(rounds, 5), records)
    return entry


def wire_top(name, rounds):
    records = 1_000_000
    stream = ["netflow9", records, "--rate", GENTLE]
    with capture("netflow9", records) as file:
        programs = [
            Procedure("nmflowtool top -l", ours_live(stream, "top", "--by", "src_ip")),
            Procedure("bare receive", bare_receive(stream, records)),
            Procedure("nfcapd, nfdump -s srcip", pair(stream, nfdump_flows, "-s", "srcip/bytes", "-n", "10")),
            Program("nmflowtool top -r", [NMFLOWTOOL, "top", "--by", "src_ip", "-r", file, "--format", "json"], summary_flows),
        ]
        title = f"{records:,} NetFlow v9 records to the ten sources of most bytes; by UDP at {GENTLE:,} datagrams/s (look at " \
                "the CPU), and ours from a pcap file too. Bare receive takes the datagrams and throws them away."
        return harness.compare(name, title, programs, min(rounds, 5), records)


def aggregate(name, rounds):
    records = 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        file = stored_whole(folder, "netflow9", records, "--distinct")
        programs = [
            Program("nmflowtool top", [NMFLOWTOOL, "top", "--by", FIVE_TUPLE, "-r", file, "--format", "json"], summary_flows),
            Program("nfdump -s record", ["nfdump", "-r", file, "-s", "record/bytes", "-n", "10"], nfdump_flows),
        ]
        title = f"{records:,} flows of as many 5-tuples, from a file of nfcapd, to the ten largest."
        return harness.compare(name, title, programs, min(rounds, 3), records)


def stored_entry(name, rounds, title, verb, count, nfdump, nfdump_count, records):
    with tempfile.TemporaryDirectory() as folder:
        file = stored_whole(folder, "netflow9", records)
        programs = [
            Program("nmflowtool " + " ".join(verb), [NMFLOWTOOL, *verb, "-r", file, "--format", "json"], count),
            Program("nfdump " + " ".join(nfdump), ["nfdump", "-r", file, *nfdump], nfdump_count),
        ]
        return harness.compare(name, f"{records:,} flows of a file of nfcapd {title}.", programs, rounds, records)


def stored_json(name, rounds):
    return stored_entry(name, rounds, "to JSON", ["decode"], grep_count('"type":"flow",'), ["-o", "json"],
                        grep_count('"in_packets"'), 500_000)


def stored_top(name, rounds):
    return stored_entry(name, rounds, "to the ten sources of most bytes", ["top", "--by", "src_ip"], summary_flows,
                        ["-s", "srcip/bytes", "-n", "10"], nfdump_flows, 2_000_000)


def json_pipe(name, rounds):
    records = 300_000
    with capture("netflow9", records) as file, tempfile.NamedTemporaryFile(suffix=".json") as lines:
        subprocess.run([NMFLOWTOOL, "decode", "-r", file, "--format", "json"], check=True, stdout=lines)
        passed = grep_count('"type":"flow",')
        programs = [
            Program("nmflowtool filter", [NMFLOWTOOL, "filter", "packets > 0", "--format", "json"], passed, input=lines.name),
            Program("nmflowtool top", [NMFLOWTOOL, "top", "--by", "src_ip", "--format", "json"], summary_flows,
                    input=lines.name),
            Program("jq select", ["jq", "-c", "select(.packets > 0)"], passed, input=lines.name),
        ]
        title = f"{records:,} flows as JSON lines on stdin: those of more than no packets, and the ten largest sources."
        return harness.compare(name, title, programs, min(rounds, 5), records)


def first_byte(argv):
    """Milliseconds from the start of a program to its first byte."""
    began = time.monotonic()
    with subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        child.stdout.read(1)
        took = time.monotonic() - began
        child.kill()
    return took * 1000


def first_line(name, rounds):
    rows = []
    with capture("netflow9", 200_000) as file, tempfile.TemporaryDirectory() as folder:
        stored_file = stored_whole(folder, "netflow9", 200_000)
        for title, argv in [("nmflowtool decode -r pcap", [NMFLOWTOOL, "decode", "-r", file]),
                            ("nmflowtool decode -r nfcapd", [NMFLOWTOOL, "decode", "-r", stored_file]),
                            ("nfdump -o json -r nfcapd", ["nfdump", "-o", "json", "-r", stored_file]),
                            ("tshark -r pcap", ["tshark", "-r", file])]:
            times = sorted(first_byte(argv) for _ in range(max(rounds, 7)))
            rows.append({"program": title, "median ms": f"{statistics.median(times):.1f}", "worst ms": f"{times[-1]:.1f}"})
    return harness.Result(name, "Start of the program to the first byte on stdout; the goal is 10 ms.", list(rows[0]), rows)


def ours_to_nothing(*verb):
    return lambda port, _folder: [NMFLOWTOOL, *verb, "-l", f"127.0.0.1:{port}", "--receive-buffer", "4000000", "--format", "json"]


def nfcapd_to_file(port, folder):
    return ["nfcapd", "-w", folder, "-b", "127.0.0.1", "-p", port, "-t", "3600", "-B", "4000000"]


def received(protocol, collector, rate, seconds):
    """A collector on core 0, the sender on core 1: datagrams sent, those that the kernel had no room for, CPU seconds."""
    port, lost = free_port(), []
    with tempfile.TemporaryDirectory() as folder:
        (cpu_s, _), sent = collect(collector(port, folder), port, [protocol, 200_000, "--rate", rate, "--seconds", seconds],
                                   os.devnull, (0, 1), lambda: lost.append(socket_drops(port)))
    return sent, lost[0], cpu_s


def udp_loss(name, _rounds):
    """At the rate of the goal, then slower until nothing is lost. The goal's 30 s are NM_BENCH_SECONDS=30."""
    seconds = float(os.environ.get("NM_BENCH_SECONDS", 8))
    rows = []
    for title, protocol, rate, collector in [
            ("nmflowtool decode, sFlow to JSON", "sflow", 100_000, ours_to_nothing("decode")),
            ("nmflowtool decode, NetFlow v9 to JSON", "netflow9", 100_000, ours_to_nothing("decode")),
            ("nmflowtool top, NetFlow v9 to top-N", "netflow9", 300_000, ours_to_nothing("top", "--by", "src_ip")),
            ("nfcapd, NetFlow v9 to a file", "netflow9", 150_000, nfcapd_to_file)]:
        asked, lost = rate, 1
        while lost > 0 and asked > 1000:
            sent, lost, cpu_s = received(protocol, collector, asked, seconds)
            if lost == 0 or asked == rate:
                rows.append({"work": title, "datagrams/s asked": f"{asked:,}", "sent": f"{sent / seconds:,.0f}",
                             "lost": f"{lost:,} ({100 * lost / sent:.3f} %)", "cpu s per s": f"{cpu_s / seconds:.2f}"})
            asked = asked * 85 // 100
    title = f"Datagrams lost in {seconds:g} s, receive buffer 4 MB, one core each for collector and sender: at the goal's " \
            "rate, and the first rate below it without loss. NetFlow v9 has about 22 records a datagram."
    return harness.Result(name, title, list(rows[0]), rows)


def one_flow(port):
    """A NetFlow v5 datagram of one TCP flow, told by its source port."""
    header = struct.pack(">HHIIIIBBH", 5, 1, 100_000, int(time.time()), 0, port, 0, 0, 0)
    return header + struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0xC0000201, 0xC6336401, 0, 1, 2, 10, 1000, 90_000, 95_000,
                                port, 443, 0, 0x18, 6, 0, 0, 0, 24, 24, 0)


def until_told(stream, sender, to, port, wait_s):
    """Sends one flow: milliseconds until it is in a line, or None."""
    began = time.monotonic()
    sender.sendto(one_flow(port), to)
    while select.select([stream], [], [], max(0, began + wait_s - time.monotonic()))[0]:
        line = stream.readline()
        if not line:
            raise RuntimeError("the collector ended by itself")
        if str(port).encode() in line:
            return (time.monotonic() - began) * 1000
    return None


def live_lags(commands, port, datagrams):
    """Of a pipeline of commands, the first of which receives: milliseconds from each datagram to its line."""
    children = []
    for command in commands:
        source = children[-1].stdout if children else subprocess.DEVNULL
        children.append(subprocess.Popen([str(word) for word in command], stdin=source, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, bufsize=0))
    pauses = random.Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        to = ("127.0.0.1", port)
        for attempt in range(100):  # until it listens
            if until_told(children[-1].stdout, sender, to, 20_000 + attempt, 0.3) is not None:
                break
        lags = []
        for number in range(datagrams):
            time.sleep(pauses.uniform(0.005, 0.1))
            lags.append(until_told(children[-1].stdout, sender, to, 30_000 + number, 2))
    for child in children:
        child.terminate()
        child.wait()
    return lags


def live_flush(name, _rounds):
    """A record that arrived is on stdout within 50 ms, however few there are."""
    rows, datagrams = [], 100
    for title in ("nmflowtool decode -l", "nmflowtool decode -l, filter", "tshark -l"):
        port = free_port()
        decode = [NMFLOWTOOL, "decode", "-l", f"127.0.0.1:{port}", "--format", "json"]
        commands = {"nmflowtool decode -l": [decode],
                    "nmflowtool decode -l, filter": [decode, [NMFLOWTOOL, "filter", "any"]],
                    "tshark -l": [["tshark", "-i", "lo", "-l", "-n", "-f", f"udp dst port {port}", "-d",
                                   f"udp.port=={port},cflow", "-T", "fields", "-e", "cflow.srcport"]]}[title]
        lags = live_lags(commands, port, datagrams)
        told = sorted(lag for lag in lags if lag is not None) or [float("nan")]
        rows.append({"program": title, "datagrams": datagrams, "missing": lags.count(None),
                     "median ms": f"{statistics.median(told):.2f}", "worst ms": f"{told[-1]:.2f}"})
    return harness.Result(name, f"{datagrams} NetFlow v5 datagrams of one flow, 5 to 100 ms apart: from sending one to its line "
                          "in the reader of a pipe; the goal is 50 ms.", list(rows[0]), rows)


ENTRIES = {
    "flow-sflow-json": sflow_json,
    "flow-v9-json": wire_json("netflow9", 300_000),
    "flow-ipfix-json": wire_json("ipfix", 300_000),
    "flow-v9-top": wire_top,
    "flow-aggregate-5m": aggregate,
    "flow-nfcapd-json": stored_json,
    "flow-nfcapd-top": stored_top,
    "flow-json-pipe": json_pipe,
    "flow-first-line": first_line,
    "flow-live-flush": live_flush,
    "flow-udp-loss": udp_loss,
}
