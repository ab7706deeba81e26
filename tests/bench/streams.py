"""Decoders and filters on files: records per second against a peer that reads the same file."""
ENTRIES = {}
