#!/usr/bin/env python3
"""kilburn linux as its users run it: fetch, boot, shell, power-off. Needs the network once."""
import argparse
import hashlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

FETCH = Path(__file__).resolve().parents[2] / "sw/linux/fetch"
BOOT = "expect is up\nexpect ~ #\n"


def check(condition, message, text=""):
    if not condition:
        sys.exit(f"{message}\n{text}")


class Linux:
    """One run of `kilburn linux` on a script."""

    def __init__(self, arguments, script, *options, status=0):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "test.script"
            file.write_text(script)
            statistics = Path(folder) / "statistics.json"
            run = subprocess.run([arguments.kilburn, "linux", "--cache", arguments.cache,
                                  "--script", file, "--stats", statistics, *options],
                                 stdin=subprocess.DEVNULL, capture_output=True, check=False)
            self.out = run.stdout.decode(errors="replace")
            self.err = run.stderr.decode(errors="replace")
            self.text = self.out + self.err
            check(run.returncode == status, f"status {run.returncode}, not {status}", self.text)
            self.statistics = json.loads(statistics.read_text())

    def must_print(self, pattern):
        match = re.search(pattern, self.text, re.MULTILINE)
        check(match, f"nothing matches {pattern}", self.text)
        return match


def check_bus(linux):
    """The kernel's own scan finds the function, reads its size and gives it a place; Debian's lspci
    decodes each capability, and finds none that it does not know."""
    linux.must_print(r"pci 0000:00:03\.0: BAR 0 \[mem 0x400000000-0x40000ffff 64bit\]: assigned")
    linux.must_print(r"^00:00\.0 Host bridge: Red Hat, Inc\. QEMU PCIe Host bridge")
    function = linux.must_print(r"^00:03\.0 System peripheral: Red Hat, Inc\. Device 4b44 .*\n"
                                r"(?:\t.*\n)+")[0]
    for pattern in (r"Interrupt: pin A", r"Region 0: Memory at 400000000 \(64-bit, non-prefetchable\) .*64K",
                    r"\[\w+\] Power Management version 3", r"\[\w+\] Express \(v2\) Root Complex Integrated Endpoint",
                    r"FLReset\+", r"\[\w+\] MSI-X: Enable- Count=8", r"\[\w+ v1\] Address Translation Service",
                    r"\[\w+ v1\] Process Address Space ID", r"PASIDCap: Exec\+ Priv\+, Max PASID Width: 14"):
        check(re.search(pattern, function), f"lspci does not show {pattern}", function)
    check(not re.search(r"(?i)unknown|\binvalid\b|<access denied>|!!!", function), "lspci complains", function)
    check(linux.statistics["pcie"]["absent"] >= 30, "the scan asked for few slots", linux.out)


def test_shell(arguments):
    """A kernel that is Debian's, a shell that has a terminal, pipes that give the right sum."""
    linux = Linux(arguments, BOOT + "".join(f"send {command}\nexpect ~ #\n" for command in (
        "uname -a", "cat /proc/cpuinfo", "tty", "seq 1000 | awk '{ s += $1 } END { print s }'",
        "mount | sort", "dmesg | grep 'pci 0000'", "lspci -vvv 2>&1")) + "send poweroff\n",
                  "--set", "pcie.function.0.kind=dma_engine", "--set", "pcie.function.0.device=3",
                  "--with", "pciutils")
    release = linux.must_print(r"^kilburn: Linux (\S+-riscv64) is up$")[1]
    linux.must_print(rf"^Linux \S+ {re.escape(release)} #1 SMP .*Debian.* riscv64 GNU/Linux$")
    linux.must_print(r"^isa\s*: rv64imafdc")
    linux.must_print(r"^mmu\s*: sv57$")
    linux.must_print(r"^/dev/ttyS0$")
    linux.must_print(rf"^{sum(range(1001))}$")
    linux.must_print(r"^proc on /proc type proc ")
    linux.must_print(r"the guest ended the run: passed")
    packages = (Path(arguments.cache) / "trixie/packages.txt").read_text().splitlines()
    check(len(packages) == 3, "not three packages", str(packages))
    linux.must_print("^" + re.escape(", ".join(packages)) + "$")
    check(release in packages[0], f"the kernel that ran is {release}", packages[0])
    check("can't access tty" not in linux.out, "the shell has no terminal", linux.out)
    check_bus(linux)
    for tlb in ("itlb", "dtlb"):
        counted = linux.statistics["hart0"][tlb]
        misses = sum(counted[f"miss_{kind}"] for kind in ("tag", "unit", "content"))
        check(counted["hits"] + misses == counted["lookups"] > 0, f"{tlb}: counts", str(counted))


