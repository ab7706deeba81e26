#!/usr/bin/env python3
"""tshark_flows.py CAPTURE PORT cflow|sflow: what tshark reads out of the flow datagrams to UDP port PORT, a line for
each record, sorted: source|destination|source port|destination port|protocol|packets|bytes|start|end, and for
sFlow samples source|destination|source port|destination port|protocol|frame bytes|sampling rate.
Absent values are empty; times are UTC in milliseconds."""
import datetime
import decimal
import subprocess
import sys
import xml.etree.ElementTree as tree

capture, port, protocol = sys.argv[1:4]
pdml = subprocess.run(
    ["tshark", "-r", capture, "-d", f"udp.port=={port},{protocol}", "-Y", protocol, "-T", "pdml"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
).stdout


def fields(node):
    """All fields below the node, in order."""
    return [(field.get("name"), field) for field in node.iter("field")]


def first(node, *names):
    for name, field in fields(node):
        if name in names:
            return field.get("show")
    return None


def text(seconds):
    if seconds is None:
        return ""
    ms = int((seconds * 1000).to_integral_value(decimal.ROUND_FLOOR))
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}"


def absolute(show):
    """"Nov 14, 2023 22:13:20.123000000 UTC" into seconds."""
    date, fraction = show.replace(" UTC", "").split(".")
    moment = datetime.datetime.strptime(" ".join(date.split()), "%b %d, %Y %H:%M:%S")
    return decimal.Decimal(int((moment - datetime.datetime(1970, 1, 1)).total_seconds())) + decimal.Decimal("0." + fraction)


def time_of(flow, boot, uptime_name, *absolute_names):
    uptime = first(flow, uptime_name)
    if uptime is not None and boot is not None:
        return boot + decimal.Decimal(uptime)
    for name in absolute_names:
        show = first(flow, name)
        if show is not None:
            return absolute(show)
    return None


def cflow(packet):
    boot = None
    uptime = first(packet, "cflow.sysuptime")
    if uptime is not None:
        seconds = decimal.Decimal(first(packet, "cflow.unix_secs") or 0)
        nanoseconds = decimal.Decimal(first(packet, "cflow.unix_nsecs") or 0)
        boot = seconds + nanoseconds / 10**9 - decimal.Decimal(uptime)
    for node in packet.iter("field"):
        show = node.get("show") or ""
        if not (show.startswith("Flow ") or show.startswith("pdu ")) or first(node, "cflow.octets") is None:
            continue
        values = [
            first(node, "cflow.srcaddr", "cflow.srcaddrv6"),
            first(node, "cflow.dstaddr", "cflow.dstaddrv6"),
            first(node, "cflow.srcport"),
            first(node, "cflow.dstport"),
            first(node, "cflow.protocol"),
            first(node, "cflow.packets"),
            first(node, "cflow.octets"),
            text(time_of(node, boot, "cflow.timestart", "cflow.abstimestart")),
            text(time_of(node, boot, "cflow.timeend", "cflow.abstimeend")),
        ]
        yield values


tag = {"cflow": cflow}
lines = []
for packet in tree.fromstring(pdml).iter("packet"):
    for proto in packet.iter("proto"):
        if proto.get("name") == protocol:
            lines += ["|".join(value or "" for value in values) for values in tag[protocol](proto)]
print("\n".join(sorted(lines)))
