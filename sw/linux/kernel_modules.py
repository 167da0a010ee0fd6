"""Modules of a kernel, and in which order they can be loaded.

Debian's packages have no modules.dep: depmod writes it where they are installed. What it would say of a
module is told by the module itself, in its section .modinfo: depends=, and softdep=pre:, as modprobe
takes them."""
import lzma
import struct

from fetch_error import FetchError, UnknownName, near

SUFFIXES = (".ko", ".ko.xz")
# What a module has the kernel load when it is used, by an alias that modprobe in the guest does not know.
ASKED_FOR_LATER = {"ext4": ["crc32c_generic"]}
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr


def name_of(word):
    """Dash and underscore are one: "nvme-core" and "nvme_core"."""
    return word.replace("-", "_")


def information(module, name):
    """Lines "key=value" of an ELF file's section .modinfo."""
    try:
        (sections,) = struct.unpack_from("<Q", module, 0x28)
        size, count, names = struct.unpack_from("<HHH", module, 0x3A)
        headers = [SECTION_HEADER.unpack_from(module, sections + i * size) for i in range(count)]
        names_at = headers[names][4]
        for header in headers:
            start = names_at + header[0]
            if module[start:module.index(b"\0", start)] == b".modinfo":
                content = module[header[4]:header[4] + header[5]]
                return [line.decode(errors="replace") for line in content.split(b"\0") if line]
    except (struct.error, ValueError, IndexError, OverflowError):
        pass
    raise FetchError(f"{name}: is no kernel module")


class Modules:
    """Those in a folder: kernel/drivers/..., and modules.builtin."""

    def __init__(self, folder):
        self.folder = folder
        self.paths = {}
        for path in sorted((folder / "kernel").rglob("*.ko*")):
            self.paths[name_of(path.name.split(".ko")[0])] = path
        built_in = (folder / "modules.builtin").read_text().splitlines()
        self.built_in = {name_of(line.rsplit("/", 1)[-1].removesuffix(".ko")) for line in built_in}

    def require(self, names):
        """Throws UnknownName with all that are none."""
        known = self.paths.keys() | self.built_in
        unknown = [name for name in names if name_of(name) not in known]
        if unknown:
            raise UnknownName("\n".join(f"{name}: this kernel has no such module"
                                        f"{near(name_of(name), known)}" for name in unknown))

    def read(self, name):
        """Without its compression: the guest need not undo it."""
        path = self.paths[name]
        if not path.name.endswith(SUFFIXES):
            raise FetchError(f"{path.name}: how it is compressed is not known here: known are "
                             f"{' '.join(SUFFIXES)}")
        content = path.read_bytes()
        try:
            return lzma.decompress(content) if path.suffix == ".xz" else content
        except lzma.LZMAError as error:
            raise FetchError(f"{path}: {error}") from None

    def path_in_guest(self, name):
        """Below /lib/modules/RELEASE: "kernel/drivers/nvme/host/nvme.ko"."""
        path = self.paths[name].relative_to(self.folder)
        return str(path).removesuffix(".xz")

    def load_order(self, names):
        """{name: (content, names that it depends on)} of these and all that they need, each after
        what it needs. What is built in needs nothing. A circle is broken where it is met again."""
        order = {}
        begun = set()

        def add(name):
            if name in begun or name not in self.paths:
                return
            begun.add(name)
            content = self.read(name)
            needed, wished = [], list(ASKED_FOR_LATER.get(name, []))
            for line in information(content, name):
                key, _, value = line.partition("=")
                if key == "depends":
                    needed += [name_of(word) for word in value.split(",") if word]
                elif key == "softdep":
                    before = value.partition("post:")[0].partition("pre:")[2]
                    wished += [name_of(word) for word in before.split()]
            for other in wished + needed:
                add(other)
            order[name] = (content, [other for other in needed if other in self.paths])

        for name in names:
            add(name_of(name))
        return order


def dependency_file(modules, order):
    """modules.dep as depmod writes it, for modprobe: of each all that it needs, the nearest first."""
    needs = {}
    for name, (_, direct) in order.items():
        needs[name] = []
        for other in direct:
            for each in [other, *needs.get(other, [])]:
                if each in needs[name]:
                    needs[name].remove(each)
                needs[name].append(each)
    return "".join(
        f"{modules.path_in_guest(name)}:"
        f"{''.join(' ' + modules.path_in_guest(each) for each in needs[name])}\n"
        for name in order)
