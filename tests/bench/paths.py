"""The two paths that probing is measured on, each in network namespaces of its own.

veth:  a namespace that answers for all of 10.99.0.0/16 (scripts/lab, topology pair): zero delay.
10ms:  nm-netsim behind a TUN device holds every answer for 10 ms.
"""
import contextlib
import os
import signal
import subprocess
from pathlib import Path

from harness import BUILD, ROOT


def addresses(count):
    return [f"10.99.{i // 254}.{i % 254 + 1}" for i in range(count)]


def write_targets(folder, count, port=None):
    """The same targets as YAML for us and as a list for the peers."""
    names = addresses(count)
    region = [f"  {name}: {port}\n" if port else f"  - {name}\n" for name in names]
    (Path(folder) / "targets.yaml").write_text("bench:\n" + "".join(region))
    (Path(folder) / "targets.txt").write_text("\n".join(names) + "\n")
    return Path(folder) / "targets.yaml", Path(folder) / "targets.txt"


@contextlib.contextmanager
def veth():
    name = f"b{os.getpid()}"
    subprocess.run([ROOT / "scripts/lab", "up", "--topology", "pair", name], check=True, stdout=subprocess.DEVNULL)
    try:
        yield ["ip", "netns", "exec", f"nm-{name}-p"]
    finally:
        subprocess.run([ROOT / "scripts/lab", "down", name], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def ten_ms(rule="10.99.0.0/16: delay=10ms,tcp_open=80"):
    ns = f"nm-b{os.getpid()}-sim"
    subprocess.run(["ip", "netns", "add", ns], check=True)
    subprocess.run(["ip", "-n", ns, "link", "set", "lo", "up"], check=True)
    sim = None
    try:
        sim = subprocess.Popen(["ip", "netns", "exec", ns, BUILD / "bin/nm-netsim", "--address", "10.99.255.254/16",
                                "--rule", rule, "--ledger-counts", "--ledger", "/dev/null"],
                               stdout=subprocess.PIPE, text=True)
        assert sim.stdout.readline().strip() == "ready"
        yield ["ip", "netns", "exec", ns]
    finally:
        if sim:
            sim.send_signal(signal.SIGTERM)
            sim.wait()
        subprocess.run(["ip", "netns", "del", ns], check=True)


PATHS = {"veth": veth, "10ms": ten_ms}
