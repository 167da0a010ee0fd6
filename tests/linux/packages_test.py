#!/usr/bin/env python3
"""What sw/linux puts into the RAM disk, on packages, modules and caches made by hand: no network."""
import importlib.machinery
import lzma
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
LINUX = Path(__file__).resolve().parents[2] / "sw/linux"
sys.path.insert(0, str(LINUX))
import cpio  # noqa: E402
import disk_image  # noqa: E402
import kernel  # noqa: E402
import kernel_modules  # noqa: E402
import ram_disk  # noqa: E402
import user_packages  # noqa: E402
from debian_archive import Archive  # noqa: E402
from fetch_error import FetchError, UnknownName  # noqa: E402

RELEASE = "7.2.13+deb14-riscv64"


def debian_package(folder, name, files, links=None, version="1", depends=""):
    """A package made by dpkg-deb; `files` {path: content}, `links` {path: target}."""
    root = folder / f"{name}.root"
    (root / "DEBIAN").mkdir(parents=True)
    fields = {"Package": name, "Version": version, "Architecture": "riscv64",
              "Maintainer": "nobody <nobody@example.org>", "Description": "made by hand"}
    if depends:
        fields["Depends"] = depends
    (root / "DEBIAN/control").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    for path, target in (links or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    target = folder / f"{name}_{version.replace(':', '%3a')}_riscv64.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, target], check=True,
                   capture_output=True)
    shutil.rmtree(root)
    return target


def module(*lines):
    """An ELF file for RISC-V whose section .modinfo has these lines (ELF-64 object file format)."""
    names = b"\0.shstrtab\0.modinfo\0"
    information = b"".join(line.encode() + b"\0" for line in lines)
    names_at, information_at = 64, 64 + len(names)
    headers_at = information_at + len(information)
    header = (b"\x7fELF\x02\x01\x01" + bytes(9) +
              struct.pack("<HHIQQQIHHHHHH", 1, 243, 1, 0, 0, headers_at, 0, 64, 0, 0, 64, 3, 1))

    def section(name, kind, offset, size):
        return struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, offset, size, 0, 0, 1, 0)

    return (header + names + information + bytes(64) + section(1, 3, names_at, len(names)) +
            section(names.index(b".modinfo"), 1, information_at, len(information)))


