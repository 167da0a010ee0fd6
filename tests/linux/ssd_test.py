#!/usr/bin/env python3
"""Debian's Linux on our drive, as its users run it: nvme-cli, fio, file systems, namespaces that grow and shrink
under load, and the simulator killed."""
import argparse
import hashlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from guest import Said, answers, check, script
from linux_test import FETCH, Linux

PACKAGES = ("nvme-cli", "fio", "e2fsprogs")
MIB = 1 << 20
SECTOR = 512
DRIVE = "pcie.function.0.nvme"
CONTROLLER = ("--set", "pcie.function.0.kind=nvme", "--set", "pcie.function.0.device=2")


def disk_of(arguments, *options):
    """The file that `--disk PACKAGES` loads."""
    packages = [f"--disk={package}" for package in PACKAGES]
    run = subprocess.run([FETCH, arguments.cache, "--modules=nvme", "--modules=ext4", *packages, *options],
                         capture_output=True, text=True, check=True)
    return Path(run.stdout.splitlines()[1])


class Session:
    """Commands, each with what its answer must be."""

    def __init__(self):
        self.commands = []
        self.checks = []

    def run(self, command, *checks, status=0):
        self.commands.append(command)
        self.checks.append([lambda said: said.has_status(status), *checks])

    def script(self, **options):
        return script(self.commands, **options)

    def check(self, output):
        for said, checks in zip(answers(self.commands, output), self.checks):
            for each in checks:
                each(said)


def says(pattern):
    return lambda said: said.matches(pattern)


def text(expected):
    return lambda said: said.is_text(str(expected))


def members(**expected):
    return lambda said: said.has(**expected)


def fio(name, device, **options):
    """Direct, checked: each block carries a checksum, which is looked at when it has been written."""
    given = {"name": name, "filename": device, "direct": 1, "ioengine": "libaio", "bs": "4k", "iodepth": 8,
             "verify": "crc32c", "randseed": 7, "group_reporting": 1, "output-format": "json", **options}
    return "fio " + " ".join(f"--{key}={value}" for key, value in given.items())


def fio_report(said: Said, **total):
    """Without an error, and as many I/Os as asked for."""
    job = said.json()["jobs"][0]
    said.check(job["error"] == 0, f"error {job['error']}")
    for kind, expected in total.items():
        said.check(job[kind]["total_ios"] == expected, f"{job[kind]['total_ios']} {kind}s, not {expected}")
    return job


def identify(session, disk_bytes, capacity):
    """What the configuration and the specification say, told by nvme-cli."""
    sectors = disk_bytes // SECTOR
    session.run("mount | grep ' / '", says("^/dev/nvme0n1 on / type ext4 "))
    session.run("nvme list", says(r"^/dev/nvme0n1 +/dev/ng0n1 +SSD-15 +Kilburn NVMe drive +0x1 +[\d.]+ +MB / "
                                  rf"{disk_bytes / 1e6:.2f} +MB +512 +B \+ +0 B +1\.0 *$"))
    session.run("nvme id-ctrl /dev/nvme0 -o json", members(
        vid=0x1B36, sn="SSD-15", mn="Kilburn NVMe drive", fr="1.0", cntlid=1, ver=0x10400, mdts=5,
        oacs=0xA, lpa=6, frmw=3, acl=3, elpe=63, tnvmcap=capacity, unvmcap=capacity - disk_bytes,
        sqes=0x66, cqes=0x44, oncs=0x5D, vwc=7, wctemp=343, cctemp=353,
        subnqn="nqn.2024-01.org.kilburn:nvme:SSD-15"))
    session.run("nvme id-ns /dev/nvme0n1 -o json", members(nsze=sectors, ncap=sectors, flbas=0, nlbaf=1, dlfeat=9,
                                                           nvmcap=disk_bytes, npwg=7))
    session.run("nvme id-ns /dev/nvme0n1", says(r"^lbaf  0 : ms:0   lbads:9 .*\(in use\)\nlbaf  1 : ms:0   lbads:12 "))
    session.run("nvme list-ns /dev/nvme0", says(r"^\[   0\]:0x1$"))


