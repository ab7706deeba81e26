"""nmtcp info against ss: the CPU that it takes to list 20k established sockets with all their figures."""
import contextlib
import os
import subprocess

import harness
from harness import BUILD, Program

SOCKETS = 20_000
HOLDERS = 5  # processes: descriptors are limited for each

HOLDER = """
import resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
for _ in range(int(sys.argv[1]) // 2):
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    client.sendall(b"x" * 100)
    server.recv(100)
    held += [client, server]
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def established():
    ns = f"nm-b{os.getpid()}-info"
    subprocess.run(["ip", "netns", "add", ns], check=True)
    subprocess.run(["ip", "-n", ns, "link", "set", "lo", "up"], check=True)
    holders = []
    try:
        for _ in range(HOLDERS):
            holders.append(subprocess.Popen(
                ["ip", "netns", "exec", ns, "/usr/bin/python3", "-c", HOLDER, str(SOCKETS // HOLDERS)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for holder in holders:
            assert holder.stdout.readline().strip() == "ready"
        yield ["ip", "netns", "exec", ns]
    finally:
        for holder in holders:
            holder.stdin.close()
            holder.wait()
        subprocess.run(["ip", "netns", "del", ns], check=True)


def info_entry(name, rounds):
    with established() as enter:
        # The same namespace entry for all: what ip-netns(8) takes is in each figure.
        ours = Program("nmtcp info", [*enter, BUILD / "bin/nmtcp", "info", "--format", "json"],
                       harness.count_lines('"type":"tcp.info",'))
        by_peer = Program("nmtcp info --by peer", [*enter, BUILD / "bin/nmtcp", "info", "--format", "json", "--by", "peer/24"],
                          lambda path: SOCKETS if '"sockets":20000' in open(path).read() else 0)
        full = Program("ss -tin", [*enter, "ss", "-tinH"], harness.count_lines("^ESTAB"))
        bare = Program("ss -tn", [*enter, "ss", "-tnH"], harness.count_lines("^ESTAB"))
        title = f"{SOCKETS:,} established sockets: all figures, JSON lines out; ss writes text."
        return harness.compare(name, title, [ours, by_peer, full, bare], rounds, SOCKETS)


ENTRIES = {"info-20k": info_entry}
