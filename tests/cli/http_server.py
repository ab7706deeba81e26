#!/usr/bin/python3
"""http_server.py [CERTIFICATE KEY]: an HTTP server on loopback that does what the path says.

Prints the port of 127.0.0.1, that of ::1, and that of TLS (0 without a certificate); serves until its standard
input ends."""
import gzip
import re
import select
import socket
import ssl
import struct
import sys
import threading
import time

CLOSE = object()


def reply(status, body=b"", *headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(status, where):
    return reply(status, b"moved", f"Location: {where}")


def endless(sock):
    sock.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        sock.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")


def stall(sock):
    sock.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
    time.sleep(30)


def drip(sock):
    sock.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\na")
    time.sleep(0.2)
    sock.sendall(b"b")


def interim(sock):
    sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    time.sleep(0.2)
    sock.sendall(reply(200, b"final"))


def slow(sock):
    time.sleep(0.2)
    sock.sendall(reply(200, b"slow"))


def cut(sock):
    sock.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\nonly this")
    return CLOSE


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return CLOSE


BOMB = gzip.compress(bytes(50_000_000))
SCRIPTS = {"/endless": endless, "/stall": stall, "/drip": drip, "/interim": interim, "/slow": slow, "/cut": cut,
           "/reset": reset, "/close": lambda sock: CLOSE, "/hang": lambda sock: time.sleep(30)}


def answer(sock, method, path, head, body, port):
    if path in SCRIPTS:
        return SCRIPTS[path](sock)
    if match := re.fullmatch(r"/status/(\d+)", path):
        return sock.sendall(reply(match[1], b"" if match[1] in ("204", "304") else b"status"))
    if match := re.fullmatch(r"/hops/(\d+)", path):
        left = int(match[1])
        time.sleep(0.05)
        return sock.sendall(redirect(302, f"/hops/{left - 1}") if left else reply(200, b"there"))
    if match := re.fullmatch(r"/move/(\d+)", path):
        return sock.sendall(redirect(match[1], "/echo"))
    table = {
        "/loop": redirect(302, "/loop"),
        "/elsewhere": redirect(302, f"http://localhost:{port}/echo"),
        "/nowhere": redirect(302, "http://no-such-host.invalid/"),
        "/ftp": redirect(302, "ftp://127.0.0.1/x"),
        "/garbage": b"this is not HTTP\r\n\r\n",
        "/bomb": reply(200, BOMB, "Content-Encoding: gzip"),
        "/echo": reply(200, method.encode() + b" " + path.encode() + b"\n" + head + b"\n\n" + body, "Content-Type: text/plain"),
    }
    data = table.get(path, reply(200, b"hello world", "Content-Type: text/plain"))
    return sock.sendall(data.split(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else data)


def serve(sock, port):
    try:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = sock.recv(65536)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            length = int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1])
            while len(data) < length:
                data += sock.recv(65536)
            body, data = data[:length], data[length:]
            method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            if answer(sock, method, path, head, body, port) is CLOSE:
                return
    except OSError:
        pass
    finally:
        sock.close()


def accept(listener, context):
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def run(sock=sock):
            try:
                served = context.wrap_socket(sock, server_side=True) if context else sock
            except OSError:
                return
            serve(served, listener.getsockname()[1])
        threading.Thread(target=run, daemon=True).start()


def listen(family, address, context=None):
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, 0))
    listener.listen(512)
    threading.Thread(target=accept, args=(listener, context), daemon=True).start()
    return listener.getsockname()[1]


def main():
    ports = [listen(socket.AF_INET, "127.0.0.1"), listen(socket.AF_INET6, "::1"), 0]
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        ports[2] = listen(socket.AF_INET, "127.0.0.1", context)
    print(*ports, flush=True)
    select.select([sys.stdin], [], [])


main()
