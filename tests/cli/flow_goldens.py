#!/usr/bin/env python3
"""flow_goldens.py DATA [CASE]: decodes the NetFlow and IPFIX goldens of DATA (README.md there) and compares what
they spell out. Prints each difference; ends with 1 when there is one. EXCEPTIONS names the errors of the goldens."""
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import flow_pcap

# (case, key): why the golden is wrong there, or has another idea of the field. The key "*" is the number of records.
EXCEPTIONS = {
    ("netflow-5-valid-01", "*"): "the file holds several datagrams back to back (README)",
    ("ipfix", "*"): "the file holds several messages back to back; the golden counts those of the first",
    ("telegraf-netflow_v9_options", "in_bytes"): "reads scope type 1, system, as element 1",
}
# Names of logstash-codec-netflow for NetFlow v5 and v9 elements; IPFIX elements it calls as the registry does.
NAMES = {
    "ipv4_src_addr": "sourceIPv4Address", "ipv4_dst_addr": "destinationIPv4Address", "l4_src_port": "sourceTransportPort",
    "l4_dst_port": "destinationTransportPort", "protocol": "protocolIdentifier", "in_bytes": "octetDeltaCount",
    "in_pkts": "packetDeltaCount", "out_bytes": "postOctetDeltaCount", "out_pkts": "postPacketDeltaCount",
    "input_snmp": "ingressInterface", "output_snmp": "egressInterface", "src_as": "bgpSourceAsNumber",
    "dst_as": "bgpDestinationAsNumber", "src_mask": "sourceIPv4PrefixLength", "dst_mask": "destinationIPv4PrefixLength",
    "tcp_flags": "tcpControlBits", "src_tos": "ipClassOfService", "ipv4_next_hop": "ipNextHopIPv4Address",
    "bgp_ipv4_next_hop": "bgpNextHopIPv4Address", "src_vlan": "vlanId", "dst_vlan": "postVlanId",
    "in_src_mac": "sourceMacAddress", "in_dst_mac": "destinationMacAddress", "direction": "flowDirection",
    "flow_sampler_id": "samplerId", "ip_protocol_version": "ipVersion", "conn_id": "flowId", "icmp_code": "icmpCodeIPv4",
    "icmp_type": "icmpTypeIPv4", "in_permanent_bytes": "octetTotalCount", "ipv4_ident": "fragmentIdentification",
    "total_bytes_exp": "exportedOctetTotalCount", "total_pkts_exp": "exportedMessageTotalCount",
    "total_flows_exp": "exportedFlowRecordTotalCount", "xlate_src_addr_ipv4": "postNATSourceIPv4Address",
    "xlate_dst_addr_ipv4": "postNATDestinationIPv4Address", "fw_event": "firewallEvent",
    "rev_flow_delta_bytes": "responderOctets", "ip_dscp": "ipDiffServCodePoint", "engine_id": "engineId",
    "engine_type": "engineType", "sampling_interval": "samplingInterval", "sampling_algorithm": "samplingAlgorithm",
    "flow_active_timeout": "flowActiveTimeout", "flow_inactive_timeout": "flowIdleTimeout",
    "forwarding_status": "forwardingStatus", "flow_end_reason": "flowEndReason", "username": "USERNAME",
    "fw_ext_event": "FW_EXT_EVENT", "ipv4_src_prefix": "sourceIPv4Prefix", "tcp_src_port": "tcpSourcePort",
    "udp_dst_port": "udpDestinationPort", "out_src_mac": "postSourceMacAddress", "out_dst_mac": "postDestinationMacAddress",
}
# Key of the golden's own, or the header's, or a time (advisory, README).
NOT_ELEMENTS = re.compile(r"version|flow_seq_num|flowset_id|flow_records|first_switched|last_switched|.*_msec|event_time.*"
                          r"|.*acl_id|application_id|app_id|user_id|scope_system|mpls.*|privateEnterpriseNumber|tcpOptions"
                          r"|flow(Start|End).*|.*Milliseconds|xlate_.*_port|vmware.*|viptelaVPNId|flows")
# telegraf's names for what is in our records.
TELEGRAF = {
    "src": "src_ip", "dst": "dst_ip", "src_port": "src_port", "dst_port": "dst_port", "protocol": "proto",
    "in_bytes": "bytes", "in_packets": "packets", "in_snmp": "in_if", "out_snmp": "out_if", "src_mask": "src_mask",
    "dst_mask": "dst_mask", "in_src_mac": "src_mac", "app_name": "app_name", "app_desc": "app_description",
    "interface": "if_name", "interface_desc": "if_description",
}


# Where a fixed layout or an uptime has no element of that name.
OURS = {"firewallEvent": "FW_EVENT", "postNATSourceIPv4Address": "XLATE_SRC_ADDR_IPV4",
        "postNATDestinationIPv4Address": "XLATE_DST_ADDR_IPV4", "flowStartMilliseconds": "start", "flowEndMilliseconds": "end", "samplingInterval": "sampling_rate"}


def decode(files):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "case.pcap")
        flow_pcap.write(path, [("10.0.0.1", open(name, "rb").read()) for name in files])
        out = subprocess.run(["nmflowtool", "decode", "--all-fields", "-r", path], capture_output=True, check=False).stdout
    lines = [json.loads(line) for line in out.decode().splitlines()]
    return [line for line in lines if line["type"] in ("flow", "flow.option")]


