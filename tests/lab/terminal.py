#!/usr/bin/python3
"""Runs a command on a terminal of its own, and says what a person would see there.

usage: terminal.py COLUMNSxLINES STEP... -- COMMAND ARGUMENT...

Steps, one after the other:
  wait=REGEX       until a line of the screen matches (20 s at most)
  gone=REGEX       until no line of the screen matches
  signal=NAME      to the command
  resize=CxL       of the window
  type=TEXT        on the keyboard; \\n is the key Enter
  screen=FILE      what is on the screen now
  touch=FILE       makes an empty file, for who waits for it
  end              until the command has ended (20 s at most), which is the last step anyway
  hangup           the terminal goes away; the command must end

Writes the last screen to stdout, and to stderr: how the command ended ("exit 0", "signal INT"), "modes same" or
what of the terminal's modes is not as it was, and to FILE of --raw=FILE every byte that was received. The screen
is pyte's, a terminal emulator that we did not write.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

import pyte

PATIENCE_S = 20


class Terminal:
    def __init__(self, size, command):
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.status = None
        pid, fd = pty.fork()
        if pid == 0:
            self.set_size(0, size)
            os.environ["TERM"] = os.environ.get("NM_TERM", "xterm-256color")
            os.execvp(command[0], command)
        self.pid, self.fd = pid, fd
        self.modes = termios.tcgetattr(fd)
        self.screen_modes = set(self.screen.mode)

    @staticmethod
    def set_size(fd, size):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def read(self, seconds):
        """False when the other side has closed."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                self.fail(what)
            if not self.read(0.05):
                if condition():
                    return
                self.fail(what + " (the command has ended)")

    def fail(self, what):
        print("\n".join(self.lines()))
        print("terminal.py: in vain:", what, file=sys.stderr)
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(99)

    def resize(self, size):
        self.screen.resize(size[1], size[0])
        self.set_size(self.fd, size)

    def end(self):
        deadline = time.monotonic() + PATIENCE_S
        while self.status is None:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            elif time.monotonic() > deadline:
                self.fail("end")
        while self.read(0.1) and select.select([self.fd], [], [], 0.1)[0]:
            pass

    def hang_up(self):
        os.close(self.fd)
        deadline = time.monotonic() + PATIENCE_S
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            elif time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                sys.exit("terminal.py: still running without a terminal")
            time.sleep(0.02)

    def changed_modes(self):
        changed = []
        if termios.tcgetattr(self.fd) != self.modes:
            changed.append("line discipline")
        if set(self.screen.mode) != self.screen_modes or self.screen.cursor.hidden:
            changed.append("screen")
        if self.screen.cursor.attrs != self.screen.default_char:
            changed.append("colour")
        if b"\033[?1049" in self.raw or b"\033[?47" in self.raw:
            changed.append("alternate screen")
        return changed


def size_of(text):
    return tuple(int(part) for part in text.split("x"))


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--")
    steps, command = arguments[1:split], arguments[split + 1 :]
    raw_file = None
    terminal = Terminal(size_of(arguments[0]), command)
    for step in steps:
        word, _, value = step.partition("=")
        if word == "--raw":
            raw_file = value
        elif word == "wait":
            terminal.until(lambda: any(re.search(value, line) for line in terminal.lines()), step)
        elif word == "gone":
            terminal.until(lambda: not any(re.search(value, line) for line in terminal.lines()), step)
        elif word == "signal":
            os.kill(terminal.pid, getattr(signal, "SIG" + value))
        elif word == "resize":
            terminal.resize(size_of(value))
        elif word == "type":
            os.write(terminal.fd, value.replace("\\n", "\n").encode())
        elif word == "screen":
            with open(value, "w", encoding="utf-8") as file:
                file.write("\n".join(terminal.lines()) + "\n")
        elif word == "touch":
            with open(value, "w", encoding="utf-8"):
                pass
        elif word == "hangup":
            terminal.hang_up()
        elif word != "end":
            sys.exit(f"terminal.py: {step}: no such step")
    hung_up = terminal.status is not None
    if not hung_up:
        terminal.end()
    if raw_file:
        with open(raw_file, "wb") as file:
            file.write(terminal.raw)
    print("\n".join(terminal.lines()))
    if os.WIFSIGNALED(terminal.status):
        print("signal", signal.Signals(os.WTERMSIG(terminal.status)).name.removeprefix("SIG"), file=sys.stderr)
    else:
        print("exit", os.WEXITSTATUS(terminal.status), file=sys.stderr)
    if not hung_up:
        print("modes", ", ".join(terminal.changed_modes()) or "same", file=sys.stderr)


main()
