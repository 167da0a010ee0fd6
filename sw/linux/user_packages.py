"""Debian packages for the guest, with all that they depend on: fetched once."""
import hashlib

from debian_archive import Archive
from fetch_error import FetchError, UnknownName


def key_of(words):
    """A file's name for a set of words."""
    return hashlib.sha256("\n".join(sorted(words)).encode()).hexdigest()[:16]


def ask(archive, names):
    """Has apt find and fetch them. Where that fails on lists of another day, once more on those of
    today: Debian drops what newer versions replace."""
    is_new = not archive.has_lists()
    if is_new:
        archive.update()
    archive.require(names)
    try:
        return archive.download_with_dependencies(names)
    except FetchError:
        if is_new:
            raise
    archive.update()
    archive.require(names)
    return archive.download_with_dependencies(names)


def fetch(folder, suite, mirror, names):
    """Files of these packages and of all that they depend on, in the order in which apt would install
    them. What has been fetched together is found again without asking apt, or a network."""
    archive = Archive(folder / "apt", suite, mirror)
    plan = folder / "plans" / key_of(names)
    if plan.exists():
        files = [archive.packages / name for name in plan.read_text().split()]
        if all(file.exists() for file in files):
            return files
    try:
        files = ask(archive, names)
    except UnknownName:
        raise
    except FetchError as error:
        raise FetchError(f"{', '.join(names)}: cannot be fetched\n{error}") from None
    plan.parent.mkdir(exist_ok=True)
    beside = plan.with_name(plan.name + ".partial")
    beside.write_text("".join(f"{file.name}\n" for file in files))
    beside.replace(plan)
    return files