def same(golden, ours):
    if golden in (None, "", "::", "0.0.0.0", 0, "0") and ours is None:
        return True  # a zero that says "none" is absent here, and an empty text as well
    if isinstance(golden, dict) and "status" in golden:
        return golden["status"] << 6 | golden["reason"] == ours
    if isinstance(golden, list):
        return isinstance(ours, list) and len(golden) == len(ours)
    if str(golden).lower() == str(ours).lower():
        return True
    if isinstance(golden, bool) or isinstance(ours, bool):
        return {True: 1, False: 2}.get(ours) == golden or golden == ours
    if isinstance(golden, str) and golden.startswith("0x"):
        digits = golden[2:].lower()
        return str(ours).lower() == digits or bytes.fromhex(digits).decode("latin1") == ours
    if isinstance(golden, int) and isinstance(ours, str):
        if re.fullmatch("[0-9a-f]*", ours) and ours:
            return int(ours, 16) == golden
        if golden.bit_length() <= 64 and golden.to_bytes(8, "big").lstrip(b"\0").decode("latin1") == ours:
            return True
        return re.match(r"\d{4}-", ours) is not None  # a time
    return False


class Case:
    def __init__(self, name):
        self.name, self.problems = name, 0

    def tell(self, key, words):
        if (self.name, key) in EXCEPTIONS:
            return
        self.problems += 1
        print(f"{self.name}: {key}: {words}")

    def count(self, wanted, records):
        if wanted is not None and wanted != len(records):
            self.tell("*", f"{len(records)} records, the golden has {wanted}")


def milliseconds(text):
    if text is None:
        return None
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def lookup(record, prefix, name):
    if prefix.startswith("en"):
        pen, number = prefix[2:], name[2:]
        known = {("15397", "1"): "proceraService", ("15397", "2"): "proceraBaseService", ("15397", "3"): "proceraIncomingOctets",
                 ("15397", "4"): "proceraOutgoingOctets", ("15397", "15"): "proceraFlowBehavior",
                 ("15397", "25"): "proceraHttpFileLength", ("15397", "47"): "proceraTemplateName"}
        return record.get(known.get((pen, number), f"{pen}:{number}"))
    return record.get(name)


def check_ipfixcol2(case, path, records):
    lines = [json.loads(line) for line in open(path, encoding="latin1") if line.startswith("{")]
    if not lines:
        return  # ipfixcol2 gave up on it, which the file says
    case.count(len(lines), records)
    for line, record in zip(lines, records):
        for key, value in line.items():
            prefix, _, name = key.partition(":")
            if key == "@type" or prefix in ("en4294967295", "netflowExtra") or name in ("id0", "paddingOctets"):
                continue
            ours = lookup(record, prefix, name)
            if ours is None and name in OURS:
                ours = record.get(OURS[name])
                if "Milliseconds" in name and abs((milliseconds(ours) or 0) - value) <= 1:
                    continue  # from uptimes, whose fraction of a millisecond is lost
            if not same(value, ours):
                case.tell(name, f"golden {value!r}, ours {ours!r}")


def check_logstash(case, path, records):
    golden = json.load(open(path))
    case.count(golden["expected_event_count"], records)
    for event in golden["expected_events_partial"]:
        wanted = {NAMES.get(key, key): value for key, value in event["netflow"].items() if not NOT_ELEMENTS.fullmatch(key)}
        best = min(records, default={}, key=lambda record: sum(not same(v, record.get(k)) for k, v in wanted.items()))
        for key, value in wanted.items():
            ours = best.get(key, best.get(OURS.get(key, key)))
            if not same(value, ours):
                case.tell(key, f"golden {value!r}, ours {ours!r}")


def check_telegraf(case, path, records):
    lines = [dict(re.findall(r'[ ,](\w+)=("[^"]*"|[^, ]*)', line)) for line in open(path)]
    case.count(len(lines), records)
    for line, record in zip(lines, records):
        for key, value in line.items():
            if key not in TELEGRAF:
                continue
            value = value.strip('"') if value.startswith('"') else int(value.rstrip("u"))
            ours = record.get(TELEGRAF[key])
            if ours is None and key.endswith("_snmp"):
                ours = record.get({"in_snmp": "ingressInterface", "out_snmp": "egressInterface"}[key])
            if not same(value, ours):
                case.tell(key, f"golden {value!r}, ours {ours!r}")


def run(data, only):
    problems, cases = 0, 0
    for path in sorted(glob.glob(f"{data}/logstash/*.golden.json")):
        case = Case(os.path.basename(path)[: -len(".golden.json")])
        if only and only != case.name:
            continue
        records = decode([f"{data}/logstash/{name}" for name in json.load(open(path))["datagrams_in_order"]])
        check_logstash(case, path, records)
        if os.path.exists(peer := path.replace(".golden.json", ".ipfixcol2.jsonl")):
            check_ipfixcol2(case, peer, records)
        problems, cases = problems + case.problems, cases + 1
    for folder in sorted(glob.glob(f"{data}/telegraf/*/")):
        case = Case("telegraf-" + folder.split("/")[-2])
        if "sflow" in folder or (only and only != case.name):
            continue
        check_telegraf(case, folder + "expected.out", decode(sorted(glob.glob(folder + "*.bin"))))
        problems, cases = problems + case.problems, cases + 1
    print(f"{cases} cases, {problems} differences")
    return problems == 0 and cases > 0


if __name__ == "__main__":
    sys.exit(0 if run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None) else 1)