def test_two_harts(arguments):
    """Both harts come up, and work on both is done."""
    linux = Linux(arguments, BOOT + "send nproc\nexpect ~ #\n"
                  "send for i in 1 2 3 4; do seq 20000 | md5sum & done; wait\n"
                  "expect ~ #\nsend poweroff -f\n", "--set", "riscv.harts=2")
    linux.must_print(r"smp: Brought up 1 node, 2 CPUs")
    linux.must_print(r"^2$")
    sums = re.findall(r"^([0-9a-f]{32})  -$", linux.out, re.MULTILINE)
    check(len(sums) == 4 and len(set(sums)) == 1, "four equal sums", linux.out)
    for hart in ("hart0", "hart1"):
        check(linux.statistics[hart]["itlb"]["hits"] > 1e6, f"{hart}: hardly ran", linux.out)


def interrupts(aia, harts):
    """A test of the boot with one interrupt controller: each hart is up and has had inter-processor
    interrupts where there are others, and the console's have come by that controller; so have the drive's,
    whose bytes are right."""
    chip = {"none": "SiFive PLIC", "aplic": "APLIC-DIRECT", "aplic_imsic": "APLIC-MSI-"}[aia]

    def test(arguments):
        with tempfile.NamedTemporaryFile(suffix=".img") as disk:
            # The second half is to become the first one.
            half = random.Random(15).randbytes(1 << 20)
            disk.write(half + bytes(len(half)))
            disk.flush()
            linux = Linux(arguments, BOOT + "".join(f"send {command}\nexpect ~ #\n" for command in (
                "nproc", "dd if=/dev/nvme0n1 of=/dev/nvme0n1 bs=64k count=16 seek=16 iflag=direct oflag=direct",
                "echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/nvme0n1", "cat /proc/interrupts"))
                          + "send poweroff -f\n", "--set", f"board.aia={aia}", "--set", f"riscv.harts={harts}",
                          "--set", "pcie.function.0.kind=nvme", "--set",
                          f'pcie.function.0.nvme.flash.load="{disk.name}"', "--modules", "nvme")
        linux.must_print(f"^{hashlib.md5(half + half).hexdigest()}  /dev/nvme0n1")
        check_interrupts_of_drive(linux, aia, harts)
        linux.must_print(rf"^{harts}\s*$")
        console = linux.must_print(rf"^ *\d+:((?: +\d+)+) +{chip}.* ttyS0\s*$")
        check(sum(map(int, console[1].split())) > 10, "the console hardly interrupts", console[0])
        calls = linux.must_print(r"^IPI1:((?: +\d+)+)")[1].split()
        check(len(calls) == harts and (harts == 1 or min(map(int, calls)) > 0), "function calls", str(calls))
        linux.must_print(r"the guest ended the run: passed")

    return test


def check_interrupts_of_drive(linux, aia, harts):
    """With messages a vector for the admin queue and for each hart's; else the pin, for all queues there are."""
    lines = re.findall(r"^ *\d+:((?: +\d+)+) +(\S+.*?) (nvme0q\d.*?)\s*$", linux.out, re.MULTILINE)
    function = next(value for name, value in linux.statistics["pcie"].items() if name.endswith(".0"))
    if aia == "aplic_imsic":
        check([names for _, _, names in lines] == [f"nvme0q{i}" for i in range(harts + 1)], "queues", str(lines))
        check(all(chip.startswith("PCI-MSIX-") for _, chip, _ in lines), "no messages", str(lines))
        told = sum(int(count) for counts, _, _ in lines for count in counts.split())
        check(0 < told <= function["messages"], f"{told} of {function['messages']} messages", str(lines))
    else:
        check([names for _, _, names in lines] == ["nvme0q0, nvme0q1"], "the pin's queues", str(lines))
        check(function["messages"] == 0, "messages", str(function["messages"]))
    check(sum(map(int, lines[-1][0].split())) > 0, "no interrupt of a queue", str(lines))


