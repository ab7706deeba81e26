#!/usr/bin/env python3
"""tcp_pairs.py SPEC...: TCP connections that stay. Prints `ready` when they are there, then follows commands on stdin.

A SPEC is ADDRESS,COUNT[,BYTES]: a listener on ADDRESS:7000, COUNT connections to it, BYTES sent by each and answered
by half as many. `::` listens for both families, and is reached by IPv4. The commands: `send BYTES` by the first
connection, `churn SECONDS` opens and closes others all the time, `quit`."""
import resource
import socket
import sys
import time


def listen(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address == "::" else 1)
    listener.bind((address, 7000))
    listener.listen(128)
    return listener


def receive(sock, count):
    while count > 0:
        got = sock.recv(count)
        if not got:
            raise EOFError
        count -= len(got)


def connect(listener, address, size):
    client = socket.create_connection(("127.0.0.1" if address == "::" else address, 7000))
    server, _ = listener.accept()
    if size:
        client.sendall(b"x" * size)
        receive(server, size)
        server.sendall(b"y" * (size // 2))
        receive(client, size // 2)
    return client, server


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listeners, pairs = {}, []
    for spec in sys.argv[1:]:
        address, count, size = (spec.split(",") + ["0"])[:3]
        listeners[address] = listen(address)
        for _ in range(int(count)):
            pairs.append(connect(listeners[address], address, int(size)))
    time.sleep(0.3)  # delayed acknowledgements
    print("ready", flush=True)
    for line in sys.stdin:
        command, *argument = line.split()
        if command == "send":
            pairs[0][0].sendall(b"z" * int(argument[0]))
            receive(pairs[0][1], int(argument[0]))
        elif command == "churn":
            address, listener = next(iter(listeners.items()))
            until = time.monotonic() + float(argument[0])
            while time.monotonic() < until:
                others = [connect(listener, address, 100) for _ in range(200)]
                for client, server in others:
                    # A reset: no TIME_WAIT keeps the ports.
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    client.close()
                    server.close()
        elif command == "quit":
            return
        print("done", flush=True)


main()
