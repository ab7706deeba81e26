"""Runs programs interleaved and turns what they took into medians, ratios and a table."""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NM_BUILD", ROOT / "build"))
README = Path(__file__).parent / "README.md"
TOO_SLOW_S = 30  # what takes longer than this in its first round is not repeated


class Program:
    """One side of an entry: argv, and count(stdout path) -> how many results it delivered. input: a file for stdin."""

    def __init__(self, name, argv, count, output=None, input=os.devnull):
        self.name, self.argv, self.count, self.output = name, [str(a) for a in argv], count, output
        self.input = input

    def run(self, folder):
        return run_once(self, folder)


class Procedure(Program):
    """A side that is more than one process: run(folder) gives what run_once gives."""

    def __init__(self, name, run):
        super().__init__(name, [], None)
        self.run = run


class Result:
    def __init__(self, name, title, columns, rows):
        self.name, self.title, self.columns, self.rows = name, title, columns, rows

    def table(self):
        lines = [f"### {self.name}", self.title, "", "| " + " | ".join(self.columns) + " |",
                 "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join(str(row.get(c, "")) for c in self.columns) + " |" for row in self.rows]
        return "\n".join(lines) + "\n"


def run_once(program, folder):
    """Wall seconds, CPU seconds, peak MB, and what the program delivered."""
    output, peak = folder / "stdout", folder / "peak"
    with open(output, "wb") as out, open(program.input) as given:
        began = time.monotonic()
        # The peak that the kernel tells of a child of ours is never below our own: time(1) is small.
        child = subprocess.Popen(["time", "-q", "-f", "%M", "-o", peak, *program.argv], stdin=given, stdout=out,
                                 stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = 0
    return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "rss_mb": int(peak.read_text()) / 1024,
            "delivered": program.count(program.output or output)}


def compare(name, title, programs, rounds, work):
    """Rounds of all programs in turn; the first program is ours. work: results that each should deliver."""
    samples = {program.name: [] for program in programs}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for program in programs:
                if any(sample["wall_s"] > TOO_SLOW_S for sample in samples[program.name]):
                    continue
                if sys.stderr.isatty():
                    print(f"\r\033[K{name}: round {number + 1} of {rounds}: {program.name}", end="", file=sys.stderr)
                samples[program.name].append(program.run(Path(folder)))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)

    def median(program, key):
        return statistics.median(sample[key] for sample in samples[program.name])

    ours = programs[0]
    rows = []
    for program in programs:
        wall, cpu = median(program, "wall_s"), median(program, "cpu_s")
        rows.append({
            "program": program.name,
            "rounds": len(samples[program.name]),
            "wall s": f"{wall:.3f}",
            "per s": f"{work / wall:,.0f}",
            "cpu us each": f"{cpu / work * 1e6:.1f}",
            "peak MB": f"{median(program, 'rss_mb'):.1f}",
            "missing (worst)": work - min(sample["delivered"] for sample in samples[program.name]),
            "speed, ours = 1": f"{median(ours, 'wall_s') / wall:.2f}",
            "cpu, ours = 1": f"{cpu / median(ours, 'cpu_s'):.2f}",
        })
    return Result(name, title, list(rows[0]), rows)


class Theft:
    """How much of the processor time that was wanted since the start the host of a virtual machine kept to itself."""

    def __init__(self):
        self._before = self._times()

    def share(self):
        wanted, stolen = (now - before for now, before in zip(self._times(), self._before))
        return stolen / wanted if wanted else 0.0

    @staticmethod
    def _times():
        """Clock ticks of all processors: wanted and stolen (proc(5))."""
        user, nice, system, _idle, _iowait, irq, softirq, stolen = map(
            int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
        return user + nice + system + irq + softirq + stolen, stolen


def record(result):
    """Puts the entry's table between its markers in README.md, or at the end."""
    begin, end = f"<!-- begin {result.name} -->", f"<!-- end {result.name} -->"
    block = f"{begin}\n{result.table()}{end}"
    text = README.read_text()
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    text = pattern.sub(lambda _: block, text) if begin in text else text.rstrip() + "\n\n" + block + "\n"
    README.write_text(text)


def count_lines(pattern):
    """A counter of the output lines that match a regular expression."""
    expression = re.compile(pattern)

    def count(path):
        with open(path, errors="replace") as lines:
            return sum(1 for line in lines if expression.search(line))
    return count
