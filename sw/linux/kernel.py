"""Debian's kernel for riscv64: its image, and its modules.

What linux-image-riscv64 depends on has both in trixie. Newer Debian splits them: linux-image-VERSION
is a metapackage, too, image and modules lie in linux-binary-VERSION and linux-modules-VERSION, what is
built in is told by linux-base-VERSION, and the image has moved from /boot to the modules' folder. So
it is looked for in all that is called linux-...-VERSION. In both it is an Image that is not compressed.
"""
import re
import shutil

from debian_package import files_of, path_of, version_of
from fetch_error import FetchError

METAPACKAGE = "linux-image-riscv64"
VERSIONED = re.compile(r"linux-[a-z]+-\d\S*-riscv64")  # "linux-modules-7.2.13+deb14-riscv64"
IMAGE = re.compile(r"boot/vmlinu[xz]-.*|usr/lib/modules/[^/]+/vmlinu[xz]")
# ".../kernel/drivers/nvme/host/nvme.ko.xz", and the list of those that are built in
MODULE = re.compile(r"(?:usr/)?lib/modules/[^/]+/(kernel/.*\.ko(?:\.\w+)?|modules\.builtin)")


def packages_of(archive):
    """The packages that make up the newest kernel, whatever it is split into."""
    found = []
    waiting = [METAPACKAGE]
    while waiting:
        for name in archive.depends(waiting.pop()):
            if VERSIONED.fullmatch(name) and name not in found:
                found.append(name)
                waiting.append(name)
    if not found:
        raise FetchError(f"{METAPACKAGE}: depends on no kernel")
    return found


def unpack(packages, image, modules):
    """Writes the kernel's image and, into a folder, its modules. Returns what the image is from:
    "linux-binary-7.2.13+deb14-riscv64 7.2.13-1"."""
    origin = None
    for package in packages:
        with files_of(package) as files:
            for member in files:
                path = path_of(member)
                module = MODULE.fullmatch(path)
                if not member.isfile() or not (module or IMAGE.fullmatch(path)):
                    continue
                target = modules / module[1] if module else image
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(target, "wb") as output:
                    shutil.copyfileobj(files.extractfile(member), output)
                if not module:
                    origin = version_of(package)
    if origin is None or not (modules / "modules.builtin").exists():
        raise FetchError(f"{METAPACKAGE}: its packages have no image or no modules: "
                         f"{', '.join(package.name for package in packages)}")
    return origin
