"""nmprobe sweep against zmap and fping -g: addresses of a /16 found per second. masscan is left out: it does not end."""
import json
import subprocess
import tempfile
from pathlib import Path

import harness
import paths
from harness import BUILD, Program

# zmap's rate in packets per second, from the fastest; the first that loses nothing is its lossless rate.
ZMAP_RATES = [400_000, 200_000, 150_000, 100_000, 50_000]
NETWORK, COUNT = "10.99.0.0/16", 65_536


def zmap(enter, folder, rate, count=COUNT):
    """Of the network as many addresses as asked for, in zmap's own order."""
    nothing = Path(folder) / "nothing"
    nothing.touch()
    # It sends Ethernet frames of its own; without a default route it must be told to whom, or it waits for ever.
    far = enter[-1].removesuffix("-p") + "-q"
    link = json.loads(subprocess.run(["ip", "-n", far, "-j", "link", "show", "eth0"], check=True, capture_output=True).stdout)
    argv = [*enter, "zmap", "-M", "icmp_echoscan", "-i", "eth0", "-G", link[0]["address"], "-r", rate, "-c", "1", "-b", nothing, "-q", "-v", "0",
            "-n", count, "-o", "-", NETWORK]
    return Program(f"zmap -r {rate}", argv, harness.count_lines(r"^\d+\.\d+\.\d+\.\d+$"))


def lossless_zmap(enter, folder, count=COUNT):
    for rate in ZMAP_RATES:
        program = zmap(enter, folder, rate, count)
        if all(harness.run_once(program, Path(folder))["delivered"] == count for _ in range(2)):
            return program
    return zmap(enter, folder, ZMAP_RATES[-1], count)


def fping(enter):
    shell = " ".join([*enter, "fping", "-g", "-a", "-q", "-r0", "-t1000", "-i0.001", NETWORK])
    return Program("fping -g -i 0.001", ["sh", "-c", shell], harness.count_lines(r"^10\.99\."))


def sweep_entry(name, rounds):
    with tempfile.TemporaryDirectory() as folder, paths.veth() as enter:
        ours = Program("nmprobe sweep", [*enter, BUILD / "bin/nmprobe", "sweep", "--rate", "0", NETWORK],
                       harness.count_lines('"state":"up"'))
        title = f"One echo request to each of {COUNT:,} addresses of a /16, path veth; zmap at its lossless rate, with its " \
                "shortest wait at the end (1 s)."
        return harness.compare(name, title, [ours, lossless_zmap(enter, folder), fping(enter)], rounds, COUNT)


ENTRIES = {"sweep-veth-65k": sweep_entry}
