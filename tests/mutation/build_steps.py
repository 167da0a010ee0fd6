"""The steps that ninja would take after an edit, taken by content: ninja itself looks at the whole
platform first, which takes longer than to build a mutant."""

import hashlib
import os
import re
import subprocess


class BuildSteps:
    """After a build by ninja: what it ran for `targets`, and which sources each step depends on."""

    def __init__(self, source, build, targets):
        self.source, self.build = source, build
        headers = self.headers()
        self.steps = {}  # of each target: (command, paths of its sources), in the order to take them
        self.done = {}  # by command: contents that it was run on last
        for target in targets:
            self.steps[target] = self.steps_of(target, headers)
            for command, sources in self.steps[target]:
                self.done[command] = self.state(sources)

    def ninja(self, *arguments):
        return subprocess.run(["ninja", "-C", self.build, "-t", *arguments], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def mutable(self, path):
        """The path from the repository's root of a source that is a copy; else nothing."""
        path = os.path.normpath(os.path.join(self.build, path))
        inside = os.path.relpath(path, self.source)
        return None if inside.startswith("..") or os.path.realpath(path) != os.path.join(
            os.path.realpath(self.source), inside) else inside

    def headers(self):
        """By object: the copied sources that it is compiled from."""
        found, current = {}, set()
        for line in self.ninja("deps").splitlines():
            if line.startswith("    "):
                path = self.mutable(line.strip()) if "models/" in line else None
                if path:
                    current.add(path)
            elif ": #deps" in line:
                current = found.setdefault(line.split(": #deps")[0], set())
        return found

    def steps_of(self, target, headers):
        steps, made = [], {}  # made: sources by what is made of them
        for command in self.ninja("commands", target).splitlines():
            compiled = re.search(r" -o (\S+) -c (\S+)$", command)
            archive = re.search(r"\bar qc (\S+) ", command)
            linked = re.search(r" -o (\S+) ", command)
            if compiled:
                output = compiled.group(1)
                sources = headers.get(output, set())
            else:
                output = (archive or linked).group(1) if archive or linked else None
                sources = {path for word in command.split() for path in made.get(word, ())}
            if output and sources:
                made[output] = sources
                steps.append((command, sorted(sources)))
        return steps

    def state(self, sources):
        whole = hashlib.sha256()
        for path in sources:
            with open(os.path.join(self.source, path), "rb") as file:
                whole.update(hashlib.sha256(file.read()).digest())
        return whole.digest()

    def make(self, target):
        """False where it does not compile or link."""
        for command, sources in self.steps[target]:
            state = self.state(sources)
            if self.done.get(command) == state:
                continue
            self.done[command] = None
            # Optimised little, and warnings are none: a mutant is built once and runs for a second.
            quick = re.sub(r" -W(?!l,)\S+", "", command).replace(" -O3 ", " -O1 -w ")
            done = subprocess.run(quick, shell=True, cwd=self.build, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL,
                                  env=os.environ | {"CCACHE_DISABLE": "1"})
            if done.returncode != 0:
                return False
            self.done[command] = state
        return True