def test_comparison(arguments):
    """The same boot on conventional TLBs of about as many bits; the run itself is not disturbed."""
    script = "expect is up\nend\n"
    alone = Linux(arguments, script)
    linux = Linux(arguments, script, "--compare")
    linux.must_print(r"the script ended the run")
    check(linux.statistics == alone.statistics, "comparing changed the run")
    for tlb in ("itlb", "dtlb", "l2tlb"):
        linux.must_print(rf"^  {tlb} +burst .*\n  {tlb} +conventional ")
    storage = linux.must_print(r"^  storage of .*?  +(\d+) / (\d+) / (\d+) +(\d+) / (\d+) / (\d+)$")
    bits = [int(value) for value in storage.groups()]
    for burst, conventional in zip(bits[:3], bits[3:]):
        check(abs(conventional - burst) < 0.05 * burst, "not of equal storage", storage[0])
    walks = linux.must_print(r"^  walks +(\d+) +(\d+)$")
    check(int(walks[1]) == linux.statistics["mmu"]["walker"]["walks"], "walks", walks[0])
    check(int(walks[2]) != int(walks[1]), "conventional TLBs are no other TLBs", walks[0])
    # The geometry of equal storage has no RTL.
    Linux(arguments, "expect OpenSBI v\nend\n", "--compare", "--set", "mmu.dtlb.replacement=tree_plru",
          "--set", "mmu.dtlb.implementation=lockstep").must_print(r"^  dtlb +conventional ")


def test_wait_in_vain(arguments):
    """The line that waited and the last output are told; the statistics are kept."""
    linux = Linux(arguments, "timeout 0.1\n# comes from the firmware\nexpect OpenSBI\n"
                  "expect no such text\n", status=1)
    linux.must_print(r'test\.script:4: waits for "no such text" for 0\.1 s of simulated time')
    linux.must_print(r"^\| .*\S")
    check(linux.statistics["hart0"]["instructions"] > 0, "no statistics")


def test_early_end(arguments):
    """A guest that powers off while the script still waits has failed the script."""
    linux = Linux(arguments, BOOT + "send poweroff -f\nexpect no such text\n", status=1)
    linux.must_print(r'the guest ended the run: passed; .*test\.script:4: waits for')


def test_first_lines(arguments):
    """Firmware and kernel begin: what is left of a boot where the platform is slow."""
    linux = Linux(arguments, "expect OpenSBI v\nexpect Linux version 6.\nexpect earlycon:\nend\n",
                  "--append", "earlycon=sbi")
    linux.must_print(r"Linux version 6\.\S+ \(debian-kernel@lists\.debian\.org\)")


def fetch(folder, mirror):
    return [FETCH, folder, "--mirror", mirror]


def test_fetch_without_a_network(_):
    """Nobody listens: the message says what is missing, and nothing half is left."""
    with socket.socket() as closed, tempfile.TemporaryDirectory() as folder:
        closed.bind(("127.0.0.1", 0))
        mirror = f"http://127.0.0.1:{closed.getsockname()[1]}/debian"
        run = subprocess.run(fetch(folder, mirror), capture_output=True, text=True, check=False,
                             env={**os.environ, "no_proxy": "127.0.0.1"})
        check(run.returncode == 1, f"status {run.returncode}", run.stderr)
        check(f"{mirror}: apt-get update failed; is there a network?" in run.stderr, "message",
              run.stderr)
        check(not (Path(folder) / "trixie").exists(), "something half is there")


def test_interrupted_fetch(_):
    """One that is killed leaves nothing half, and no lock that stops the next."""
    with socket.socket() as silent, tempfile.TemporaryDirectory() as folder:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        mirror = f"http://127.0.0.1:{silent.getsockname()[1]}/debian"
        environment = {**os.environ, "no_proxy": "127.0.0.1"}
        with subprocess.Popen(fetch(folder, mirror), stderr=subprocess.PIPE, env=environment,
                              start_new_session=True) as running:
            connection, _ = silent.accept()
            os.killpg(running.pid, signal.SIGKILL)
        connection.close()
        check(not (Path(folder) / "trixie").exists(), "something half is there")
        check((Path(folder) / "partial").exists(), "it was not killed in the middle")
        silent.close()
        again = subprocess.run(fetch(folder, mirror), capture_output=True, text=True, check=False,
                               timeout=120, env=environment)
        check("apt-get update failed" in again.stderr, "the next does not begin anew", again.stderr)


