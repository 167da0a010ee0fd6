"""A disk with a file system: ext4, made by mke2fs from Debian packages, a root that can be booted from."""
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from fetch_error import FetchError
from ram_disk import root_entries

MIB = 1 << 20
UUID = "4b494c42-5552-4e00-8000-000000000001"  # always the same, and with it the order in directories
DAY = "1704067200"  # 2024-01-01, as the board's clock


def write_tree(root, entries):
    """Files, directories and links. Device nodes are the guest's to make (devtmpfs)."""
    directories = []
    for path, entry in sorted(entries.items()):
        target = root / path
        if stat.S_ISDIR(entry.mode):
            target.mkdir(exist_ok=True)
            directories.append((target, stat.S_IMODE(entry.mode)))
        elif stat.S_ISLNK(entry.mode):
            target.symlink_to(os.fsdecode(entry.content))
        elif stat.S_ISREG(entry.mode):
            target.write_bytes(entry.content)
            target.chmod(stat.S_IMODE(entry.mode))
    for target, mode in reversed(directories):
        target.chmod(mode | stat.S_IRWXU)


def mebibytes_for(entries):
    """Room for the files, as much again and 64 MiB, at least 128 MiB."""
    blocks = sum((len(entry.content) + 4095) // 4096 + 1 for entry in entries.values())
    return max(128, 64 + 2 * blocks * 4096 // MIB)


def as_root():
    """Whoever runs it: the files are root's in the image."""
    if os.geteuid() == 0:
        return []
    if shutil.which("unshare") is None:
        raise FetchError("disk: needs unshare (util-linux), so that its files are root's")
    return ["unshare", "--user", "--map-root-user"]


def make(path, folder, packages):
    """Writes the image beside and renames it."""
    if shutil.which("mke2fs", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        raise FetchError("disk: needs mke2fs; the package e2fsprogs has it")
    entries = root_entries(folder, packages, {})
    beside = path.with_name(path.name + ".partial")
    beside.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        root = Path(scratch) / "root"
        root.mkdir()
        write_tree(root, entries)
        command = [*as_root(), "mke2fs", "-q", "-t", "ext4", "-U", UUID, "-L", "kilburn",
                   "-E", f"hash_seed={UUID},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0",
                   "-d", root, beside, f"{mebibytes_for(entries)}M"]
        run = subprocess.run(command, capture_output=True, text=True, check=False, env={
            **os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
            "E2FSPROGS_FAKE_TIME": DAY})
    if run.returncode != 0:
        beside.unlink(missing_ok=True)
        raise FetchError(f"disk: mke2fs: {run.stderr.strip()}")
    os.replace(beside, path)
