#!/usr/bin/env python3
"""ss_compare.py NMTCP: runs `nmtcp info` and `ss -tinHOe` and compares them socket by socket.

Prints one line: sockets compared, figures compared. Exits 1 with the differences. The connections must be idle."""
import json
import re
import subprocess
import sys

# Our key: ss's word and the factor from its unit. What ss does not print when it is 0 or unknown is in OMITTED.
FIGURES = {
    "cwnd": ("cwnd", 1), "ssthresh": ("ssthresh", 1), "mss": ("mss", 1), "pmtu": ("pmtu", 1),
    "bytes_sent": ("bytes_sent", 1), "bytes_acked": ("bytes_acked", 1), "bytes_received": ("bytes_received", 1),
    "bytes_retrans": ("bytes_retrans", 1), "min_rtt_us": ("minrtt", 1000), "rto_us": ("rto", 1000),
    "unacked": ("unacked", 1), "lost": ("lost", 1),
}
OMITTED = {"bytes_sent", "bytes_acked", "bytes_received", "bytes_retrans", "unacked", "lost"}


def end(text):
    """ss's ADDR:PORT as ours."""
    host, port = text.rsplit(":", 1)
    host = host.strip("[]").split("%")[0].removeprefix("::ffff:")
    return host, int(port)


def of_ss(line):
    words = line.split()
    figures = dict(word.split(":", 1) for word in words[5:] if ":" in word)
    return (end(words[3]), end(words[4])), figures, words


def expected(ss, words):
    out = {}
    for key, (word, factor) in FIGURES.items():
        if word in ss:
            out[key] = round(float(ss[word]) * factor)
        elif key in OMITTED:
            out[key] = 0
    if "rtt" in ss:
        srtt, rttvar = ss["rtt"].split("/")
        out["srtt_us"], out["rttvar_us"] = round(float(srtt) * 1000), round(float(rttvar) * 1000)
    retrans = ss.get("retrans", "0/0").split("/")
    out["retrans"], out["retrans_total"] = int(retrans[0]), int(retrans[1])
    out["receive_queue"], out["send_queue"] = int(words[1]), int(words[2])
    for name in ("bbr", "cubic", "reno"):
        if name in words:
            out["congestion_control"] = name
    for key, word in (("delivery_rate_bytes_s", "delivery_rate"), ("pacing_rate_bytes_s", "pacing_rate")):
        if word in words:
            bits = words[words.index(word) + 1]
            out[key] = float(bits.removesuffix("bps")) / 8
    if ss.get("cgroup", "").startswith("/"):  # else ss does not see the hierarchy either
        out["cgroup"] = ss["cgroup"]
    out["cookie"] = ss["sk"]
    for key, word in (("busy_us", "busy"), ("rwnd_limited_us", "rwnd_limited"), ("sndbuf_limited_us", "sndbuf_limited")):
        if word in ss:
            out[key] = int(re.match(r"\d+", ss[word])[0]) * 1000
    return out


def same(key, ours, theirs):
    if isinstance(theirs, str):
        return ours == theirs
    if ours is None:
        return False
    if key.endswith("_bytes_s"):  # ss prints fewer digits
        return abs(ours - theirs) <= max(1.0, 1e-4 * theirs)
    if key in ("busy_us", "rwnd_limited_us", "sndbuf_limited_us"):
        return theirs <= ours < theirs + 1000  # whole ms
    return ours == theirs


def main():
    records = subprocess.run([sys.argv[1], "info", "--format", "json"], stdout=subprocess.PIPE, check=False).stdout
    lines = subprocess.run(["ss", "-tinHOe"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                           check=True).stdout.splitlines()
    ours = {}
    for record in map(json.loads, records.splitlines()):
        if record["type"] == "tcp.info":
            ours[(record["local_ip"], record["local_port"]), (record["peer_ip"], record["peer_port"])] = record
    wrong, figures = [], 0
    for line in lines:
        ends, ss, words = of_ss(line)
        if ends not in ours:
            wrong.append(f"missing: {line}")
            continue
        record = ours.pop(ends)
        wanted = expected(ss, words)
        for key, theirs in wanted.items():
            figures += 1
            if not same(key, record.get(key), theirs):
                wrong.append(f"{ends}: {key} is {record.get(key)} and not {theirs}: {line}")
        # A figure that ss leaves out because it has no meaning is no figure of ours either.
        for key in ("srtt_us", "rttvar_us", "min_rtt_us", "ssthresh", "delivery_rate_bytes_s"):
            if key in record and key not in wanted:
                wrong.append(f"{ends}: {key} is {record[key]} although ss has none: {line}")
    wrong += [f"more than ss: {ends}" for ends in ours]
    print("\n".join(wrong[:20]) or f"{len(lines)} sockets, {figures} figures")
    sys.exit(1 if wrong or not lines else 0)


main()