def refused(arguments, *options, environment=None):
    """Standard error of a `kilburn linux` that ends with status 2, before it simulates."""
    run = subprocess.run([arguments.kilburn, "linux", "--cache", arguments.cache, *options],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                         env=environment)
    check(run.returncode == 2, f"status {run.returncode}, not 2", run.stderr)
    check("instructions" not in run.stdout + run.stderr, "it has simulated", run.stdout)
    return run.stderr


def must_match(pattern, text):
    check(re.search(pattern, text, re.MULTILINE), f"nothing matches {pattern}", text)


def test_sid_with_packages_and_modules(arguments):
    """Debian's newest kernel, a program with its shared libraries, a module with what it needs; then
    the same without a network."""
    chosen = ("--suite", "sid", "--with", "pciutils", "--modules", "null_blk")
    linux = Linux(arguments, BOOT + "".join(f"send {command}\nexpect ~ #\n" for command in (
        "uname -r", "lspci --version", "cut -d' ' -f1,4 /proc/modules", "cat /sys/block/nullb0/size",
        "tty")) + "send poweroff\n", *chosen, "--append", "null_blk.gb=3")
    release = linux.must_print(r"^kilburn: Linux (\S+-riscv64) is up$")[1]
    packages = (Path(arguments.cache) / "sid/packages.txt").read_text().splitlines()
    check(release in packages[0], f"the kernel that ran is {release}", packages[0])
    version = linux.must_print(r"^with pciutils (?:\d+:)?([\d.]+)\S* and \d+ packages that they depend")
    linux.must_print(rf"^lspci version {re.escape(version[1])}$")
    # A module holds what it depends on: configfs serves null_blk.
    linux.must_print(r"^null_blk -\s*$")
    linux.must_print(r"^configfs null_blk,\s*$")
    linux.must_print(rf"^{3 * 2**30 // 512}\s*$")
    linux.must_print(r"^/dev/ttyS0\s*$")
    linux.must_print(r"the guest ended the run: passed")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        no_network = {**os.environ, "no_proxy": "",
                      "http_proxy": f"http://127.0.0.1:{closed.getsockname()[1]}"}
        again = subprocess.run([FETCH, arguments.cache, *chosen], capture_output=True, text=True,
                               check=False, env=no_network)
        check(again.returncode == 0 and "with pciutils" in again.stdout, "not again", again.stderr)
        said = refused(arguments, "--suite", "sid", "--with", "pciutils", "strace",
                       environment=no_network)
        must_match(r"linux: pciutils, strace: cannot be fetched\n.* is there a network\?", said)


def test_unknown_names(arguments):
    """What is not there is named with what is near; nothing is simulated."""
    must_match(r"--suite trixi: allowed trixie, sid; did you mean trixie\?",
               refused(arguments, "--suite", "trixi"))
    said = refused(arguments, "--with", "pciutils", "pciutilz", "--modules", "nvme")
    must_match(r"^kilburn: linux: pciutilz: Debian's trixie has no such package for riscv64; did you "
               r"mean pciutils", said)
    check(" pciutils: " not in said, "one that is there is named", said)
    must_match(r"^kilburn: linux: null_blkk: this kernel has no such module; did you mean null_blk",
               refused(arguments, "--modules", "null_blk", "null_blkk"))
    must_match(r"my\.toml: a configuration stands before --with",
               refused(arguments, "--with", "pciutils", "my.toml"))


def package_of_zeros(cache, bytes_):
    """As if Debian had a package `zeros` and it had been fetched: as large as wanted, and nothing to
    download. The cache is of its own, and has the files of the other."""
    sys.path.insert(0, str(FETCH.parent))
    import user_packages  # pylint: disable=import-outside-toplevel
    folder = cache / "trixie"
    root = cache / "zeros"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text("Package: zeros\nVersion: 1\nArchitecture: riscv64\n"
                                         "Maintainer: nobody\nDescription: zeros\n")
    (root / "usr").mkdir()
    with open(root / "usr/zeros", "wb") as file:
        file.truncate(bytes_)
    archives = folder / "apt/cache/archives"
    archives.mkdir(parents=True)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", root,
                    archives / "zeros_1_riscv64.deb"], check=True, capture_output=True)
    (folder / "plans").mkdir()
    (folder / "plans" / user_packages.key_of(["zeros"])).write_text("zeros_1_riscv64.deb\n")


