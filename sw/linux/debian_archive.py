"""Debian's archive for riscv64, by apt, which checks all against Debian's signature."""
import os
import re

from fetch_error import FetchError, UnknownName, near, run

SUITES = ("trixie", "sid")
MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Archive:
    """One suite of it, with lists, state and cache in a folder of their own: the machine's own apt
    knows nothing of them. The folder may be moved between two uses."""

    def __init__(self, folder, suite, mirror):
        self.folder = folder
        self.mirror = mirror
        self.suite = suite
        self.packages = folder / "cache/archives"  # what `download` has fetched, and apt checked
        if not os.access(KEYRING, os.R_OK):
            raise FetchError(f"{KEYRING}: cannot be read; the package debian-archive-keyring has it")
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()  # nothing is installed
        sources = folder / "sources.list"
        sources.write_text(f"deb [arch=riscv64 signed-by={KEYRING}] {mirror} {suite} main\n")
        settings = {
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "-",
            "Dir::Etc::preferencesparts": "-",
            "Dir::State": folder,
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "APT::Architecture": "riscv64",
            "APT::Architectures": "riscv64",
            "APT::Install-Recommends": "false",
            "APT::Update::Error-Mode": "any",  # without it, a failed update is a warning
            "APT::Sandbox::User": "",  # the user _apt may not be let into the folder
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "30",
            "Debug::NoLocking": "true",  # our own lock is held, and a user owns no lock of dpkg's
        }
        self.environment = {**os.environ, "LC_ALL": "C"}  # what apt says is read
        self.options = [word for name, value in settings.items() for word in
                        ("-o", f"{name}={value}")]

    def call(self, program, *arguments):
        return run([program, *self.options, "-q", *arguments],
                   f"{self.mirror}: {program} {arguments[0]} failed; is there a network? What is "
                   "fetched is kept: it is needed once",
                   cwd=self.folder, env=self.environment)

    def update(self):
        """Asks for the suite's lists of today."""
        self.call("apt-get", "update")

    def has_lists(self):
        return any((self.folder / "lists").glob("*_Packages*"))

    def names(self):
        """Of every package that there is."""
        return set(self.call("apt-cache", "pkgnames").split())

    def require(self, names):
        """Throws UnknownName with all that are no packages of the suite."""
        known = self.names()
        unknown = [name for name in names if name not in known]
        if unknown:
            raise UnknownName("\n".join(
                f"{name}: Debian's {self.suite} has no such package for riscv64"
                f"{near(name, known)}" for name in unknown))

    def depends(self, package):
        """What it names in its Depends; of alternatives the first."""
        listing = self.call("apt-cache", "show", "--no-all-versions", package)
        match = re.search(r"^Depends: (.*)$", listing, re.MULTILINE)
        return re.findall(r"(?:^|, )([^\s,|]+)", match[1]) if match else []

    def download(self, names):
        """Fetches these packages alone: their files, in the order of the names."""
        self.packages.mkdir(parents=True, exist_ok=True)
        run(["apt-get", *self.options, "-q", "download", *names],
            f"{self.mirror}: apt-get download failed; is there a network?", cwd=self.packages,
            env=self.environment)
        return [next(self.packages.glob(f"{name}_*.deb")) for name in names]

    def closure(self, names):
        """Names of the files of these packages and of all that they depend on, as apt would install
        them where nothing is. Fetches nothing."""
        plan = run(["apt-get", *self.options, "-q", "install", "--simulate", "--assume-yes", *names],
                   f"{' '.join(names)}: apt cannot put them together", cwd=self.folder,
                   env=self.environment)
        return [f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"
                for name, version, architecture in
                re.findall(r"^Inst (\S+?)(?::\w+)? \((\S+) .*\[(\w+)\]\)", plan, re.MULTILINE)]

    def download_with_dependencies(self, names):
        """The files of `closure`: those that are not there yet are fetched."""
        files = [self.packages / file for file in self.closure(names)]
        if not all(file.exists() for file in files):
            self.call("apt-get", "install", "--download-only", "--assume-yes", *names)
        return files
