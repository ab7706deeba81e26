#!/usr/bin/env python3
"""nfdump_compare.py OURS THEIRS [not-received]: flow records of nmflowtool decode against nfdump's own listing of the same file.

THEIRS is nfdump 1.7.8's ndjson or nfdump 1.6's csv; with not-received it is of the same datagrams received another
time. Prints the first difference and ends with 1, else the number of
records that are equal.
"""
import csv
import datetime
import json
import sys

ZERO_MAC = "00:00:00:00:00:00"


def letters(flags):
    return "".join(letter for letter in "FSRPAU" if letter in flags)


def from_ndjson(line):
    it = json.loads(line)
    get = it.get
    return {
        "start": it["first"], "end": it["last"], "received": it["received"], "packets": it["in_packets"],
        "bytes": it["in_bytes"], "proto": it["proto"], "flags": letters(get("tcp_flags", "")) if it["proto"] == 6 else None,
        "src_port": get("src_port"), "dst_port": get("dst_port"), "icmp": (get("icmp_type"), get("icmp_code")),
        "src_ip": get("src4_addr") or get("src6_addr"), "dst_ip": get("dst4_addr") or get("dst6_addr"), "tos": it["src_tos"],
        "in_if": get("input_snmp"), "out_if": get("output_snmp"), "src_mask": get("src_mask"), "dst_mask": get("dst_mask"),
        "vlan": get("src_vlan") or None, "post_vlan": get("dst_vlan") or None, "src_as": get("src_as"), "dst_as": get("dst_as"),
        "next_hop": get("ip4_next_hop") or get("ip6_next_hop"), "exporter": get("ip4_router") or get("ip6_router"),
        "src_mac": mac(get("in_src_mac")), "dst_mac": mac(get("in_dst_mac")),
        "post_src_mac": mac(get("out_src_mac")), "post_dst_mac": mac(get("out_dst_mac")),
    }


def mac(text):
    return text if text and text != ZERO_MAC else None


def from_csv(row):
    proto = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMP6": 58}[row[7]]
    icmp = proto in (1, 58)
    return {
        "start": row[0].replace(" ", "T"), "end": row[1].replace(" ", "T"), "duration": row[2], "received": row[-1].replace(" ", "T"),
        "packets": int(row[11]), "bytes": int(row[12]), "proto": proto, "flags": letters(row[8]) if proto == 6 else None,
        "src_port": None if icmp else int(row[5]), "dst_port": None if icmp else int(row[6]),
        "icmp": divmod(int(row[6]), 256) if icmp else (None, None), "src_ip": row[3], "dst_ip": row[4], "tos": int(row[10]),
        "in_if": int(row[15]), "out_if": int(row[16]), "vlan": int(row[25]) or None, "post_vlan": int(row[26]) or None,
        "exporter": row[-4], "src_mac": mac(row[27]), "dst_mac": mac(row[29]),
        "post_src_mac": mac(row[30]), "post_dst_mac": mac(row[28]),
    }


def ours(line):
    it = json.loads(line)
    get = it.get
    start, end = it["start"], it["end"]
    return {
        "start": start[:23], "end": end[:23], "received": it["ts"][:23], "packets": it["packets"], "bytes": it["bytes"],
        "proto": it["proto_num"], "flags": get("tcp_flags", "") if it["proto_num"] == 6 else None, "src_port": get("src_port"),
        "dst_port": get("dst_port"), "icmp": (get("icmp_type"), get("icmp_code")), "src_ip": it["src_ip"], "dst_ip": it["dst_ip"],
        "tos": it["tos"], "in_if": get("in_if"), "out_if": get("out_if"), "src_mask": get("src_mask"), "dst_mask": get("dst_mask"),
        "vlan": get("vlan"), "post_vlan": get("post_vlan"), "src_as": get("src_as"), "dst_as": get("dst_as"),
        "next_hop": get("next_hop"), "exporter": get("exporter"), "src_mac": get("src_mac"), "dst_mac": get("dst_mac"),
        "post_src_mac": get("post_src_mac"), "post_dst_mac": get("post_dst_mac"),
        "duration": milliseconds(start, end),
    }


def milliseconds(start, end):
    at = datetime.datetime.fromisoformat
    return f"{(at(end[:23]) - at(start[:23])).total_seconds():.3f}"


def main():
    mine = [ours(line) for line in open(sys.argv[1]) if line.startswith('{"type":"flow",')]
    text = open(sys.argv[2]).read().splitlines()
    if text[0].startswith("{"):
        theirs = [from_ndjson(line) for line in text]
    else:
        theirs = [from_csv(row) for row in csv.reader(line for line in text if line[:2] == "20")]
    if len(mine) != len(theirs):
        sys.exit(f"{len(mine)} records, nfdump has {len(theirs)}")
    for number, (one, other) in enumerate(zip(mine, theirs), 1):
        for key, value in other.items():
            if sys.argv[3:] and value == other["received"]:  # a sample's start and end too
                continue
            seconds = key in ("start", "end") and len(value) == 19  # what the csv of nfdump 1.6 tells
            if (one[key][:19] if seconds else one[key]) != value:
                sys.exit(f"record {number}: {key} is {one[key]!r}, nfdump says {value!r}")
    print(len(mine))


if __name__ == "__main__":
    main()
