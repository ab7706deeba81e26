"""nmprobe ping against fping and nmap, nmtcp ping against nmap -sS: targets answered per second."""
import contextlib
import subprocess
import tempfile
from pathlib import Path

import harness
import paths
import sweeping
from harness import BUILD, Program

# fping's interval between packets in ms, from the fastest; the first that loses nothing is its best lossless rate.
FPING_INTERVALS = ["0", "0.001", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5"]


def fping(enter, listing, interval):
    argv = [*enter, "fping", "-C1", "-q", "-r0", "-t1000", "-i", interval, "-f", listing]
    # fping prints its results to stderr.
    shell = " ".join(str(word) for word in argv) + " 2>&1"
    return Program(f"fping -i {interval}", ["sh", "-c", shell], harness.count_lines(r": [0-9.]+$"))


def best_lossless_fping(enter, listing, count):
    with tempfile.TemporaryDirectory() as folder:
        for interval in FPING_INTERVALS:
            program = fping(enter, listing, interval)
            if all(harness.run_once(program, Path(folder))["delivered"] == count for _ in range(3)):
                return program
    return fping(enter, listing, FPING_INTERVALS[-1])


def nmap_ping(enter, listing, folder):
    output = Path(folder) / "nmap.gnmap"
    return Program("nmap -sn", [*enter, "nmap", "-sn", "-n", "-PE", "--disable-arp-ping", "-T5", "--max-retries", "0",
                                "--min-hostgroup", "65536", "--min-parallelism", "1000", "-iL", listing, "-oG", output],
                   harness.count_lines("Status: Up"), output)


def bare(enter, count):
    """What the kernel and the path allow: a loop that only sends and receives."""
    def answered(path):
        return int(Path(path).read_text().split()[-1])
    return Program("bare loop", [*enter, BUILD / "bin/nm-bareping", count], answered)


def nmap_syn(enter, listing, folder):
    output = Path(folder) / "nmap.gnmap"
    return Program("nmap -sS", [*enter, "nmap", "-sS", "-n", "-Pn", "-p80", "-T5", "--max-retries", "0",
                                "--min-hostgroup", "65536", "--min-parallelism", "1000", "-iL", listing, "-oG", output],
                   harness.count_lines(r"80/(open|closed)/"), output)


def ping_entry(path, count):
    def entry(name, rounds):
        with tempfile.TemporaryDirectory() as folder, paths.PATHS[path]() as enter:
            yaml, listing = paths.write_targets(folder, count)
            ours = Program("nmprobe ping", [*enter, BUILD / "bin/nmprobe", "ping", "-f", yaml, "--rate", "0"],
                           harness.count_lines('"type":"probe.icmp",.*"received":1'))
            peers = [bare(enter, count), best_lossless_fping(enter, listing, count), nmap_ping(enter, listing, folder)]
            if path == "veth":  # zmap sends Ethernet frames, which a TUN device has not
                peers.append(sweeping.lossless_zmap(enter, folder, count))
            title = f"One echo request to each of {count:,} targets, path {path}; YAML in, JSON lines out."
            return harness.compare(name, title, [ours, *peers], rounds, count)
    return entry


def syn_entry(path, count):
    def entry(name, rounds):
        with tempfile.TemporaryDirectory() as folder, paths.PATHS[path]() as enter:
            yaml, listing = paths.write_targets(folder, count, port=80)
            ours = Program("nmtcp ping", [*enter, BUILD / "bin/nmtcp", "ping", "--method", "syn", "-f", yaml, "--rate", "0"],
                           harness.count_lines('"type":"tcp.probe",.*"received":1'))
            title = f"One SYN to port 80 of each of {count:,} targets, path {path}; YAML in, JSON lines out."
            return harness.compare(name, title, [ours, nmap_syn(enter, listing, folder)], rounds, count)
    return entry


LISTENER = """
import socket
listener = socket.create_server(("0.0.0.0", 80), backlog=65535)
print("ready", flush=True)
while True:
    listener.accept()[0].close()
"""


@contextlib.contextmanager
def listening(enter):
    """A service on port 80 of every address of the far namespace."""
    far = [*enter[:-1], enter[-1].removesuffix("-p") + "-q"]
    subprocess.run([*far, "sysctl", "-qw", "net.core.somaxconn=65535", "net.ipv4.tcp_max_syn_backlog=65535",
                    "net.ipv4.tcp_syncookies=0"], check=True)
    server = subprocess.Popen([*far, "/usr/bin/python3", "-c", LISTENER], stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline().strip() == "ready"
    try:
        yield
    finally:
        server.kill()
        server.wait()


def nmap_connect(enter, listing, folder):
    output = Path(folder) / "nmap.gnmap"
    return Program("nmap -sT", [*enter, "nmap", "-sT", "-n", "-Pn", "-p80", "-T5", "--max-retries", "0",
                                "--min-hostgroup", "65536", "--min-parallelism", "1000", "-iL", listing, "-oG", output],
                   harness.count_lines(r"80/open/"), output)


def connect_entry(count):
    def entry(name, rounds):
        with tempfile.TemporaryDirectory() as folder, paths.veth() as enter, listening(enter):
            yaml, listing = paths.write_targets(folder, count, port=80)

            def ours(window):
                return Program(f"nmtcp ping --window {window}",
                               [*enter, BUILD / "bin/nmtcp", "ping", "--method", "connect", "-f", yaml, "--rate", "0", "--window",
                                window], harness.count_lines('"type":"tcp.probe",.*"state":"open"'))
            title = f"A connection to port 80 of each of {count:,} targets, path veth; YAML in, JSON lines out."
            return harness.compare(name, title, [ours(1000), nmap_connect(enter, listing, folder), ours(1), ours(2000)], rounds,
                                   count)
    return entry


COUNTS = {"1k": 1_000, "10k": 10_000, "65k": 64_770}
ENTRIES = {
    **{f"ping-{path}-{label}": ping_entry(path, count) for path in paths.PATHS for label, count in COUNTS.items()},
    "connect-10k": connect_entry(10_000),
    **{f"syn-{path}-{label}": syn_entry(path, count) for path in paths.PATHS for label, count in COUNTS.items()},
}
