"""What is in a Debian package. Nothing of it is run."""
import contextlib
import subprocess
import tarfile

from fetch_error import FetchError, run


@contextlib.contextmanager
def files_of(package):
    """Its files as a stream: tar's members, each to be read before the next."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpack:
        try:
            with tarfile.open(fileobj=unpack.stdout, mode="r|") as files:
                yield files
        finally:
            unpack.stdout.close()
            unpack.kill()  # of one that is left in the middle
            unpack.wait()


def path_of(member):
    """Relative to the root: "usr/bin/lspci"; of the root itself ".". Throws where it leads out."""
    path = member.name.removeprefix("./").rstrip("/")
    if path.startswith("/") or ".." in path.split("/"):
        raise FetchError(f"{member.name}: leads out of the package")
    return path or "."


def version_of(package):
    """Name and version: "opensbi 1.6-1"."""
    return run(["dpkg-deb", "--show", package],
               f"{package}: cannot be read").strip().replace("\t", " ")
