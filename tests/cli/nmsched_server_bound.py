#!/usr/bin/env python3
"""How many apps can be accepted at most, by a solver that is not ours: for each target server a time-indexed integer
programme (one cell per slot of the hyperperiod) asks cbc for the largest set of tests that the server can hold; nodes
are ignored, so the sum is an upper bound. Each app has at most one exclusive test in the instances.

usage: nmsched_server_bound.py INSTANCE"""
import collections
import json
import math
import subprocess
import sys
import tempfile


def folded(text):
    """CPLEX LP lines may not be long: one term per line."""
    return text.replace(" + ", "\n + ")


def programme(tests, slot):
    hyperperiod = math.lcm(*(test["period_s"] for test in tests))
    cells = collections.defaultdict(list)
    starts = []
    for number, test in enumerate(tests):
        mine = []
        for offset in range(0, test["period_s"], slot):
            name = f"y{number}_{offset}"
            mine.append(name)
            for run in range(offset, offset + hyperperiod, test["period_s"]):
                for second in range(run, run + test["duration_s"], slot):
                    cells[second % hyperperiod].append(name)
        starts.append(mine)
    rows = [" + ".join(row) + " <= 1" for row in starts + [cells[cell] for cell in sorted(cells)]]
    names = [name for mine in starts for name in mine]
    return folded("Maximize\n obj: " + " + ".join(names) + "\nSubject To\n" + "\n".join(rows)
                  + "\nBinary\n" + "\n".join(names) + "\nEnd\n")


def largest_set(tests, slot):
    with tempfile.NamedTemporaryFile("w", suffix=".lp") as model:
        model.write(programme(tests, slot))
        model.flush()
        answer = subprocess.run(["cbc", model.name, "solve", "quit"], capture_output=True, text=True, check=True).stdout
    if "Optimal solution found" not in answer:
        sys.exit("cbc found no optimum: " + answer[-500:])
    value = next(line for line in answer.splitlines() if line.startswith("Objective value:"))
    return round(abs(float(value.split()[-1])))


def main():
    slot = 1
    without_server = 0
    servers = collections.defaultdict(list)
    with open(sys.argv[1], encoding="utf-8") as instance:
        for record in map(json.loads, instance):
            if record["type"] == "config":
                slot = record["slot_s"]
            if record["type"] != "app":
                continue
            exclusive = [test for test in record["tests"] if test["class"] == "exclusive" and "target" in test]
            if exclusive:
                servers[exclusive[0]["target"]].append(exclusive[0])
            else:
                without_server += 1
    print(without_server + sum(largest_set(tests, slot) for tests in servers.values()))


main()
