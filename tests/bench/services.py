"""nmprobe dns against dnsperf, nmprobe http against curl -Z: the same questions to the same server, which stands in
a network namespace of its own behind a veth pair."""
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import harness
import paths
from harness import BUILD, Program, Result

SERVER = "10.99.0.53"


@contextlib.contextmanager
def beside(argv, ready):
    """Runs argv in the far namespace until ready() says that it serves, and ends it afterwards."""
    far = ["ip", "netns", "exec", f"nm-b{os.getpid()}-q"]
    server = subprocess.Popen([*far, *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if ready():
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def runs(argv):
    return lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


@contextlib.contextmanager
def unbound(folder):
    """A resolver that knows every name of bench.test."""
    config = Path(folder) / "unbound.conf"
    config.write_text(f'server:\n interface: {SERVER}\n access-control: 0.0.0.0/0 allow\n do-daemonize: no\n chroot: ""\n'
                      ' username: ""\n pidfile: ""\n use-syslog: no\n so-rcvbuf: 4m\n'
                      ' local-zone: "bench.test." redirect\n local-data: "bench.test. A 192.0.2.1"\n'
                      'remote-control:\n control-enable: no\n')
    with paths.veth() as enter:
        ready = runs([*enter, "dig", "+time=1", "+tries=1", "a.bench.test", f"@{SERVER}"])
        with beside(["unbound", "-d", "-c", config], ready):
            yield enter


@contextlib.contextmanager
def nginx(folder):
    """A web server with one page of 1 KB, and /slow that answers 200 ms after it was asked."""
    folder = Path(folder)
    (folder / "index.html").write_text("x" * 1024)
    folder.chmod(0o755)
    config = folder / "nginx.conf"
    config.write_text("load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;\n"
                      f"daemon off; worker_processes 1; user root; pid {folder}/pid; error_log {folder}/error.log;\n"
                      "events { worker_connections 4096; }\n"
                      f"http {{ access_log off; keepalive_requests 1000000; server {{ listen 80 backlog=4096; root {folder};\n"
                      "location /slow { echo_sleep 0.2; echo x; } } }\n")
    with paths.veth() as enter:
        ready = runs([*enter, "curl", "-sf", f"http://{SERVER}/"])
        with beside(["nginx", "-c", config, "-e", folder / "error.log"], ready):
            yield enter


def dns_entry(window, count):
    def entry(name, rounds):
        with tempfile.TemporaryDirectory() as folder, unbound(folder) as enter:
            names = Path(folder) / "names.txt"
            names.write_text("".join(f"n{i}.bench.test A\n" for i in range(count)))
            ours = Program("nmprobe dns", [*enter, BUILD / "bin/nmprobe", "dns", "-f", names, "--rate", "0", "--window",
                                           window, f"@{SERVER}"], harness.count_lines('"state":"ok"'))
            output = Path(folder) / "dnsperf"
            peer = Program("dnsperf", ["sh", "-c", f"{' '.join(map(str, enter))} dnsperf -s {SERVER} -d {names} -n 1 "
                                       f"-q {window} >{output}"],
                           lambda path: int(Path(path).read_text().split("Queries completed:")[1].split()[0]), output)
            title = f"{count:,} questions, {window} at once, unbound across a veth pair; our records are JSON lines, one a question."
            return harness.compare(name, title, [ours, peer], rounds, count)
    return entry


def http_entry(window, count):
    def entry(name, rounds):
        with tempfile.TemporaryDirectory() as folder, nginx(folder) as enter:
            urls = [f"http://{SERVER}/?{i}" for i in range(count)]
            ours_list = Path(folder) / "urls.yaml"
            ours_list.write_text("bench:\n" + "".join(f"  - '{url}'\n" for url in urls))
            curl_list = Path(folder) / "urls.curl"
            curl_list.write_text("".join(f'url = "{url}"\noutput = /dev/null\n' for url in urls))

            def ours(label, *options):
                return Program(label, [*enter, BUILD / "bin/nmprobe", "http", "-f", ours_list, "--rate", "0", "--window",
                                       window, *options], harness.count_lines('"state":"ok"'))
            peer = Program("curl -Z", [*enter, "curl", "-sZ", "--parallel-max", min(window, 300), "-K", curl_list, "-w",
                                       "%{http_code} %{time_connect} %{time_starttransfer}\\n"], harness.count_lines("^200 "))
            title = (f"{count:,} GETs of 1 KB, up to {window} at once, nginx across a veth pair. curl keeps connections, "
                     "as --reuse does.")
            return harness.compare(name, title, [ours("nmprobe http --reuse", "--reuse"), ours("nmprobe http --reset", "--reset"), peer],
                                   rounds, count)
    return entry


def median_ms(records, key):
    return statistics.median(record[key] for record in records)


def phases_entry(name, rounds):
    """How the times that are told move with the number of requests under way."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, nginx(folder) as enter:
        for window, count in ((1, 20), (50, 500), (500, 2500)):
            argv = [*enter, BUILD / "bin/nmprobe", "http", "--format", "json", "--rate", "0", "--reset", "--window", window,
                    "-c", count, "-i", "1us", f"http://{SERVER}/slow"]
            records = []
            for _ in range(rounds):
                lines = subprocess.run(list(map(str, argv)), capture_output=True, text=True).stdout.splitlines()
                records += [record for record in map(json.loads, lines) if record["type"] == "probe.http"]
            good = [record for record in records if record["state"] == "ok"]
            rows.append({"window": window, "requests": len(records), "failed": len(records) - len(good),
                         "p50 connect ms": f"{median_ms(good, 'connect_ms'):.3f}",
                         "p50 first byte ms": f"{median_ms(good, 'first_byte_ms'):.3f}",
                         "p50 total ms": f"{median_ms(good, 'total_ms'):.3f}"})
    title = "nmprobe http, nginx across a veth pair that answers each request after 200 ms."
    return Result(name, title, list(rows[0]), rows)


ENTRIES = {
    "dns-10k-window-100": dns_entry(100, 10_000),
    "dns-100k-window-100": dns_entry(100, 100_000),
    "http-10k-window-50": http_entry(50, 10_000),
    "http-10k-window-300": http_entry(300, 10_000),
    "http-phases": phases_entry,
}
