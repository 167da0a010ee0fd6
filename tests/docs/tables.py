#!/usr/bin/env python3
"""The tables of parameters and statistics in docs/, made from the blocks' own declarations.

    tables.py [--write] [--declarations PROGRAM]

Compares each page with what the declarations say, and says what differs; --write renews the pages.
PROGRAM is tests/declarations of a build (ninja -C build/release declarations; the default).

A page has a table between two comments:

    <!-- parameters: cache.l1d -->           <!-- statistics: rmu -->
    <!-- end -->                             <!-- end -->

Several blocks of parameters, such as mmu.itlb and mmu.dtlb, are one table with a column of defaults
for each.
"""
import argparse
import difflib
import json
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RENEW = "renew them: ninja -C build/release declarations && tests/docs/tables.py --write"
BEGIN = re.compile(r"^<!-- (?:parameters|statistics):", re.MULTILINE)
TABLE = re.compile(r"^<!-- (parameters|statistics): ([\w. ]+) -->\n(.*?)^<!-- end -->", re.DOTALL | re.MULTILINE)
RUNS = {"traces": "runs of traces only", "software": "runs of software only", "ssd": "runs of ssd only",
        "software and ssd": "runs of software and ssd only"}


class Wrong(Exception):
    """A page that asks for what is not declared."""


def cell(text):
    return text.replace("|", "\\|")


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(cell(each) for each in row) + " |" for row in rows]) + "\n"


def parameter_table(blocks):
    """One row a parameter. Of several blocks the defaults of each, "-" where a block does not have it."""
    uses = {row["runs"] for rows in blocks.values() for row in rows}
    by_name = {}
    for block, rows in blocks.items():
        for row in rows:
            by_name.setdefault(row["name"], {})[block] = row
    rows = []
    for name, of_block in by_name.items():
        row = next(iter(of_block.values()))
        if any((each["allowed"], each["meaning"]) != (row["allowed"], row["meaning"]) for each in of_block.values()):
            raise Wrong(f"{' and '.join(of_block)} mean different things by {name}: a table for each")
        only = f" ({RUNS[row['runs']]})" if row["runs"] and len(uses) > 1 else ""
        rows.append([f"`{name}`", row["allowed"], row["unit"],
                     *(of_block[block]["default"] if block in of_block else "-" for block in blocks),
                     row["meaning"] + only])
    defaults = [f"`{block}`" for block in blocks] if len(blocks) > 1 else ["Default"]
    return table(["Name", "Allowed", "Unit", *defaults, "Meaning"], rows)


def one_name(names):
    """Of statistics that mean the same: all names, or where they are many `*` for what differs."""
    if len(names) <= 5:
        return ", ".join(f"`{name}`" for name in names)
    parts = list(zip(*(name.split(".") for name in names), strict=True))
    return "`" + ".".join(part[0] if len(set(part)) == 1 else "*" for part in parts) + "`"


def statistic_table(rows):
    alike = {}
    for row in rows:
        alike.setdefault((row["unit"], row["meaning"], row["histogram"]), []).append(row["name"])
    return table(["Name", "Unit", "Meaning"],
                 [[one_name(names), unit + (", histogram" if histogram else ""), meaning]
                  for (unit, meaning, histogram), names in alike.items()])


class Pages:
    def __init__(self, declarations):
        self.declarations = declarations
        self.shown = {"parameters": set(), "statistics": set()}

    def made(self, kind, names):
        blocks = {}
        for name in names.split():
            if name not in self.declarations[kind]:
                raise Wrong(f"no block has {kind} under the name {name}: there are "
                            + ", ".join(self.declarations[kind]))
            blocks[name] = self.declarations[kind][name]
            self.shown[kind].add(name)
        if kind == "parameters":
            return parameter_table(blocks)
        return "\n".join(statistic_table(rows) for rows in blocks.values())

    def renewed(self, text):
        return TABLE.sub(lambda found: f"<!-- {found[1]}: {found[2]} -->\n{self.made(found[1], found[2])}<!-- end -->",
                         text)

    def missing(self):
        return [f"no page has the {kind} of {name}" for kind, names in self.declarations.items()
                for name in names if name not in self.shown[kind]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--declarations", type=pathlib.Path, default=SOURCE / "build/release/tests/declarations")
    arguments = parser.parse_args()
    if not arguments.declarations.exists():
        sys.exit(f"tables.py: {arguments.declarations} is not built: ninja -C build/release declarations")
    made = subprocess.run([arguments.declarations], check=True, capture_output=True, text=True, timeout=60)
    pages = Pages(json.loads(made.stdout))
    wrong = []
    for page in sorted((SOURCE / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        name = str(page.relative_to(SOURCE))
        if len(BEGIN.findall(text)) != len(TABLE.findall(text)):
            wrong.append(f"{name}: a table that does not begin and end as it must")
        try:
            renewed = pages.renewed(text)
        except Wrong as why:
            wrong.append(f"{name}: {why}")
            continue
        if arguments.write and renewed != text:
            page.write_text(renewed, encoding="utf-8")
            print(f"{name}: renewed")
        elif renewed != text:
            wrong += difflib.unified_diff(text.splitlines(), renewed.splitlines(), name, "declarations", lineterm="")
    wrong += pages.missing()
    if wrong:
        print("\n".join(wrong))
        sys.exit(f"tables.py: the pages are not those of the declarations: {RENEW}")


if __name__ == "__main__":
    main()
