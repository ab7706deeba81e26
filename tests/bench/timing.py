"""When packets leave and what their times are worth: pacing from a capture, round-trip times at full rate, the wait
for the first record."""
import array
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import accuracy
import harness
import paths
from harness import BUILD, Result

ALL = 64_770  # targets of the largest list


def pacing_entry(name, rounds):
    """Packets at 10,000 a second, by the times of a capture."""
    count, rate, window_ns = 10_000, 10_000, 10_000_000
    with tempfile.TemporaryDirectory() as folder, paths.veth() as enter:
        yaml, listing = paths.write_targets(folder, count)
        programs = {"nmprobe ping --rate 10k": [BUILD / "bin/nmprobe", "ping", "-f", yaml, "--rate", rate],
                    "fping -i 0.1": ["fping", "-C1", "-q", "-r0", "-t1000", "-i", "0.1", "-f", listing],
                    "scamper -p 10000": ["scamper", "-p", rate, "-w", "0", "-O", "json", "-c", "ping -c 1", "-f", listing]}
        samples = {program: [] for program in programs}
        for _ in range(rounds):
            for program, argv in programs.items():
                samples[program].append(paced(enter, folder, [*enter, *argv], window_ns))
    rows = []
    for program, runs in samples.items():
        def median(key):
            return statistics.median(run[key] for run in runs)
        rows.append({"program": program, "packets per s": f"{median('rate'):,.0f}", "gap p50 us": f"{median('gap_p50'):.1f}",
                     "gap p99 us": f"{median('gap_p99'):.1f}", "fullest 10 ms": f"{median('fullest'):.0f}",
                     "worst round": max(run["fullest"] for run in runs), "cpu us each": f"{median('cpu_us'):.1f}",
                     "missing (worst)": count - min(run["packets"] for run in runs)})
    title = f"{count:,} targets at {rate:,} a second (100 in 10 ms), path veth, by a capture of what left."
    return Result(name, title, list(rows[0]), rows)


def paced(enter, folder, argv, window_ns):
    capture = Path(folder) / "paced.pcap"
    tap = subprocess.Popen([*enter, "tcpdump", "-q", "-n", "-i", "eth0", "-B", "65536", "-s", "64", "--time-stamp-precision=nano",
                            "-w", capture, "icmp[0] == 8"], stderr=subprocess.PIPE, text=True)
    while "listening on" not in tap.stderr.readline():
        pass
    with open(os.devnull, "w") as nothing:
        child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing)
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
    time.sleep(1.5)  # until the last block of the capture has been handed over
    tap.terminate()
    tap.wait()
    times = sorted(when for when, _ in accuracy.read_pcap(capture))
    gaps = [b - a for a, b in zip(times, times[1:])]
    fullest, first = 0, 0
    for last, when in enumerate(times):
        while times[first] <= when - window_ns:
            first += 1
        fullest = max(fullest, last - first + 1)
    return {"packets": len(times), "rate": (len(times) - 1) / (times[-1] - times[0]) * 1e9, "fullest": fullest,
            "gap_p50": accuracy.quantile(gaps, .5) / 1e3, "gap_p99": accuracy.quantile(gaps, .99) / 1e3,
            "cpu_us": (usage.ru_utime + usage.ru_stime) / max(len(times), 1) * 1e6}


def lines_of(argv):
    with subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as child:
        yield from child.stdout


def rtt_entry(name, rounds):
    """What is said of a path without delay, whose true time is next to nothing: all of it is error."""
    # Arrays and line by line: what a program here takes at its peak would be told of the next ones too.
    times, fping_times, rates, stamped = array.array("d"), array.array("d"), [], 0
    with tempfile.TemporaryDirectory() as folder, paths.veth() as enter:
        yaml, listing = paths.write_targets(folder, ALL)
        for _ in range(rounds):
            for line in lines_of([*enter, BUILD / "bin/nmprobe", "ping", "-f", yaml, "--rate", "0"]):
                record = json.loads(line)
                rates += [record["rate_pps"]] if record["type"] == "probe.summary" else []
                if record["type"] == "probe.icmp" and record["received"] == 1:
                    times.append(record["rtt_min_us"])
                    stamped += record["ts_source"] == "kernel"
            for line in lines_of([*enter, "fping", "-C1", "-q", "-r0", "-t1000", "-i0", "-f", listing]):
                target, _, answer = line.strip().partition(" : ")
                if answer and answer != "-":
                    fping_times.append(float(answer) * 1e3)

    def row(program, found, rate, stamps):
        return {"program": program, "packets per s": rate, "times": len(found), "p50 us": f"{accuracy.quantile(found, .5):.2f}",
                "p99 us": f"{accuracy.quantile(found, .99):.2f}", "max us": f"{max(found):.1f}", "kernel stamps": stamps}
    share = f"{100 * stamped / len(times):.2f} %"
    rows = [row("nmprobe ping --rate 0", times, f"{statistics.median(rates):,.0f}", share), row("fping -i0", fping_times, "", "")]
    title = f"The times that are told of {ALL:,} targets on path veth at full rate, no capture: the path itself takes about 1 us."
    return Result(name, title, list(rows[0]), rows)


def first_record_entry(name, rounds):
    first, last = [], []
    with tempfile.TemporaryDirectory() as folder, paths.veth() as enter:
        yaml, _ = paths.write_targets(folder, ALL)
        for _ in range(rounds):
            began = time.monotonic()
            child = subprocess.Popen([str(a) for a in [*enter, BUILD / "bin/nmprobe", "ping", "-f", yaml, "--rate", "0"]],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            child.stdout.readline()
            first.append(time.monotonic() - began)
            while child.stdout.read(1 << 16):
                pass
            child.wait()
            last.append(time.monotonic() - began)
    row = {"program": "nmprobe ping -f", "first record ms": f"{statistics.median(first) * 1e3:.1f}",
           "worst ms": f"{max(first) * 1e3:.1f}", "last record ms": f"{statistics.median(last) * 1e3:.1f}"}
    title = f"From the start of the program (and of ip-netns(8), which enters the namespace) to its first record; {ALL:,} lines of YAML, path veth."
    return Result(name, title, list(row), [row])


ENTRIES = {"pacing-10k": pacing_entry, "rtt-at-rate": rtt_entry, "first-record": first_record_entry}
