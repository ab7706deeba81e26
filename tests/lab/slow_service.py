#!/usr/bin/env python3
"""slow_service.py ADDRESS PORT WORD [SECONDS]: a TCP service that behaves as WORD says; prints `ready`.

banner: speaks at once, or after SECONDS. silent: accepts and never answers. close: accepts and closes. echo: answers
what it gets, after SECONDS. http STATUS: answers a request with that status, after SECONDS. large: a banner of 20 kB."""
import socket
import sys
import threading
import time


def serve(connection, word, argument):
    with connection:
        if word == "close":
            return
        if word == "banner":
            time.sleep(float(argument or 0))
            connection.sendall(b"220 ready\r\n")
        if word == "large":
            connection.sendall(b"220 " + b"x" * 20000)
        request = connection.recv(65536)
        if word == "echo" and request:
            time.sleep(float(argument or 0))
            connection.sendall(request)
        if word == "http" and request:
            connection.sendall(f"HTTP/1.1 {argument} Something\r\nContent-Length: 0\r\n\r\n".encode())
        while request:  # until the other end closes
            request = connection.recv(65536)


def main():
    address, port, word, argument = (sys.argv[1:] + [""])[:4]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, int(port)), family=family)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, word, argument), daemon=True).start()


main()
