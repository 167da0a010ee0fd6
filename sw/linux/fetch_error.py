"""What went wrong, for the user; and programs whose failure is told so."""
import difflib
import subprocess


class FetchError(Exception):
    """Something that the user can do something about."""


class UnknownName(FetchError):
    """What was asked for is not there."""


def near(name, names):
    """What stands behind an unknown name. Example: "; did you mean nvme, nvmet?", or nothing."""
    found = difflib.get_close_matches(name, names, n=3, cutoff=0.7)
    return f"; did you mean {', '.join(found)}?" if found else ""


def run(command, failure, **options):
    """Standard output of the command. Throws FetchError with what it said."""
    try:
        return subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", **options).stdout
    except FileNotFoundError:
        raise FetchError(f"{command[0]} is not there: only systems with apt and dpkg can fetch "
                         "Debian's packages") from None
    except subprocess.CalledProcessError as error:
        said = "\n".join((error.stderr or error.stdout).strip().splitlines()[-4:])
        raise FetchError(f"{failure}\n{said}") from None