def effects(admin, io):
    return lambda said: (
        said.check(dict(re.findall(r"^ACS(\d+) .*\] (\w+)$", said.text, re.MULTILINE)) == admin, "admin commands"),
        said.check(dict(re.findall(r"^IOCS(\d+) .*\] (\w+)$", said.text, re.MULTILINE)) == io, "I/O commands"))


def logs_and_features(session):
    """Effects: 1 supported, 2 changes content, 4 a namespace, 8 which there are, 10000h alone in its namespace."""
    session.run("nvme smart-log /dev/nvme0 -o json", members(
        critical_warning=0, temperature=310, avail_spare=100, spare_thresh=10, percent_used=0, power_cycles=1,
        media_errors=0, num_err_log_entries=0))
    session.run("nvme fw-log /dev/nvme0", says(r"^afi  : 0x1\nfrs1 : 0x2020202020302e31 \(1\.0"))
    session.run("nvme changed-ns-list-log /dev/nvme0", text("no ns changed"))
    supported = dict.fromkeys(("0", "1", "2", "4", "5", "6", "8", "9", "10", "12"), "00000001")
    session.run("nvme effects-log /dev/nvme0 --csi=0", effects(
        {**supported, "13": "00000009", "21": "00000009", "128": "00010007", "192": "00000007"},
        {"0": "00000001", "1": "00000003", "2": "00000001", "5": "00000001", "8": "00000003", "9": "00000003"}))
    session.run("nvme get-feature /dev/nvme0 -f 7", says(r"\(Number of Queues\), Current value:0x00030003$"))
    session.run("nvme set-feature /dev/nvme0 -f 4 -V 350", says(r"\(Temperature Threshold\), value:0x0000015e"))
    session.run("nvme get-feature /dev/nvme0 -f 4 -H", says(r"\(TMPTH\): 77 °C \(350 K\)$"))
    session.run("nvme get-log /dev/nvme0 --log-id=7 --log-len=512", says(r"Invalid Log Page.*\(0x\d*109\)$"), status=1)
    # What is refused is in the error log: do not retry, more, generic 0Bh.
    session.run("nvme admin-passthru /dev/nvme0 --opcode=0xC0 -n 9 --cdw10=4096", says(r"Invalid Namespace or Format"),
                status=1)
    session.run("nvme error-log /dev/nvme0 -e 1", says(r"^error_count\s*: 2$"), says(r"^sqid\s*: 0$"),
                says(r"^status_field\s*: 0x600b \(Invalid Namespace"), says(r"^nsid\s*: 0x9$"))
    session.run("nvme telemetry-log /dev/nvme0 --output-file=/tmp/t", says("^get-telemetry-log: "), status=1)


def second_namespace(session, mib):
    """Created, attached, and seen by the kernel at once."""
    blocks = mib * MIB // SECTOR
    session.run(f"nvme create-ns /dev/nvme0 --nsze={blocks} --ncap={blocks} --flbas=0",
                text("create-ns: Success, created nsid:2"))
    session.run("nvme list-ns /dev/nvme0; nvme list-ns /dev/nvme0 --all",
                text("NVME Namespace List:\n[   0]:0x1\nNVME Namespace List:\n[   0]:0x1\n[   1]:0x2"))
    session.run("nvme attach-ns /dev/nvme0 -n 2 -c 1", text("attach-ns: Success, nsid:2"))
    session.run("sleep 0.1; cat /sys/block/nvme0n2/size", text(blocks))
    session.run(fio("jobs", "/dev/nvme0n2", rw="randrw", numjobs=4, size="1m", offset_increment="1m", fsync=16),
                # Each block is read once, or written and then read.
                lambda said: fio_report(said, read=4 * 256),
                lambda said: said.check(said.json()["jobs"][0]["sync"]["total_ios"] > 4, "no flush"))


