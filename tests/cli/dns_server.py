#!/usr/bin/python3
"""dns_server.py: a DNS server on loopback that does what the first label of the name asked for says.

Prints its port (UDP and TCP) and serves until its standard input ends."""
import select
import socket
import struct
import sys
import threading
import time

AA_QR = 0x8400


def question_of(query):
    at = 12
    labels = []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += query[at] + 1
    return labels, query[12:at + 5]


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"


def record(kind, data, ttl=300):
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def message(ident, question, records=(), flags=AA_QR, additional=b"", added=0):
    head = struct.pack("!6H", ident, flags, 1 if question else 0, len(records), 0, added)
    return head + question + b"".join(records) + additional


def address(last):
    return record(1, bytes([192, 0, 2, last]))


def option(code, data):
    options = struct.pack("!HH", code, len(data)) + data
    return b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(options)) + options


def answers(query, tcp):
    """(seconds to wait, answer, from another socket) of each datagram that the query gets."""
    ident, flags = struct.unpack("!HH", query[:4])
    labels, question = question_of(query)
    what = labels[0].decode().lower()
    flags = AA_QR | (flags & 0x0110)
    good = message(ident, question, [address(1)], flags)
    wrong_question = message(ident, name("other.test") + question[-4:], [address(9)], flags)
    table = {
        "nx": [(0, message(ident, question, flags=flags | 3), False)],
        "servfail": [(0, message(ident, question, flags=flags | 2, additional=option(15, b"\0\x16gone"), added=1), False)],
        "empty": [(0, message(ident, question, flags=flags), False)],
        "many": [(0, message(ident, question, [address(i) for i in range(20)], flags), False)],
        "mx": [(0, message(ident, question, [record(15, b"\0\x0a" + name("mail.test"))], flags), False)],
        "slow": [(0.3, good, False)],
        "late": [(0.3, good, False)],
        "silent": [],
        "wrongid": [(0, message(ident ^ 1, question, [address(9)], flags), False)],
        "wrongquestion": [(0, wrong_question, False)],
        "wrongthenright": [(0, wrong_question, False), (0.05, good, False)],
        "wrongsource": [(0, good, True)],
        "dup": [(0, good, False), (0.05, good, False)],
        "garbage": [(0, good[:-3], False)],
        "noquestion": [(0, message(ident, b"", flags=flags | 1), False)],
        "lower": [(0, message(ident, question.lower(), [address(1)], flags), False)],
        "nsid": [(0, message(ident, question, [address(1)], flags, option(3, b"node-7"), 1), False)],
        "query": [(0, query, False)],
        "short": [(0, b"\0\1\2", False)],
    }
    if what in ("tc", "tcclose", "tcwrong") and not tcp:
        return [(0, message(ident, question, flags=flags | 0x0200), False)]
    if what == "tcclose":
        return []
    if what == "tcwrong":
        return [(0, wrong_question, False)]
    if what == "tc":
        return [(0, message(ident, question, [address(i) for i in range(250)], flags), False)]
    return table.get(what, [(0, good, False)])


def serve_udp(sock, other):
    while True:
        query, peer = sock.recvfrom(4096)
        for wait, answer, elsewhere in answers(query, False):
            sender = other if elsewhere else sock
            if wait:
                threading.Timer(wait, sender.sendto, (answer, peer)).start()
            else:
                sender.sendto(answer, peer)


def serve_connection(connection):
    with connection:
        data = b""
        while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
            more = connection.recv(4096)
            if not more:
                return
            data += more
        for wait, answer, _ in answers(data[2:], True):
            time.sleep(wait)
            # In pieces, the length among them.
            for piece in (struct.pack("!H", len(answer))[:1], struct.pack("!H", len(answer))[1:] + answer[:5], answer[5:]):
                connection.sendall(piece)
                time.sleep(0.01)


def serve_tcp(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_connection, args=(connection,), daemon=True).start()


def main():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    listener = socket.socket()
    udp.bind(("127.0.0.1", 0))
    listener.bind(udp.getsockname())
    listener.listen(64)
    threading.Thread(target=serve_udp, args=(udp, other), daemon=True).start()
    threading.Thread(target=serve_tcp, args=(listener,), daemon=True).start()
    print(udp.getsockname()[1], flush=True)
    select.select([sys.stdin], [], [])


main()
