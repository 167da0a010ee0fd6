"""A copy of the rooms under mutation in a build folder of its own, and the tests that judge it."""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess

import build_steps

# Whose tests see a fault of a room: its own first.
JUDGES = {
    "common": ["page_table_cache", "page_table_walker", "rmu", "mmu"],
    "page_table_cache": ["page_table_cache", "page_table_walker", "mmu"],
    "page_table_walker": ["page_table_walker", "mmu"],
    "rmu": ["rmu", "mmu"],
    "mmu": ["mmu"],
}
# Tests whose name says what broke come first; those of random streams find what they leave.
RANDOM = "*Random*:*InvalidationInvariant*"
MOST_MEMORY = 4 << 30


class Scratch:
    def __init__(self, root, folder):
        # Placed as the release build is in its checkout, so that ccache finds that one's objects.
        self.root, self.source = root, folder / "source"
        self.build = self.source / "build" / "release"
        self.steps = None
        self.longest = {}  # seconds of processor time that a test program takes without a mutant

    def prepare(self):
        """Links to everything but the rooms, which are copied; configured once."""
        fill(self.source, self.root, skip={"models", "build", ".git"})
        fill(self.source / "models", self.root / "models", skip=JUDGES.keys())
        for room in JUDGES:
            for source in filter(pathlib.Path.is_file, (self.root / "models" / room).iterdir()):
                self.restore(source.relative_to(self.root))
        if not (self.build / "build.ninja").exists():
            subprocess.run(
                ["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja",
                 "-DCMAKE_BUILD_TYPE=Release", "-DKILBURN_BENCHMARKS=OFF", "-DKILBURN_MUTANTS=OFF",
                 "-DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST"],
                check=True, stdout=subprocess.DEVNULL)

    def restore(self, path):
        target = self.source / path
        text = (self.root / path).read_bytes()
        if not target.exists() or target.read_bytes() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)

    def mutate(self, mutant):
        text = (self.root / mutant.path).read_text()
        (self.source / mutant.path).write_text(
            text[:mutant.start] + mutant.text + text[mutant.end:])

    def check_original(self, rooms):
        """Builds the original and times its tests, which must pass."""
        programs = sorted({judge for room in rooms for judge in JUDGES[room]})
        targets = [f"tests/{program}_test" for program in programs]
        made = subprocess.run(["ninja", "-C", self.build, "-j1", *targets],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=os.environ | {"CCACHE_BASEDIR": str(self.source),
                                                "CCACHE_NOHASHDIR": "1"})
        if made.returncode != 0:
            raise SystemExit("the original does not build:\n" + made.stdout[-4000:])
        self.steps = build_steps.BuildSteps(self.source, self.build, targets)
        for program in programs:
            start = processor_time()
            failed = self.run_tests(program, limit=600)
            if failed:
                raise SystemExit(f"{program}_test fails without a mutant: {failed}")
            self.longest[program] = processor_time() - start

    def judge(self, room):
        """What becomes of the mutant in place: "does not compile", "survives", or who kills it."""
        for program in JUDGES[room]:
            if not self.steps.make(f"tests/{program}_test"):
                return "does not compile"
            killer = self.run_tests(program, limit=3 + 5 * self.longest[program])
            if killer:
                return f"{program}_test {killer}"
        return "survives"

    def run_tests(self, program, limit):
        """The first test that fails, with how where it is no failed expectation; or nothing."""
        for filter_ in ("-" + RANDOM, RANDOM):
            output, how = run_limited(
                [self.build / "tests" / f"{program}_test", "--gtest_fail_fast",
                 f"--gtest_filter={filter_}"], limit)
            if how:
                running = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)
                failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", output, re.MULTILINE)
                name = failed[0] if failed else running[-1] if running else "at its start"
                return name if failed else f"{name} ({how})"
        return ""


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_limited(command, limit):
    """Output, and how it failed: "fails", "crashes", "hangs"; nothing where it succeeded. `limit`:
    seconds of processor time; on a machine that others use, too, those of a clock say little."""
    def confine():
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", preexec_fn=confine) as process:
        try:
            output, _ = process.communicate(timeout=100 * (limit + 1))
        except BaseException as stopped:
            process.kill()
            output, _ = process.communicate()
            if not isinstance(stopped, subprocess.TimeoutExpired):
                raise
            return output, "hangs"
    if process.returncode == 0:
        return output, ""
    if -process.returncode in (signal.SIGXCPU, signal.SIGKILL):
        return output, "hangs"
    return output, "crashes" if process.returncode < 0 else "fails"


def fill(folder, original, skip):
    folder.mkdir(parents=True, exist_ok=True)
    for entry in pathlib.Path(original).iterdir():
        link = folder / entry.name
        if entry.name not in skip and not link.is_symlink():
            link.symlink_to(entry)
    for link in folder.iterdir():
        if link.is_symlink() and not link.exists():
            link.unlink()
        elif link.is_dir() and not link.is_symlink() and link.name not in skip:
            shutil.rmtree(link)