def test_memory(arguments):
    """A RAM disk that does not fit into the memory given is refused; the default grows: three times the
    disk and 256 MiB, in powers of two."""
    subprocess.run([FETCH, arguments.cache], check=True, capture_output=True)
    with tempfile.TemporaryDirectory(dir=arguments.cache) as scratch:
        own = Path(scratch)
        (own / "trixie").mkdir()
        for name in ("fw_dynamic.elf", "vmlinux", "busybox", "packages.txt"):
            (own / "trixie" / name).symlink_to(Path(arguments.cache) / "trixie" / name)
        package_of_zeros(own, 300 << 20)  # 3 * 300 + 256 MiB lie between 1 and 2 GiB
        inner = argparse.Namespace(kilburn=arguments.kilburn, cache=str(own))
        said = refused(inner, "--with", "zeros", "--set", "memory.bytes=1GiB")
        must_match(r"linux: memory\.bytes = 1GiB: the RAM disk, 31\d{7} bytes, needs 2GiB or more", said)
        linux = Linux(inner, "expect OpenSBI v\nend\n", "--with", "zeros")
        linux.must_print(r"^kilburn: memory\.bytes = 2GiB instead of 1GiB: the RAM disk has 31\d{7} bytes")


def test_modules_as_depmod_says(arguments):
    """What a module depends on, read from the module, is what depmod finds by its symbols."""
    sys.path.insert(0, str(FETCH.parent))
    import kernel_modules  # pylint: disable=import-outside-toplevel
    subprocess.run([FETCH, arguments.cache], check=True, capture_output=True)
    modules = kernel_modules.Modules(Path(arguments.cache) / "trixie/modules")
    order = modules.load_order(["nvme-tcp", "null_blk", "virtio_net", "e1000e", "btrfs", "vfio-pci"])

    def parsed(text):
        return {name: needed.split() for name, needed in
                (line.split(":") for line in text.splitlines())}

    with tempfile.TemporaryDirectory() as root:
        release = "6.12.0-riscv64"
        folder = Path(root) / "lib/modules" / release
        for name, (content, _) in order.items():
            target = folder / modules.path_in_guest(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        subprocess.run(["/sbin/depmod", "-b", root, release], check=True, capture_output=True)
        expected = parsed((folder / "modules.dep").read_text())
    mine = parsed(kernel_modules.dependency_file(modules, order))
    check(len(mine) > 15, "hardly any modules", str(mine))
    check({name: set(needed) for name, needed in mine.items()} ==
          {name: set(needed) for name, needed in expected.items()}, "not what depmod says",
          f"{mine}\n{expected}")
    # modprobe loads from the end: each stands before what it needs itself.
    for name, needed in mine.items():
        for place, each in enumerate(needed):
            check(set(mine[each]) <= set(needed[place + 1:]), f"{name}: order", str(needed))


TESTS = {
    "SidWithPackagesAndModules": test_sid_with_packages_and_modules,
    "UnknownNames": test_unknown_names,
    "Memory": test_memory,
    "ModulesAsDepmodSays": test_modules_as_depmod_says,
    "Shell": test_shell,
    "TwoHarts": test_two_harts,
    **{f"Interrupts.{aia}.{harts}_harts": interrupts(aia, harts)
       for aia in ("none", "aplic", "aplic_imsic") for harts in (1, 4)},
    "Comparison": test_comparison,
    "AWaitInVain": test_wait_in_vain,
    "AnEarlyEnd": test_early_end,
    "FirstLines": test_first_lines,
    "FetchWithoutANetwork": test_fetch_without_a_network,
    "InterruptedFetch": test_interrupted_fetch,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", choices=TESTS)
    parser.add_argument("--kilburn", required=True, metavar="PROGRAM")
    parser.add_argument("--cache", required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    TESTS[arguments.test](arguments)


if __name__ == "__main__":
    main()
