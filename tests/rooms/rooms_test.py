#!/usr/bin/env python3
"""Arrows between rooms go one way: no room includes, by whatever way round, one that includes it.

rooms_test.py SOURCE_FOLDER

Each folder of sources below models, platform, rtl and sw is a room; in sw/runtime each file name without
its extension is one. The arrows come from the includes.
"""
import collections
import pathlib
import re
import sys

ROOTS = ("models", "platform", "rtl", "sw")
INCLUDED_FROM = (".", "models", "rtl", "sw", "sw/include")  # the -I folders
BY_NAME = pathlib.Path("sw/runtime")
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)


def room_of(file):
    return file.with_suffix("") if file.parent == BY_NAME else file.parent


def arrows(source):
    """{(room, room): [(file, included file)]}"""
    found = collections.defaultdict(list)
    for root in ROOTS:
        for file in sorted((source / root).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".c", ".S"):
                continue
            room = room_of(file.relative_to(source))
            for name in INCLUDE.findall(file.read_text()):
                included = next((pathlib.Path(folder) / name for folder in INCLUDED_FROM
                                 if (source / folder / name).is_file()), None)
                if included is not None and room_of(included) != room:
                    found[room, room_of(included)].append((file.relative_to(source), included))
    return found


def reachable(room, found):
    """All rooms that arrows lead to from there."""
    seen, waiting = set(), [room]
    while waiting:
        here = waiting.pop()
        for start, end in found:
            if start == here and end not in seen:
                seen.add(end)
                waiting.append(end)
    return seen


def main():
    found = arrows(pathlib.Path(sys.argv[1]))
    circles = [(start, end) for start, end in sorted(found) if start in reachable(end, found)]
    for start, end in circles:
        print(f"{start} -> {end}, which leads back:")
        for file, included in found[start, end]:
            print(f"  {file} includes {included}")
    rooms = {room for arrow in found for room in arrow}
    print(f"{len(rooms)} rooms, {len(found)} arrows, {len(circles)} of them in circles")
    return 1 if circles or len(rooms) < 50 else 0  # fewer: it did not look


if __name__ == "__main__":
    sys.exit(main())
