"""nmprobe trace against scamper: paths found per second.

Path chain: four hops of real kernels, and 10.99.0.0/16 behind the last one. Path diamond: the same with two ways
that the second router balances by ports.
"""
import contextlib
import os
import subprocess
import tempfile

import harness
import paths
from harness import BUILD, Program


def commands(text):
    for line in text.strip().splitlines():
        subprocess.run(line.split(), check=True)


@contextlib.contextmanager
def chain(two_ways):
    """Namespaces s - a - {b, c} - e - d; yields how to enter s."""
    name = f"nm-b{os.getpid()}-"
    nodes = ["s", "a", "b", "c", "e", "d"]
    try:
        for node in nodes:
            commands(f"""ip netns add {name}{node}
                ip -n {name}{node} link set dev lo up
                ip netns exec {name}{node} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=10000000 net.ipv4.icmp_msgs_burst=10000000 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0""")
        for net, (near, far) in enumerate([("s", "a"), ("a", "b"), ("a", "c"), ("b", "e"), ("c", "e"), ("e", "d")], 1):
            commands(f"""ip link add name to{far} netns {name}{near} type veth peer name to{near} netns {name}{far}
                ip -n {name}{near} address add 10.0.{net}.1/24 dev to{far}
                ip -n {name}{far} address add 10.0.{net}.2/24 dev to{near}
                ip -n {name}{near} link set dev to{far} up
                ip -n {name}{far} link set dev to{near} up""")
        ways = "nexthop via 10.0.2.2 nexthop via 10.0.3.2" if two_ways else "via 10.0.2.2"
        commands(f"""ip -n {name}s route add 10.99.0.0/16 via 10.0.1.2
            ip -n {name}a route add 10.99.0.0/16 {ways}
            ip -n {name}b route add 10.99.0.0/16 via 10.0.4.2
            ip -n {name}c route add 10.99.0.0/16 via 10.0.5.2
            ip -n {name}e route add 10.99.0.0/16 via 10.0.6.2
            ip -n {name}d route add local 10.99.0.0/16 dev lo
            ip -n {name}d route add 10.0.0.0/16 via 10.0.6.1
            ip -n {name}e route add 10.0.1.0/24 via 10.0.4.1
            ip -n {name}b route add 10.0.1.0/24 via 10.0.2.1
            ip -n {name}c route add 10.0.1.0/24 via 10.0.3.1""")
        enter = ["ip", "netns", "exec", f"{name}s"]
        for host in range(1, 17):  # the routers learn their neighbours, on both ways
            subprocess.run([*enter, "ping", "-q", "-c1", "-W1", f"10.99.1.{host}"], check=False, stdout=subprocess.DEVNULL)
        yield enter
    finally:
        for node in nodes:
            subprocess.run(["ip", "netns", "del", name + node], check=False)


def trace_entry(count):
    """The same method and the same number of probes: one a hop, UDP with fixed ports."""
    def entry(name, rounds):
        with tempfile.TemporaryDirectory() as folder, chain(two_ways=True) as enter:
            yaml, listing = paths.write_targets(folder, count)
            ours = Program("nmprobe trace", [*enter, BUILD / "bin/nmprobe", "trace", "--method", "udp", "-c", "1", "--rate", "0",
                                             "-f", yaml],
                           harness.count_lines('"type":"probe.trace",.*"state":"reached"'))
            scamper = Program("scamper", [*enter, "scamper", "-p", "10000", "-w", "0", "-O", "json", "-c",
                                          "trace -P udp-paris -q 1", "-f", listing],
                              harness.count_lines('"stop_reason":"(COMPLETED|UNREACH)"'))
            title = f"The paths to {count:,} targets, 4 hops, one UDP probe a hop; YAML in, JSON lines out."
            return harness.compare(name, title, [ours, scamper], rounds, count)
    return entry


def mda_entry(name, rounds):
    with tempfile.TemporaryDirectory(), chain(two_ways=True) as enter:
        ours = Program("nmprobe trace --mda", [*enter, BUILD / "bin/nmprobe", "trace", "--mda", "--method", "udp", "10.99.1.1"],
                       harness.count_lines('"type":"probe.trace",.*"branches":2'))
        scamper = Program("scamper tracelb", [*enter, "scamper", "-O", "json", "-I", "tracelb -P udp-sport 10.99.1.1"],
                          harness.count_lines('"type":"tracelb"'))
        title = "Both ways of a diamond at 95 %, one target."
        return harness.compare(name, title, [ours, scamper], rounds, 1)


ENTRIES = {"trace-1k": trace_entry(1_000), "trace-mda": mda_entry}
