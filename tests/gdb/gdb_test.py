#!/usr/bin/env python3
"""Debugs guests of sw/ on Kilburn with the real gdb-multiarch.

Each function named test_* of the modules *_tests is a test. Its expectations come from the guests'
sources and from arithmetic, not from what Kilburn said before.
"""
import argparse
import shutil
import sys
import time

import debugged
import execution_tests
import hart_tests
import session_tests
import state_tests
import watchpoint_tests

MODULES = [execution_tests, watchpoint_tests, hart_tests, state_tests, session_tests]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kilburn")
    parser.add_argument("guests", help="folder of their ELF files")
    parser.add_argument("tests", nargs="*", help="names of tests; none: all")
    arguments = parser.parse_args()
    debugged.options.kilburn = arguments.kilburn
    debugged.options.guests = arguments.guests
    if not shutil.which(debugged.GDB):
        sys.exit(f"{debugged.GDB} is missing: install the package gdb-multiarch")
    tests = {name: function for module in MODULES for name, function in vars(module).items()
             if name.startswith("test_")}
    failed = 0
    for name in arguments.tests or tests:
        start = time.monotonic()
        try:
            tests[name]()
        except AssertionError as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            failed += 1
        print(f"{name}: {time.monotonic() - start:.2f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
