#!/usr/bin/env python3
"""Runs random programs on Kilburn's RISC-V hart and on QEMU, and compares the hashes of the states
at every trap and of memory behind every case. The first that differs is shown in full, with the
instructions since the one before.

    riscv_differential.py --kilburn build/release/kilburn --group guest --seed 7 --words 100000
"""

import argparse
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import cases
import layout as at
from aia_stream import GUEST_FILES
from program import Program

QEMU = "qemu-system-riscv64"
OBJDUMP = "riscv64-unknown-elf-objdump"
#: Zbc, Svpbmt and triggers are not in Kilburn's hart.
CPU = ("rv64,h=true,zba=true,zbb=true,zbc=false,zbs=true,svinval=true,svpbmt=false,sstc=true,"
       "debug=false,svnapot={}")
QEMU_SECONDS = 60
KILBURN_SECONDS = 120


class Failure(Exception):
    """Something that ends the test with a message."""


def require_tools():
    for tool, package in ((QEMU, "qemu-system-misc"), (OBJDUMP, "binutils-riscv64-unknown-elf")):
        if shutil.which(tool) is None:
            raise Failure(f"{tool} is not there: install the package {package}")


class Side:
    """One of the two that execute a program. `run` returns what it printed: lines of a letter and
    hexadecimal digits."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.seconds = 0.0

    def run(self, elf):
        path, output = self.folder / "program.elf", self.folder / f"{self.name}.txt"
        path.write_bytes(elf)
        output.write_bytes(b"")
        begin = time.monotonic()
        try:
            ended = subprocess.run(self.command(path, output), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                   timeout=self.limit)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not come to the program's end") from None
        finally:
            self.seconds += time.monotonic() - begin
        text = ended.stdout + output.read_bytes()
        lines = text.decode("ascii", "replace").splitlines()
        if "E" not in lines:
            raise Failure(f"{self.name} did not come to the program's end, exit status "
                          f"{ended.returncode}:\n{text.decode('ascii', 'replace')[-500:]}"
                          f"{ended.stderr.decode('ascii', 'replace')[-2000:]}")
        return lines[:lines.index("E")]


class Qemu(Side):
    limit = QEMU_SECONDS

    def __init__(self, folder, napot, machine):
        super().__init__("QEMU", folder)
        self.cpu, self.machine = CPU.format("true" if napot else "false"), machine

    def command(self, path, output):
        return [QEMU, "-M", self.machine, "-cpu", self.cpu, "-smp", "1,maxcpus=2", "-m", "128M", "-bios", "none",
                "-display", "none", "-monitor", "none", "-serial", f"file:{output}", "-kernel",
                str(path)]


class Kilburn(Side):
    limit = KILBURN_SECONDS

    def __init__(self, folder, program, settings, flip):
        super().__init__("Kilburn", folder)
        self.program, self.settings, self.flip = program, settings, flip

    def command(self, path, output):
        # QEMU 7.2 has no menvcfg.ADUE: it always updates.
        return [self.program, "run", "--elf", str(path), "--set", "memory.bytes=128MiB",
                "--set", "mmu.walker.ad_update=hardware",
                *(word for setting in self.settings for word in ("--set", setting))]

    def run(self, elf):
        lines = super().run(elf)
        if self.flip is None:
            return lines
        return [flip_bit(line, self.flip) if line.startswith("H") else line for line in lines]


def flip_bit(line, number):
    """One bit of the hash of snapshot `number` is wrong: a test of the comparison."""
    start = 1 + 8 * number
    return line[:start] + f"{int(line[start:start + 8], 16) ^ 1:08x}" + line[start + 8:]


def hashes(lines):
    digits = next((line[1:] for line in lines if line.startswith("H")), "")
    return [digits[i:i + 8] for i in range(0, len(digits), 8)]


def retired(lines):
    """Instructions of streams, as the side's minstret has them."""
    return next((int(line[1:], 16) for line in lines if line.startswith("N")), 0)


