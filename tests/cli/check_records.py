#!/usr/bin/python3
"""check_records.py SCHEMAS < RECORDS: every line is a record as nm-record(5) promises.

SCHEMAS is what `tool --generate schema` printed; `-` stands for any type. Prints the first broken promises, and
exits 1 if there is one."""
import json
import re
import sys

try:
    import jsonschema
except ImportError:
    jsonschema = None

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
TYPE = re.compile(r"[a-z]+(\.[a-z_]+)*\Z")
LARGEST = 2**53


def refuse(word):
    raise ValueError(f"{word} is not JSON")


def unique(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"key {key} twice")
    return dict(pairs)


def values(value, path=""):
    """Every scalar and every empty container below value, with its path."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from values(item, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for item in value:
            yield from values(item, f"{path}[]")
    else:
        yield path, value


def problems(line, schemas):
    if not line.endswith(b"\n"):
        yield "the last line has no newline"
    try:
        record = json.loads(line.decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique)
    except ValueError as error:
        yield f"not strict JSON: {error}"
        return
    if not isinstance(record, dict) or list(record)[:2] != ["type", "v"]:
        yield "does not begin with type and v"
        return
    if "ts" in record and list(record)[2] != "ts":
        yield "ts is not the third key"
    if not TYPE.match(record["type"]):
        yield f"type {record['type']!r}"
    for path, value in values(record):
        if value is None or value in ("", [], {}) and not isinstance(value, (bool, int, float)):
            yield f"{path[1:]} is {value!r} instead of absent"
        if isinstance(value, (int, float)) and abs(value) > LARGEST:
            yield f"{path[1:]} is above 2^53"
    if "ts" in record and not TIME.match(record["ts"]):
        yield f"ts {record['ts']!r}"
    if schemas is None:
        return
    if record["type"] not in schemas:
        yield f"type {record['type']} is not among those that the verb says it emits"
    elif jsonschema is not None:
        for error in jsonschema.Draft202012Validator(schemas[record["type"]]).iter_errors(record):
            yield f"schema: {'.'.join(map(str, error.path))}: {error.message}"


def main():
    schemas = None
    if sys.argv[1] != "-":
        with open(sys.argv[1], encoding="utf-8") as file:
            schemas = {s["properties"]["type"]["const"]: s for s in map(json.loads, file)}
    broken = 0
    number = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        for problem in problems(line, schemas):
            print(f"line {number}: {problem}: {line[:200]!r}", file=sys.stderr)
            broken += 1
            if broken >= 10:
                sys.exit(1)
    if number == 0:
        print("no record at all", file=sys.stderr)
    sys.exit(0 if number > 0 and broken == 0 else 1)


main()
