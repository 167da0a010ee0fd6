"""Commands at the shell of a Linux guest: what each printed, and its status."""
import json
import re
import sys

PROMPT = "~ # "
LONGEST = 1000  # of a line, for busybox's line editor


def check(condition, message, text=""):
    if not condition:
        sys.exit(f"{message}\n{text}")


def typed(command):
    """One line, so that nothing is sent before all of it has ended."""
    line = f"{command}; printf '\\nstatus %d\\n' $?"
    check(len(line) < LONGEST and "\n" not in line, f"not a line for busybox: {command}")
    return line


def script(commands, end="send poweroff -f"):
    """For `kilburn linux --script`: the commands, then `end`. On a wide console, so that no echo is wrapped,
    without the kernel's messages."""
    lines = ["timeout 300", "expect is up", "expect ~ #", "send dmesg -n 1; stty columns 2000", "expect ~ #"]
    for command in commands:
        lines += [f"send {typed(command)}", "expect ~ #"]
    return "\n".join([*lines, end]) + "\n"


class Said:
    """What the guest printed between a command and the next prompt."""

    def __init__(self, command, text):
        self.command = command
        found = re.search(r"^status (\d+)$", text, re.MULTILINE)
        check(found, f"{command}: has not ended", text)
        self.status = int(found[1])
        self.text = text[text.index("\n"):found.start()].strip("\n")

    def check(self, condition, message):
        check(condition, f"{self.command}: {message}", self.text)

    def has_status(self, expected):
        self.check(self.status == expected, f"status {self.status}, not {expected}")

    def matches(self, pattern):
        found = re.search(pattern, self.text, re.MULTILINE)
        self.check(found, f"nothing matches {pattern}")
        return found

    def is_text(self, expected):
        self.check(self.text == expected, f"is not {expected!r}")

    def json(self):
        start = re.search(r"^[{\[]", self.text, re.MULTILINE)
        self.check(start, "no JSON")
        return json.JSONDecoder().raw_decode(self.text[start.start():])[0]

    def has(self, **expected):
        """Members of its JSON. A text's blanks at the end do not count."""
        values = self.json()
        for name, value in expected.items():
            found = values.get(name)
            found = found.rstrip() if isinstance(found, str) else found
            self.check(found == value, f"{name} is {found!r}, not {value!r}")


def answers(commands, output):
    """What each of them printed; `output` is that of the run."""
    parts = output.replace("\r", "").split("\n" + PROMPT)[2:]
    check(len(parts) > len(commands), "the guest has ended before the last command", output)
    return [Said(command, part) for command, part in zip(commands, parts)]
