#!/usr/bin/env python3
"""nfcapd_variants.py FILE FOLDER: unpacked files of nfdump 1.7 and 1.6 with three blocks of the records of FILE, which
is of 1.7, and of the same file what a crash, a full disk or a bad copy make of it."""
import pathlib
import struct
import sys

HEADER = 40  # of layout 2; the offset of the appendix is at byte 24, the number of blocks at byte 36
HEADER_1 = 276  # of layout 1; the number of blocks is at byte 8


def block(kind, count, body):
    return struct.pack("<IIHH", count, len(body), kind, 0) + body


def with_header(header, offset, count):
    return header[:24] + struct.pack("<QII", offset, 0, count) + header[HEADER:]


def main(source, folder):
    out = pathlib.Path(folder)
    data = open(source, "rb").read()
    end = struct.unpack_from("<Q", data, 24)[0]
    records, appendix = data[HEADER:end], data[end:]
    three = 3 * records
    header = with_header(data[:HEADER], HEADER + len(three), 3)
    whole = header + three + appendix
    unwritten = data[:18] + bytes(2) + with_header(data[:HEADER], 0, 0)[20:HEADER]
    count, size = struct.unpack_from("<II", records)
    old_header = struct.pack("<HHII", 0xA50C, 1, 0, 3) + bytes(HEADER_1 - 12)
    old = block(2, count, records[12:])
    files = {
        "whole": whole,
        "boundary": whole[:HEADER + 2 * len(records)],
        "no_appendix": header + three,
        "half_appendix": whole[:-20],
        "count_low": with_header(header, HEADER + len(three), 2) + three + appendix,
        "count_high": with_header(header, HEADER + len(three), 4) + three + appendix,
        "offset_low": with_header(header, HEADER + len(records), 3) + three + appendix,
        "offset_high": with_header(header, HEADER + len(whole), 3) + three + appendix,
        "being_written": unwritten + three,
        "unknown": header + records + block(9, *struct.unpack_from("<I", records),
                   records[12:]) + records + appendix,
        "array": with_header(header, HEADER + 2 * len(records) + 16, 3) + records + block(4, 1, bytes(4)) + records
                 + appendix,
        "inside": whole[:HEADER + len(records) + 12 + size // 2],
        "old": old_header + 3 * old,
        "old_boundary": old_header + 2 * old,
        "old_being_written": old_header[:8] + bytes(HEADER_1 - 8) + 2 * old,
        "old_catalog": old_header + old + block(4, 0, bytes(8)) + old,
        "old_unknown": old_header + old + block(9, 0, bytes(8)) + old,
    }
    for name, content in files.items():
        (out / name).write_bytes(content)


main(*sys.argv[1:])
