"""Archives of the kernel's initial RAM disk, format newc
(Documentation/driver-api/early-userspace/buffer-format.rst)."""
import stat
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A file, directory, symbolic link or device; owner is root."""
    mode: int
    content: bytes = b""  # of a symbolic link: where it leads
    device: tuple = (0, 0)


def directory(mode=0o755):
    return Entry(stat.S_IFDIR | mode)


def file(content, mode=0o644):
    return Entry(stat.S_IFREG | mode, content)


def link(target):
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def device(major, minor, mode=0o600):
    return Entry(stat.S_IFCHR | mode, device=(major, minor))


def archive(entries):
    """Of {path: Entry}, in the order of the paths, so that a directory precedes what is in it."""
    result = bytearray()

    def add(inode, name, entry):
        major, minor = entry.device
        fields = (inode, entry.mode, 0, 0, 1, 0, len(entry.content), 0, 0, major, minor,
                  len(name.encode()) + 1, 0)
        result.extend(b"070701" + "".join(f"{field:08x}" for field in fields).encode())
        result.extend(name.encode() + b"\0")
        result.extend(b"\0" * (-len(result) % 4))
        result.extend(entry.content)
        result.extend(b"\0" * (-len(result) % 4))

    for inode, (name, entry) in enumerate(sorted(entries.items()), 1):
        add(inode, name, entry)
    add(len(entries) + 1, "TRAILER!!!", Entry(0))
    return bytes(result)