def unpacked(archive):
    """{path: (mode, content)} of a newc archive, read as its format says."""
    entries, at = {}, 0
    while True:
        if archive[at:at + 6] != b"070701":
            raise ValueError(f"no header at {at}")
        fields = [int(archive[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = archive[at + 110:at + 110 + name_size - 1].decode()
        content_at = (at + 110 + name_size + 3) // 4 * 4
        at = (content_at + size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return entries
        entries[name] = (mode, archive[content_at:content_at + size])


class Folder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "busybox").write_bytes(b"our busybox")

    def write_modules(self, modules, built_in=()):
        """{path below kernel/: content}; .xz files are compressed."""
        for path, content in modules.items():
            target = self.folder / "modules/kernel" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(lzma.compress(content) if path.endswith(".xz") else content)
        (self.folder / "modules/modules.builtin").write_text(
            "".join(f"kernel/{path}\n" for path in built_in))
        return kernel_modules.Modules(self.folder / "modules")

    def disk(self, packages=(), modules=None, order=None):
        return unpacked(ram_disk.initial_ram_disk(self.folder, packages, RELEASE, modules, order or {}))


class Packages(Folder):
    def test_files_lie_where_a_merged_root_has_them(self):
        package = debian_package(self.folder, "one", {"bin/old": b"old", "usr/bin/new": b"new",
                                                      "lib/ld.so.1": b"loader"})
        disk = self.disk([package])
        self.assertEqual(disk["usr/bin/old"][1], b"old")
        self.assertEqual(disk["usr/bin/new"][1], b"new")
        self.assertEqual(disk["usr/lib/ld.so.1"][1], b"loader")
        for name in ("bin", "sbin", "lib"):
            self.assertEqual(disk[name], (0o120777, f"usr/{name}".encode()))

    def test_a_directory_stands_before_what_is_in_it(self):
        package = debian_package(self.folder, "one", {"usr/share/a-b/c/d": b"", "usr/share/a": b""})
        seen = set()
        for path in self.disk([package]):
            parent = os.path.dirname(path)
            self.assertTrue(parent == "" or parent in seen, path)
            seen.add(path)

    def test_modes_and_links_are_the_packages_own(self):
        root = self.folder / "more.root/usr/bin"
        root.mkdir(parents=True)
        (root / "program").write_bytes(b"program")
        (root / "program").chmod(0o4755)
        os.link(root / "program", root / "twin")
        package = debian_package(self.folder, "more", {}, {"usr/bin/short": "program"})
        disk = self.disk([package])
        self.assertEqual(disk["usr/bin/program"], (0o104755, b"program"))
        self.assertEqual(disk["usr/bin/twin"], (0o104755, b"program"))
        self.assertEqual(disk["usr/bin/short"], (0o120777, b"program"))

    def test_what_is_only_to_be_read_is_left_out(self):
        package = debian_package(self.folder, "one", {
            "usr/share/doc/one/copyright": b"", "usr/share/man/man8/one.8.gz": b"",
            "usr/share/misc/pci.ids": b"ids"})
        disk = self.disk([package])
        self.assertIn("usr/share/misc/pci.ids", disk)
        self.assertFalse([path for path in disk if path.startswith(("usr/share/doc", "usr/share/man"))])

    def test_the_console_stays_as_it_is_whatever_a_package_brings(self):
        package = debian_package(self.folder, "other", {
            "init": b"other", "bin/busybox": b"other", "etc/inittab": b"other", "sbin/init": b"other"})
        disk, without = self.disk([package]), self.disk()
        for path in ("init", "etc/inittab"):
            self.assertEqual(disk[path], without[path])
        self.assertEqual(disk["usr/bin/busybox"], without["bin/busybox"])

    def test_two_packages_with_the_same_file_are_refused(self):
        one = debian_package(self.folder, "one", {"usr/bin/same": b"1"})
        two = debian_package(self.folder, "two", {"usr/bin/same": b"2"})
        with self.assertRaisesRegex(FetchError, r"usr/bin/same: is in one_1_\S+ and in two_1_"):
            self.disk([one, two])

    def test_root_has_a_name(self):
        package = debian_package(self.folder, "one", {"usr/bin/one": b""})
        self.assertTrue(self.disk([package])["etc/passwd"][1].startswith(b"root:x:0:0:"))

    def test_without_packages_the_root_is_busyboxs_alone(self):
        self.assertEqual(set(self.disk()), {"bin", "bin/busybox", "dev", "dev/console", "etc",
                                            "etc/inittab", "init", "mnt", "proc", "sys", "tmp"})


class Disk(Folder):
    def image(self, *packages):
        path = self.folder / "disk.ext4"
        disk_image.make(path, self.folder, packages)
        return path

    def ask(self, image, command):
        return subprocess.run(["/sbin/debugfs", "-R", command, image], check=True, capture_output=True,
                              text=True).stdout

    def test_the_file_system_is_sound_and_has_the_packages_files(self):
        package = debian_package(self.folder, "one", {"bin/old": b"old", "usr/bin/new": b"x" * 5000},
                                 {"usr/bin/short": "new"})
        image = self.image(package)
        check = subprocess.run(["/sbin/e2fsck", "-f", "-n", image], capture_output=True, text=True, check=False)
        self.assertEqual(check.returncode, 0, check.stdout)
        self.assertEqual(self.ask(image, "cat /usr/bin/old"), "old")
        self.assertEqual(self.ask(image, "cat /usr/bin/new"), "x" * 5000)
        self.assertIn('Fast link dest: "new"', self.ask(image, "stat /usr/bin/short"))
        self.assertEqual(self.ask(image, "cat /usr/bin/busybox"), "our busybox")
        said = self.ask(image, "stat /init")
        self.assertRegex(said, r"Mode:\s+0755")
        self.assertRegex(said, r"User:\s+0\s+Group:\s+0\s")

    def test_a_disk_has_room(self):
        self.assertGreaterEqual(self.image().stat().st_size, 128 << 20)


class KernelModules(Folder):
    def test_each_is_loaded_after_what_it_needs(self):
        modules = self.write_modules({
            "drivers/nvme.ko.xz": module("depends=nvme-core", "license=GPL"),
            "drivers/nvme-core.ko.xz": module("depends=nvme-auth,nvme-keyring"),
            "drivers/nvme-auth.ko": module("depends="), "drivers/nvme-keyring.ko": module("depends="),
            "drivers/other.ko": module("depends=")})
        self.assertEqual(list(modules.load_order(["nvme"])),
                         ["nvme_auth", "nvme_keyring", "nvme_core", "nvme"])

    def test_what_modprobe_would_load_before_comes_too(self):
        modules = self.write_modules({
            "btrfs.ko": module("depends=", "softdep=pre: xxhash_generic post: later"),
            "xxhash_generic.ko": module("depends="), "later.ko": module("depends=")})
        self.assertEqual(list(modules.load_order(["btrfs"])), ["xxhash_generic", "btrfs"])

    def test_what_is_built_in_needs_no_file(self):
        modules = self.write_modules({"a.ko": module("depends=libcrc32c")}, ["lib/libcrc32c.ko"])
        modules.require(["libcrc32c", "a"])
        self.assertEqual(list(modules.load_order(["libcrc32c", "a"])), ["a"])

    def test_a_circle_ends(self):
        modules = self.write_modules({"a.ko": module("depends=b"), "b.ko": module("depends=a")})
        order = modules.load_order(["a"])
        self.assertEqual(set(order), {"a", "b"})
        self.assertEqual(len(kernel_modules.dependency_file(modules, order).splitlines()), 2)

    def test_an_unknown_one_is_named_with_near_ones(self):
        modules = self.write_modules({"nvme.ko": module(), "nvmet.ko": module()})
        with self.assertRaisesRegex(UnknownName, r"^nvmee: this kernel has no such module; did you "
                                                 r"mean nvme, nvmet\?\nzzz: [^;]*$"):
            modules.require(["nvme", "nvmee", "zzz"])

    def test_they_are_in_the_guest_without_compression(self):
        content = module("depends=")
        modules = self.write_modules({"drivers/a.ko.xz": content})
        disk = self.disk(modules=modules, order=modules.load_order(["a"]))
        self.assertEqual(disk[f"lib/modules/{RELEASE}/kernel/drivers/a.ko"][1], content)
        self.assertEqual(disk["etc/modules"][1], b"a\n")

    def test_what_is_no_module_is_refused(self):
        for content in (b"", b"\x7fELF", b"x" * 100, module()[:-64], b"\xff" * 4096):
            modules = self.write_modules({"a.ko": content})
            with self.subTest(content[:8]), self.assertRaisesRegex(FetchError, "a: is no kernel module"):
                modules.load_order(["a"])

    def test_a_damaged_one_is_named(self):
        modules = self.write_modules({"a.ko.xz": module("depends=")})
        damaged = self.folder / "modules/kernel/a.ko.xz"
        damaged.write_bytes(damaged.read_bytes()[:-20])
        with self.assertRaisesRegex(FetchError, r"a\.ko\.xz: "):
            modules.load_order(["a"])

    def test_a_compression_that_nobody_knows_is_named(self):
        modules = self.write_modules({"a.ko.zst": b""})
        with self.assertRaisesRegex(FetchError, r"a\.ko\.zst: how it is compressed"):
            modules.load_order(["a"])


class KernelPackages(Folder):
    def found(self, depends):
        class Lists:
            def depends(self, package):
                return depends.get(package, [])
        return kernel.packages_of(Lists())

    def test_image_and_modules_in_one_package(self):
        self.assertEqual(self.found({"linux-image-riscv64": ["linux-image-6.12.1-riscv64"],
                                     "linux-image-6.12.1-riscv64": ["kmod", "linux-base"]}),
                         ["linux-image-6.12.1-riscv64"])

    def test_a_kernel_that_is_split(self):
        parts = {f"linux-{part}-{RELEASE}" for part in ("image", "base", "binary", "modules")}
        self.assertEqual(set(self.found({
            "linux-image-riscv64": ["linux-base-riscv64", f"linux-image-{RELEASE}"],
            f"linux-image-{RELEASE}": ["dracut", *sorted(parts - {f"linux-image-{RELEASE}"})],
            f"linux-modules-{RELEASE}": ["kmod", f"linux-base-{RELEASE}"]})), parts)

    def test_image_and_modules_are_found_in_either_place(self):
        for image, where in ((f"boot/vmlinux-{RELEASE}", "lib"),
                             (f"usr/lib/modules/{RELEASE}/vmlinuz", "usr/lib")):
            with self.subTest(image), tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                package = debian_package(folder, f"linux-image-{RELEASE}", {
                    image: b"image", f"{where}/modules/{RELEASE}/modules.builtin": b"",
                    f"{where}/modules/{RELEASE}/kernel/fs/a.ko.xz": b"module"})
                self.assertEqual(kernel.unpack([package], folder / "vmlinux", folder / "modules"),
                                 f"linux-image-{RELEASE} 1")
                self.assertEqual((folder / "vmlinux").read_bytes(), b"image")
                self.assertEqual((folder / "modules/kernel/fs/a.ko.xz").read_bytes(), b"module")

    def test_a_kernel_without_an_image_is_refused(self):
        package = debian_package(self.folder, f"linux-image-{RELEASE}", {"usr/share/a": b""})
        with self.assertRaisesRegex(FetchError, "have no image"):
            kernel.unpack([package], self.folder / "vmlinux", self.folder / "modules")


class Offline(Folder):
    """A mirror that nobody answers for: what has been fetched is found, and the rest is named."""

    def setUp(self):
        super().setUp()
        closed = socket.socket()
        self.addCleanup(closed.close)
        closed.bind(("127.0.0.1", 0))
        proxy = {f"{kind}_proxy": f"http://127.0.0.1:{closed.getsockname()[1]}" for kind in ("http", "https")}
        before = dict(os.environ)
        os.environ.update(proxy)
        os.environ.pop("no_proxy", None)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        self.mirror = "http://mirror.invalid/debian"

    def test_what_was_fetched_is_found_again(self):
        archive = Archive(self.folder / "apt", "sid", self.mirror)
        for name in ("one", "two"):
            shutil.move(debian_package(self.folder, name, {}), archive.packages)
        plan = self.folder / "plans" / user_packages.key_of(["two", "one"])
        plan.parent.mkdir()
        plan.write_text("one_1_riscv64.deb\ntwo_1_riscv64.deb\n")
        found = user_packages.fetch(self.folder, "sid", self.mirror, ["one", "two"])
        self.assertEqual([file.name for file in found], ["one_1_riscv64.deb", "two_1_riscv64.deb"])

    def test_what_was_not_is_named(self):
        with self.assertRaisesRegex(FetchError, r"^three, four: cannot be fetched\n(.*\n)?.*is there a "
                                                r"network\?"):
            user_packages.fetch(self.folder, "sid", self.mirror, ["three", "four"])
        self.assertFalse((self.folder / "plans").exists())


class Archives(unittest.TestCase):
    def test_newc_reads_back(self):
        entries = {"b": cpio.file(b"12345", 0o600), "a": cpio.directory(), "a/l": cpio.link("../b")}
        archive = cpio.archive(entries)
        self.assertEqual(len(archive) % 4, 0)
        self.assertEqual(list(unpacked(archive).items()),
                         [("a", (0o40755, b"")), ("a/l", (0o120777, b"../b")), ("b", (0o100600, b"12345"))])


if __name__ == "__main__":
    unittest.main(verbosity=2)
