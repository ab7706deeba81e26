#!/usr/bin/env python3
"""flow_replay.py FILE ADDR PORT: sends each UDP payload of an Ethernet/IPv4 pcap file to ADDR:PORT, in order."""
import socket
import struct
import sys
import time

path, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = open(path, "rb").read()
family = socket.AF_INET6 if ":" in address else socket.AF_INET
sender = socket.socket(family, socket.SOCK_DGRAM)
at, sent = 24, 0
while at < len(data):
    captured = struct.unpack_from("<I", data, at + 8)[0]
    packet = data[at + 16 : at + 16 + captured]
    at += 16 + captured
    sender.sendto(packet[14 + 20 + 8 :], (address, port))
    sent += 1
    if sent % 50 == 0:
        time.sleep(0.001)