def first_difference(one, other):
    for i, (a, b) in enumerate(zip(one, other)):
        if a != b:
            return i
    return None if len(one) == len(other) else min(len(one), len(other))


# --- telling a difference ------------------------------------------------------------------------
class Record:
    """A snapshot (S) or the memory behind a case (D, P) as it was shown in full."""

    def __init__(self, kind, values):
        self.kind, self.values = kind, values

    @classmethod
    def parse(cls, lines):
        result = []
        for line in lines:
            kind = line[:1]
            words = [int(line[i:i + 16], 16) for i in range(1, len(line) - 15, 16)]
            if kind == "S":
                result.append(cls("state", dict(zip(at.SNAPSHOT_NAMES, words))))
            elif kind == "D":
                result.append(cls("memory", {f"[{at.DATA + 8 * i:#x}]": word
                                             for i, word in enumerate(words)}))
            elif kind == "P" and result:
                result[-1].values.update({f"entry at {a:#x}": b
                                          for a, b in zip(words[::2], words[1::2])})
        return result


def disassemble(program, case, first, count, folder):
    """`count` words of the case's stream from number `first`."""
    words = case.words[first:first + count]
    raw = folder / "stream.bin"
    raw.write_bytes(struct.pack(f"<{len(words)}I", *words))
    text = subprocess.run(
        [OBJDUMP, "-D", "-b", "binary", "-m", "riscv:rv64", "-M", "no-aliases",
         f"--adjust-vma={case.start + 4 * first:#x}", str(raw)],
        capture_output=True, text=True, check=False).stdout
    return [line for line in text.splitlines() if ":\t" in line]


def describe_case(case):
    lines = [f"mode {case.mode}, mstatus {case.status:#x}, stream {case.start:#x} to "
             f"{case.start + 4 * (len(case.words) - 1):#x} (physical {case.physical:#x}), "
             f"handlers {case.host_handler:#x}, {case.guest_handler:#x}"]
    lines += [f"  {name} = {value:#x}" for name, value in case.csrs.items() if value]
    return lines


