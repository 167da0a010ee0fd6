#!/usr/bin/env python3
"""Debian's Linux on our drive, as its users run it: the root on it, nvme-cli, namespaces that come, grow and go
under load, fio with verification. One boot shows it all."""
import argparse
import re
import sys

from linux_test import Linux, check

PACKAGES = ("nvme-cli", "fio", "e2fsprogs")
DRIVE = "pcie.function.0.nvme"
FIO = "fio --name=load --filename=/dev/nvme0n2 --direct=1 --ioengine=libaio --verify=crc32c --randseed=7"
MIB = 1 << 20


def script(commands):
    return "timeout 600\nexpect is up\nexpect ~ #\n" + "".join(
        f"send {command}\nexpect ~ #\n" for command in commands) + "send sync; poweroff -f\n"


def output_of(linux, command):
    """What the guest printed between this command and the next prompt."""
    at = linux.out.replace("\r", "").find("~ # " + command[:60])
    check(at >= 0, f"not sent: {command}", linux.out)
    return linux.out.replace("\r", "")[at:].split("~ # ", 2)[1]


INFORMATION = ("nvme list", "nvme id-ctrl /dev/nvme0", "nvme id-ns /dev/nvme0n1", "nvme list-ns /dev/nvme0",
               "nvme smart-log /dev/nvme0", "nvme error-log /dev/nvme0", "nvme fw-log /dev/nvme0",
               "nvme changed-ns-list-log /dev/nvme0", "nvme effects-log /dev/nvme0",
               "nvme get-feature /dev/nvme0 -f 7", "nvme set-feature /dev/nvme0 -f 2 -V 0")


def test_root_and_namespaces(arguments, *options):
    """The root is on namespace 1. Namespace 2 is made, attached and verified by fio, while namespace 1 grows and
    its file system with it, and shrinks again no further than that; then 2 goes."""
    grown = 2 * 1024 * MIB
    resize = f"nvme admin-passthru /dev/nvme0 --opcode=0xC0 -n 1 --cdw10={grown // 512}"
    grow = (f"{FIO} --rw=randrw --bs=4k --iodepth=8 --size=4m --io_size=4m --do_verify=1 > /tmp/fio & {resize}; "
            "wait; tail -3 /tmp/fio")
    commands = (
        "mount | grep ' / '; cat /sys/block/nvme0n1/size", *INFORMATION,
        "nvme telemetry-log /dev/nvme0 --output-file=/tmp/t; echo telemetry ended with $?",
        f"nvme create-ns /dev/nvme0 --nsze={64 * MIB // 512} --ncap={64 * MIB // 512} --flbas=0",
        "nvme attach-ns /dev/nvme0 -n 2 -c 1; nvme ns-rescan /dev/nvme0; sleep 1; cat /sys/block/nvme0n2/size",
        f"{FIO} --rw=randwrite --bs=4k --iodepth=8 --size=4m --fsync=16 --do_verify=1 | tail -3",
        grow,
        "sleep 1; cat /sys/block/nvme0n1/size; resize2fs /dev/nvme0n1 2>&1 | tail -1; df -m / | tail -1",
        "mkfs.ext4 -q /dev/nvme0n2 && mount /dev/nvme0n2 /mnt && cp /usr/sbin/nvme /mnt && umount /mnt",
        "fsck.ext4 -f -n /dev/nvme0n2 > /tmp/fsck; echo fsck ended with $?",
        "nvme reset /dev/nvme0; sleep 1; md5sum /usr/sbin/nvme | cut -c1-32; mount /dev/nvme0n2 /mnt; "
        "md5sum /mnt/nvme | cut -c1-32; umount /mnt",
        "nvme format /dev/nvme0n2 -f; dd if=/dev/nvme0n2 bs=64k count=16 iflag=direct 2>/dev/null | md5sum | cut -c1-32",
        "nvme detach-ns /dev/nvme0 -n 2 -c 1; nvme delete-ns /dev/nvme0 -n 2; nvme list-ns /dev/nvme0 --all",
        "dmesg | grep -i -E 'nvme|ext4|blk|I/O error' | tail -40")
    linux = Linux(arguments, script(commands), "--disk", *PACKAGES, "--root", *options)
    first = output_of(linux, commands[0])
    check("/dev/nvme0n1 on / type ext4" in first, "the root is not on the drive", first)
    for command in INFORMATION:
        said = output_of(linux, command)
        check(not re.search(r"(?i)error:|failed|invalid|not found", said), command, said)
    check(re.search(r"telemetry ended with [1-9]", linux.out), "telemetry is there", linux.out)
    check(f"\n{64 * MIB // 512}\n" in output_of(linux, commands[13][:50]).replace("\r", "") + "\n" or
          str(64 * MIB // 512) in linux.out, "namespace 2 has another size", linux.out)
    check(not re.search(r"verify: bad|verify failed|err= *[1-9]", linux.out), "fio found other data", linux.out)
    check(len(re.findall(r"(?m)^ *(?:READ|WRITE): bw=", linux.out)) >= 2, "fio did not run", linux.out)
    linux.must_print(rf"^{grown // 512}\s*$")
    linux.must_print(r"The filesystem on /dev/nvme0n1 is now \d+ \(\dk\) blocks long")
    linux.must_print(r"^fsck ended with 0\s*$")
    sums = re.findall(r"(?m)^([0-9a-f]{32})\s*$", linux.out)
    check(len(sums) == 3 and sums[0] == sums[1], "a file has changed", str(sums))
    check(sums[2] == "b6d81b360a5672d80c27430f39153e2c", "a formatted namespace does not read as zeros", str(sums))
    check(not re.search(r"I/O error|timeout, |controller is down", linux.out), "the kernel complains", linux.out)
    check("the guest ended the run: passed" in linux.text, "it did not end", linux.text)
    return linux


TESTS = {"Ssd": test_root_and_namespaces}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", choices=TESTS)
    parser.add_argument("--kilburn", required=True, metavar="PROGRAM")
    parser.add_argument("--cache", required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    TESTS[arguments.test](arguments)


if __name__ == "__main__":
    sys.exit(main())