def resize_under_load(session, disk_bytes):
    """Namespace 1, with the root on it, grows and shrinks, and its file system grows, while fio writes and verifies
    namespace 2, whose entries move each time. The kernel reads the size by itself."""
    size = "cat /sys/block/nvme0n1/size"
    resize = "nvme admin-passthru /dev/nvme0 --opcode=0xC0 -n 1 --cdw10="
    session.run(fio("load", "/dev/nvme0n2", rw="randwrite", size="16m", verify_backlog=64, output="/tmp/load")
                + " & sleep 0.2")
    for blocks in (4096 * MIB // SECTOR, 1024 * MIB // SECTOR, 2048 * MIB // SECTOR):
        session.run(f"{resize}{blocks}; sleep 0.02; {size}", says(rf"\n{blocks}$"))
    end = 512 * MIB
    session.run(f"{resize}{end // SECTOR}; sleep 0.02; {size}", says(rf"\n{end // SECTOR}$"))
    session.run("jobs", says(r"Running +fio"))
    session.run("resize2fs /dev/nvme0n1", says(rf"^The filesystem on /dev/nvme0n1 is now {end // 1024} \(1k\) blocks long\."))
    session.run("jobs", says(r"Running +fio"))
    # More than was free before, on what was added.
    session.run(f"fallocate -l {disk_bytes} /big && stat -c %s /big && rm /big", text(disk_bytes))
    session.run("wait; cat /tmp/load", lambda said: fio_report(said, write=4096, read=4096))
    session.run("dmesg | grep -c 'rescanning namespaces'", text(5))


def told_and_untold(session):
    """The log of changed namespaces is what the event is about: the kernel reads it then. Without events it stays for
    whoever asks."""
    session.run("nvme set-feature /dev/nvme0 -f 0xb -V 0", says(r"\(Async Event Configuration\), value:(0x)?0+,"))
    session.run(f"nvme admin-passthru /dev/nvme0 --opcode=0xC0 -n 2 --cdw10={32 * MIB // SECTOR}")
    session.run("nvme changed-ns-list-log /dev/nvme0; nvme changed-ns-list-log /dev/nvme0", says(r"^\[   0\]:0x2$"))
    session.run("nvme set-feature /dev/nvme0 -f 0xb -V 0x100; nvme get-feature /dev/nvme0 -f 0xb",
                says(r"Current value:0x0*100$"))


def file_systems(session, mib):
    session.run("mkfs.ext4 -q /dev/nvme0n2 && mount /dev/nvme0n2 /mnt && cp /usr/bin/fio /mnt && umount /mnt")
    # Ten reserved, lost+found, the orphans', and ours.
    session.run("fsck.ext4 -f -n /dev/nvme0n2", says(rf"^/dev/nvme0n2: 13/\d+ files .* \d+/{mib * MIB // 1024} blocks$"))
    session.run("nvme reset /dev/nvme0; sleep 0.1; cat /sys/class/nvme/nvme0/state", text("live"))
    session.run("echo 3 > /proc/sys/vm/drop_caches; mount -r /dev/nvme0n2 /mnt && cmp /mnt/fio /usr/bin/fio; umount /mnt")


def last_of_namespace(session, mib):
    session.run("nvme format /dev/nvme0n2 -f --lbaf=1", says("^Success formatting namespace:2$"))
    session.run("sleep 0.1; cat /sys/block/nvme0n2/queue/logical_block_size /sys/block/nvme0n2/size",
                text(f"4096\n{mib * MIB // SECTOR}"))
    session.run(f"cmp -n {2 * MIB} /dev/nvme0n2 /dev/zero")
    session.run("nvme detach-ns /dev/nvme0 -n 2 -c 1", text("detach-ns: Success, nsid:2"))
    session.run("sleep 0.1; ls /dev/nvme0n2", status=1)
    session.run("nvme delete-ns /dev/nvme0 -n 2", text("delete-ns: Success, deleted nsid:2"))
    session.run("nvme list-ns /dev/nvme0 --all", text("NVME Namespace List:\n[   0]:0x1"))
    session.run("dmesg | grep -E 'I/O error|timeout|controller is down|EXT4-fs (error|warning)'", text(""), status=1)


def test_commands(arguments):
    """One boot from the drive: each command of nvme-cli, and what it must say; two namespaces; file systems."""
    disk_bytes = disk_of(arguments).stat().st_size
    capacity = 96 << 30  # three quarters of 8 x 4 x 2 x 2 x 512 x 256 pages of 8 KiB
    session = Session()
    identify(session, disk_bytes, capacity)
    logs_and_features(session)
    second_namespace(session, 64)
    resize_under_load(session, disk_bytes)
    file_systems(session, 64)
    told_and_untold(session)
    last_of_namespace(session, 32)
    linux = Linux(arguments, session.script(), *CONTROLLER, "--set", f'{DRIVE}.serial="SSD-15"', "--set",
                  f"{DRIVE}.io_queues=4", "--disk", *PACKAGES, "--root")
    session.check(linux.out)
    function = linux.statistics["pcie"]["02.0"]
    check(function["ftl"]["resizes"] == 5, "resizes", str(function["ftl"]))
    check(function["ftl"]["entries_moved"] > 0, "nothing moved", str(function["ftl"]))
    check(function["controller"]["resets"] == 1, "resets", str(function["controller"]))
    linux.must_print("the guest ended the run: passed")


def kept(number):
    """What the guest writes as /keptN: `seq N 9999`."""
    return "".join(f"{i}\n" for i in range(number, 10_000)).encode()


def killed(arguments, options, seed):
    """The simulator, killed while fio writes and verifies namespace 2 and a loop writes files to the root. The number
    of files that were durable."""
    session = Session()
    blocks = 16 * MIB // SECTOR
    session.run(f"nvme create-ns /dev/nvme0 --nsze={blocks} --ncap={blocks} --flbas=0 && "
                "nvme attach-ns /dev/nvme0 -n 2 -c 1; sleep 0.1")
    session.run(fio("all", "/dev/nvme0n2", rw="write", size="4m", do_verify=0, end_fsync=1))
    session.run(fio("load", "/dev/nvme0n2", rw="randwrite", size="4m", verify_backlog=64, fsync=16, time_based=1,
                    runtime=1000, output="/tmp/load") + " &")
    loop = ("n=0; while n=$((n+1)); do seq $n 9999 | dd of=/kept$n bs=64k iflag=fullblock conv=fsync 2>/dev/null; "
            "echo kept $n; done")
    wanted = 10
    with tempfile.NamedTemporaryFile("w", suffix=".script") as file:
        file.write(session.script(end=f"send {loop}\nexpect kept {10 * wanted}"))
        file.flush()
        output = ""
        with subprocess.Popen([arguments.kilburn, "linux", "--cache", arguments.cache, "--script", file.name, *options],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace") as run:
            for line in run.stdout:
                output += line
                if line.startswith(f"kept {wanted}"):
                    time.sleep(random.Random(seed).random() / 2)
                    run.kill()
        check(run.returncode == -signal.SIGKILL, f"seed {seed}: not killed: {run.returncode}", output)
    return max(map(int, re.findall(r"^kept (\d+)\r?\n", output, re.MULTILINE)))


def ssd_check(arguments, image):
    run = subprocess.run([arguments.kilburn, "ssd", "check", image], capture_output=True, text=True, check=False)
    check(run.returncode == 0 and "every invariant holds" in run.stdout, "ssd check", run.stdout + run.stderr)


def test_killed(arguments):
    """kill -9 of the simulator is a power cut of the drive: the next start finds what was durable."""
    seed = random.randrange(1000)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(dir=arguments.cache) as folder:
        image = Path(folder) / "drive.ssd"
        options = (*CONTROLLER, "--set", f'{DRIVE}.flash.image="{image}"', "--disk", *PACKAGES, "--root")
        files = killed(arguments, options, seed)
        ssd_check(arguments, image)
        session = Session()
        session.run("dmesg | grep EXT4-fs", says(r"EXT4-fs \(nvme0n1\): recovery complete$"))
        session.run("cd /; md5sum " + " ".join(f"kept{i}" for i in range(1, files + 1)), text("\n".join(
            f"{hashlib.md5(kept(i)).hexdigest()}  kept{i}" for i in range(1, files + 1))))
        # Whole blocks, each in its place: fio's checksums and offsets.
        session.run(fio("all", "/dev/nvme0n2", rw="read", size="4m"), lambda said: fio_report(said, read=1024))
        session.run("mount -o remount,ro / && fsck.ext4 -f -n /dev/nvme0n1", says(r"^kilburn: \d+/\d+ files "))
        linux = Linux(arguments, session.script(), *options)
        session.check(linux.out)
        check(linux.statistics["pcie"]["02.0"]["ftl"]["recovered_records"] > 0, "nothing recovered", linux.out)
        ssd_check(arguments, image)


def test_sid_behind_the_iommu(arguments):
    """The newest kernel's driver sets the IOMMU up, and puts each function into a group of its own. Which domain that
    has is the kernel's choice (docs/linux.md); strict, it is not DMA-FQ. All that the drive moves passes it."""
    session = Session()
    groups = ("for d in /sys/bus/pci/devices/*; do echo ${d##*/} $(basename $(readlink $d/iommu_group)) "
              "$(cat $d/iommu_group/type); done")
    found = r"^0000:00:0(\d)\.0 (\d+) (identity|DMA)$"

    def own_groups(said):
        devices = re.findall(found, said.text, re.MULTILINE)
        said.check([device for device, _, _ in devices] == ["0", "2", "3"], "the bridge and the functions")
        said.check(len({group for _, group, _ in devices}) == 3, "groups")

    session.run("dmesg | grep riscv,iommu", says(r"riscv,iommu 3010000\.iommu: using MSIs$"))
    session.run(groups, own_groups)
    session.run("mount | grep ' / '", says("^/dev/nvme0n1 on / type ext4 "))
    session.run(fio("jobs", "/load", rw="randrw", size="4m", fsync=16), lambda said: fio_report(said, read=1024))
    session.run("dmesg | grep -iE 'I/O error|timeout| fault'", text(""), status=1)
    linux = Linux(arguments, session.script(), *CONTROLLER, "--set", "board.iommu=true", "--set",
                  "board.aia=aplic_imsic", "--set", "pcie.function.1.kind=dma_engine", "--set",
                  "pcie.function.1.device=3", "--append", "iommu.passthrough=0 iommu.strict=1", "--suite", "sid",
                  "--disk", "fio", "--root")
    session.check(linux.out)
    iommu = linux.statistics["iommu"]
    function = linux.statistics["pcie"]["02.0"]
    check(iommu["directory_invalidations"] > 0 and iommu["fences"] > 0, "no commands", str(iommu))
    check(iommu["faults"] == 0 and iommu["illegal_commands"] == 0, "faults", str(iommu))
    moved = sum(function[kind] for kind in ("reads", "writes", "messages"))
    check(iommu["transactions"] == moved > 10_000, f"{moved} accesses of the drive", str(iommu))
    linux.must_print("the guest ended the run: passed")


TESTS = {"Commands": test_commands, "Killed": test_killed, "SidBehindTheIommu": test_sid_behind_the_iommu}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", choices=TESTS)
    parser.add_argument("--kilburn", required=True, metavar="PROGRAM")
    parser.add_argument("--cache", required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    TESTS[arguments.test](arguments)


if __name__ == "__main__":
    sys.exit(main())
