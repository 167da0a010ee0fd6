#!/usr/bin/env python3
"""Runs one guest on QEMU's virt machine, or on Kilburn's board, and looks at its exit code and its
output.

A guest ends through the test finisher: the exit status of either is its exit code. All output must
match the patterns, in their order.
"""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile

QEMU = "qemu-system-riscv64"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("elf")
    parser.add_argument("--kilburn", metavar="PROGRAM", help="run it on this and not on QEMU")
    parser.add_argument("--set", action="append", default=[], help="of Kilburn's configuration")
    parser.add_argument("--cpu", default="rv64", help="QEMU's -cpu")
    parser.add_argument("--memory", default="128M", help="in M or G, as for QEMU's -m")
    parser.add_argument("--harts", default="2", help="how many")
    parser.add_argument("--seconds", type=float, default=60, help="time limit")
    parser.add_argument("--nvme", metavar="MIB", help="of QEMU: a controller with two namespaces of this size")
    parser.add_argument("--exit-code", type=int, default=0)
    parser.add_argument("--expect", action="append", default=[], metavar="PATTERN",
                        help="a line that matches; several in the order of the output")
    return parser.parse_args()


def kilburn_command(arguments):
    settings = [f"riscv.harts={arguments.harts}", f"memory.bytes={arguments.memory}iB", *arguments.set]
    command = [arguments.kilburn, "run", "--elf", arguments.elf]
    return command + [word for setting in settings for word in ("--set", setting)]


def nvme_devices(mib, folder):
    """QEMU's arguments for a controller and its namespaces."""
    words = ["-device", "nvme,serial=1,id=nvme0"]
    for number in (1, 2):
        image = f"{folder}/{number}.img"
        with open(image, "wb") as file:
            file.truncate(int(mib) << 20)
        words += ["-drive", f"file={image},format=raw,if=none,id=drive{number}",
                  "-device", f"nvme-ns,drive=drive{number},bus=nvme0,nsid={number}"]
    return words


def qemu_command(arguments):
    return [QEMU, "-machine", "virt", "-cpu", arguments.cpu, "-smp", arguments.harts,
            "-m", arguments.memory, "-bios", "none", "-display", "none", "-monitor", "none",
            "-serial", "stdio", "-no-reboot", "-kernel", arguments.elf]


def run(arguments):
    command = (kilburn_command if arguments.kilburn else qemu_command)(arguments)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.nvme and not arguments.kilburn:
            command += nvme_devices(arguments.nvme, folder)
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=arguments.seconds, check=False)
    if result.stderr:
        print(result.stderr.decode(errors="replace"), file=sys.stderr)
    return result.returncode, result.stdout.decode(errors="replace").replace("\r", "")


def first_missing(patterns, output):
    """The first pattern that no line matches after those of the patterns before it."""
    lines = iter(output.splitlines())
    for pattern in patterns:
        if not any(re.fullmatch(pattern, line) for line in lines):
            return pattern
    return None


def main():
    arguments = parse_arguments()
    if not arguments.kilburn and not shutil.which(QEMU):
        sys.exit(f"{QEMU} is missing: install the package qemu-system-misc")
    try:
        code, output = run(arguments)
    except subprocess.TimeoutExpired as late:
        sys.exit(f"no end within {arguments.seconds:g} s; output:\n"
                 f"{(late.stdout or b'').decode(errors='replace')}")
    print(output)
    if code != arguments.exit_code:
        sys.exit(f"exit code {code}, not {arguments.exit_code}")
    ending = "pass" if arguments.exit_code == 0 else f"fail {arguments.exit_code}"
    missing = first_missing(arguments.expect + [ending], output)
    if missing is not None:
        sys.exit(f"no line matches, or not in this order: {missing}")


if __name__ == "__main__":
    main()
