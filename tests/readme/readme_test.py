#!/usr/bin/env python3
"""The commands of README.md, as it is, run one after the other in one folder, as a reader does.

    readme_test.py SOURCE

Commands are the lines of its `sh` blocks. What would take minutes or needs a person is run otherwise,
by RULES, each with its reason; everything else is run to the letter. The program is the launcher's.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = None

NOT_A_PARAMETER = "no.such.parameter"


def with_options(options):
    """The command with these options behind its own, before what the shell redirects."""
    return lambda command: re.sub(r"^(.*?)( < \S+)?( && .*)?$", rf"\1 {options}\2\3", command)


def parsed(command):
    """Its options are read and accepted, and then it ends: at a parameter that does not exist."""
    return f"{command} --set {NOT_A_PARAMETER}=1"


# A command's begin; what is run instead; why. The first that fits counts.
RULES = [
    (r"\./kilburn test$", lambda command: command + " --help", "it is what runs this test"),
    (r"\./kilburn demo", with_options("--limit 100000"), "some 15 s of the machine"),
    (r"\./kilburn run (?!.*--elf)", with_options("--limit 100000"), "millions of accesses"),
    (r"\./kilburn cosim burst_tlb .*--trace", with_options("--limit 50000"), "millions of accesses"),
    (r"\./kilburn cosim burst_tlb --config all", with_options("--ops 2000"), "a million a geometry"),
    (r"\./kilburn linux", parsed, "fetches 130 MB, and boots for a person; tests/linux boots it"),
    (r"\./kilburn sweep studies/", lambda command: re.sub(r"studies/\S+", "short.toml", command),
     "minutes; the same space with few accesses"),
    (r"\./kilburn sweep area", lambda command: re.sub(r"--minutes \S+", "--minutes 0.05", command),
     "the time that it is given"),
]


def commands_of(text):
    """Of the `sh` blocks, in order, a list each; a comment behind a command is the shell's to drop."""
    found = []
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language == "sh":
            lines = block.replace("\\\n", " ").splitlines()
            found += [re.sub(r"\s+", " ", re.sub(r"\s+#.*", "", line)).strip() for line in lines]
        elif re.search(r"^\./|^\$ ", block, re.MULTILINE):
            raise AssertionError(f"README.md: commands outside of an `sh` block:\n{block}")
    return [command for command in found if command]


class Readme(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kilburn-readme-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for entry in SOURCE.iterdir():
            if not entry.name.startswith("."):
                (self.folder / entry.name).symlink_to(entry)
        # What README takes for given: the reader's own files.
        (self.folder / "my.toml").write_text("[mmu.dtlb]\nentries = 32\n")
        for name, trace in (("a", "graph"), ("b", "sort")):
            (self.folder / f"{name}.ktrace").symlink_to(SOURCE / f"traces/{trace}.ktrace")
        (self.folder / "big.txt").write_text("".join(f"{(i * 7919) % 4001}\n" for i in range(4000)))
        # Three short studies: paths in a space are relative to it.
        space = (SOURCE / "studies/units_per_tag.toml").read_text()
        space = space.replace("[sweep]\n", "[sweep]\nlimit = 2000\n", 1)
        space = space.replace("../traces/*.ktrace", str(SOURCE / "traces/graph.ktrace"))
        (self.folder / "short.toml").write_text(space)
        # A viewer wants a screen, and somebody who closes it: here it looks whether its files are there.
        stand_ins = self.folder / "stand-ins"
        stand_ins.mkdir()
        viewer = stand_ins / "gtkwave"
        viewer.write_text('#!/bin/sh -e\ntest -s "$1"\n'
                          'test -s "$(sed -n \'s/^.dumpfile. "\\(.*\\)"$/\\1/p\' "$1")"\n')
        viewer.chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("KILBURN_")}
        self.environment |= {"PATH": f"{stand_ins}:{os.environ['PATH']}",
                             "XDG_CACHE_HOME": str(self.folder / "cache")}
        self.shell("./kilburn trace convert traces/graph.ktrace champsim.trace.xz --format champsim "
                   "--limit 20000")

    def shell(self, command, status=0):
        began = time.monotonic()
        run = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                             check=False)
        print(f"{time.monotonic() - began:6.1f} s  {command}", file=sys.stderr, flush=True)
        self.assertEqual(run.returncode, status, f"{command}\n{run.stdout[-1000:]}\n{run.stderr}")
        return run

    def debug(self, command):
        """The guest waits for gdb on a port that is free, and gdb, which README names, ends it."""
        command = re.sub(r"--gdb \d+", "--gdb 0", command)
        with subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder,
                              env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
            try:
                said = run.stderr.readline()
                port = re.search(r"target remote :(\d+)", said)
                self.assertTrue(port, f"{command}\n{said}")
                gdb = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-ex",
                                      f"target remote :{port[1]}", "-ex", "info registers pc", "-ex",
                                      "kill"], stdin=subprocess.DEVNULL, capture_output=True,
                                     text=True, timeout=60, check=False)
                self.assertRegex(gdb.stdout, r"pc +0x", gdb.stderr)
                self.assertEqual(run.wait(30), 128 + signal.SIGINT)
            finally:
                run.kill()

    def run_command(self, command):
        if "--gdb" in command:
            return self.debug(command)
        for begin, change, _ in RULES:
            if re.match(begin, command):
                changed = change(command)
                if change is parsed:
                    run = self.shell(changed, status=2)
                    self.assertIn(NOT_A_PARAMETER, run.stderr)
                    return None
                return self.shell(changed)
        return self.shell(command)

    def test_every_command_works_after_the_first(self):
        commands = commands_of((SOURCE / "README.md").read_text())
        self.assertGreater(len(commands), 20)
        for command in commands:
            with self.subTest(command):
                for name in re.findall(r"(?:studies|traces|sw|build)/[\w./]+", command):
                    self.assertTrue((SOURCE / name).exists(), f"{name}, of {command}")
                self.run_command(command)
        for name in ("out.json", "burst_tlb.vcd", "chase.ktrace", "chase.vcd", "units.db",
                     "units.html", "units.csv", "mine.ktrace"):
            self.assertGreater((self.folder / name).stat().st_size, 0, name)
        self.shell("./kilburn run --trace chase.ktrace --limit 100000")

    def test_a_misspelt_command_is_found(self):
        for wrong in ("./kilburn rnu --trace traces/graph.ktrace",
                      "./kilburn run --trcae traces/graph.ktrace",
                      "./kilburn linux --scirpt sw/linux/boot.script",
                      "./kilburn sweep studies/units_per_tag.toml --otput units.db",
                      "./kilburn run --elf build/release/sw/helo.elf",
                      "./kilbrun params"):
            with self.subTest(wrong), self.assertRaises(AssertionError):
                self.run_command(wrong)


if __name__ == "__main__":
    SOURCE = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
