"""The initial RAM disk: busybox and our first process; with packages, all of their files but what is
only to be read; with kernel modules, these and the order in which they are loaded."""
import re
import stat
from pathlib import Path

import cpio
import kernel_modules
from debian_package import files_of, path_of
from fetch_error import FetchError

HERE = Path(__file__).resolve().parent
# Debian keeps all in /usr; these lead there, as its package base-files has it.
MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib"}
LEFT_OUT = re.compile(r"usr/share/(doc|doc-base|man|info|locale|lintian|bug)(/.*)?")
# The maintainer script of base-passwd would have made them.
USERS = {"etc/passwd": b"root:x:0:0:root:/:/bin/sh\n", "etc/group": b"root:x:0:\n"}


def merged(path):
    """Where it lies in a root whose /bin, /sbin and /lib are links."""
    first, slash, rest = path.partition("/")
    return f"{MERGED[first]}/{rest}" if slash and first in MERGED else path


def add_package(entries, origins, package):
    """The files of a package. Two packages do not have the same one."""
    with files_of(package) as files:
        for member in files:
            path = merged(path_of(member))
            if path == "." or path in MERGED or LEFT_OUT.fullmatch(path):
                continue
            mode = stat.S_IMODE(member.mode)
            if member.isdir():
                entries.setdefault(path, cpio.directory(mode))
                continue
            if member.issym():
                entry = cpio.link(member.linkname)
            elif member.islnk():
                entry = entries[merged(member.linkname.removeprefix("./"))]
            elif member.isfile():
                entry = cpio.file(files.extractfile(member).read(), mode)
            else:
                raise FetchError(f"{package.name}: {path}: neither file, directory nor link")
            if path in entries and entries[path] != entry:
                raise FetchError(f"{path}: is in {origins.get(path, 'the RAM disk')} and in {package.name}")
            entries[path] = entry
            origins[path] = package.name


def with_parents(entries):
    """And the directories that the paths need."""
    whole = dict(entries)
    for path in entries:
        for parent in Path(path).parents:
            if str(parent) != ".":
                whole.setdefault(str(parent), cpio.directory())
    return whole


def add_modules(entries, release, modules, order):
    """Kernel modules, modules.dep for modprobe, and the list that `init` loads."""
    folder = f"lib/modules/{release}"
    for name, (content, _) in order.items():
        entries[f"{folder}/{modules.path_in_guest(name)}"] = cpio.file(content)
    entries[f"{folder}/modules.dep"] = cpio.file(
        kernel_modules.dependency_file(modules, order).encode())
    entries["etc/modules"] = cpio.file("".join(f"{name}\n" for name in order).encode())


def root_entries(folder, packages, others):
    """A root's files: busybox, our first process and its shell, `others`, and those of the packages."""
    entries = {}
    for name in ("bin", "dev", "etc", "mnt", "proc", "sys", "tmp"):
        entries[name] = cpio.directory()
    entries.update(others)
    entries.update({
        "bin/busybox": cpio.file((folder / "busybox").read_bytes(), 0o755),
        "etc/inittab": cpio.file((HERE / "inittab").read_bytes()),
        "init": cpio.file((HERE / "init").read_bytes(), 0o755),
    })
    if packages:
        ours = {merged(path): entry for path, entry in entries.items() if path not in MERGED}
        entries, origins = {"root": cpio.directory(0o700), "run": cpio.directory()}, {}
        for package in packages:
            add_package(entries, origins, package)
        for path, content in USERS.items():
            entries.setdefault(path, cpio.file(content))
        entries.update(ours)  # the console stays as it is, whatever a package brings
        entries.update({path: cpio.link(target) for path, target in MERGED.items()})
        entries.update({target: cpio.directory() for target in MERGED.values()})
    return with_parents(entries)


def initial_ram_disk(folder, packages, release, modules, order):
    """Not compressed: the guest would have to undo it."""
    others = {"dev/console": cpio.device(5, 1)}
    if order:
        add_modules(others, release, modules, order)
    return cpio.archive(root_entries(folder, packages, others))