def tell(program, number, sides, folder):
    """What snapshot `number` is, and how it differs."""
    lines = [f"snapshot {number} of group {program.group}, seed {program.seed}, differs"]
    shown = []
    for side in sides:
        try:
            shown.append(Record.parse(side.run(program.elf((max(number - 1, 0), number + 1)))))
        except Failure as failure:
            lines.append(str(failure))
            shown.append([])
    if not all(shown):
        return lines
    last = [records[-1] for records in shown]
    if last[0].kind != last[1].kind:
        lines.append(f"{sides[0].name}: {last[0].kind}, {sides[1].name}: {last[1].kind}")
    names = [sides[0].name, sides[1].name]
    lines.append(f"{'':28}{names[0]:>20}{names[1]:>20}")
    for name in {**last[0].values, **last[1].values}:
        pair = [record.values.get(name) for record in last]
        if pair[0] != pair[1]:
            lines.append(f"{name:28}" + "".join(
                f"{'' if word is None else f'{word:x}':>20}" for word in pair))
    state = next((r for r in reversed(shown[0]) if r.kind == "state"), None)
    if state is None:
        return lines
    case = program.cases[min(state.values["case"], len(program.cases) - 1)]
    lines.append(f"case {state.values['case']}, round {state.values['round']}, trap "
                 f"{state.values['trap']} at {state.values['pc']:#x}:")
    lines += describe_case(case)
    before = shown[0][0] if len(shown[0]) > 1 and shown[0][0].kind == "state" else None
    if before is not None and before.values["case"] != state.values["case"]:
        before = None
    begin = 0 if before is None or before.values["round"] != state.values["round"] else (
        max(before.values["pc"] - case.start, 0) // 4)
    ends = [(r[-1].values["pc"] - case.start) // 4 for r in shown if r[-1].kind == "state"]
    ends = [e for e in ends if begin <= e < len(case.words)] or [begin + 20]
    first = max(begin, max(ends) - 40)
    lines.append("state at the snapshot before, and the instructions since:")
    if before is not None:
        lines += [f"  {name:10} {word:x}" for name, word in before.values.items()
                  if not name.startswith("f") or name == "fcsr"]
    lines += disassemble(program, case, first, max(ends) - first + 2, folder)
    return lines


def compare(program, sides, folder):
    """Lines that tell the first difference; none: the two agree. How many snapshots there were, and
    how many instructions of streams Kilburn has retired."""
    elf = program.elf()
    printed = [side.run(elf) for side in sides]
    instructions = retired(printed[1])
    results = [hashes(lines) for lines in printed]
    number = first_difference(*results)
    if number is None:
        return [], len(results[0]), instructions
    if number >= min(map(len, results)):
        counts = ", ".join(f"{s.name} {len(r)}" for s, r in zip(sides, results))
        return [f"different numbers of snapshots: {counts}"], number, instructions
    return tell(program, number, sides, folder), number, instructions


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilburn", help="the program to be tested; without it QEMU runs alone")
    parser.add_argument("--group", choices=cases.GROUPS, required=True)
    parser.add_argument("--seed", type=int, default=1, help="of the first program")
    parser.add_argument("--programs", type=int, default=1, help="how many, of seeds that follow")
    parser.add_argument("--words", type=int, default=100000,
                        help="of streams that a program executes")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE",
                        help="handed on to Kilburn")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="for the programs")
    parser.add_argument("--self-test", action="store_true",
                        help="a bit of Kilburn's output is flipped: succeeds if that is found")
    parser.add_argument("--expect-difference", action="store_true",
                        help="succeeds if the first program shows a difference: with --set, a test of "
                             "the comparison")
    return parser.parse_args()


def boards(group):
    """QEMU's machine, and Kilburn's settings for the same one."""
    if group != "aia":
        return "virt", []
    return (f"virt,aia=aplic-imsic,aia-guests={GUEST_FILES}",
            ["board.aia=aplic_imsic", f"board.guest_files={GUEST_FILES}"])


def run(options, folder):
    instructions = snapshots = 0
    sides_seconds = [0.0, 0.0]
    begin = time.monotonic()
    for seed in range(options.seed, options.seed + options.programs):
        napot = seed % 3 != 0  # without Svnapot QEMU checks the reserved bits of entries
        program = Program(options.group, seed, options.words, napot=napot)
        flip = 5 if options.self_test else None
        machine, board = boards(options.group)
        sides = [Qemu(folder, napot, machine)]
        sides.append(Kilburn(folder, options.kilburn, [*board, *options.set], flip)
                     if options.kilburn else Qemu(folder, napot, machine))
        difference, count, executed = compare(program, sides, folder)
        if options.self_test:
            if not difference or count != flip:
                raise Failure("a flipped bit was not found")
            print(f"snapshot {count} differs, as it should")
            return
        if options.expect_difference:
            if not difference:
                raise Failure("no difference was found")
            print("\n".join(difference[:6]))
            return
        if difference:
            raise Failure("\n".join(difference))
        instructions += executed
        snapshots += count
        sides_seconds = [s + side.seconds for s, side in zip(sides_seconds, sides)]
    print(f"{options.group}: {options.programs} programs from seed {options.seed}, {instructions} "
          f"instructions retired, {snapshots} snapshots agree; {sides[0].name} {sides_seconds[0]:.1f} s, "
          f"{sides[1].name} {sides_seconds[1]:.1f} s, all {time.monotonic() - begin:.1f} s")


def main():
    options = parse_arguments()
    try:
        require_tools()
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            run(options, options.keep)
        else:
            with tempfile.TemporaryDirectory() as folder:
                run(options, pathlib.Path(folder))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
