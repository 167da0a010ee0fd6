"""Mutants of C++ sources: by rule from every line, and by hand from a table.

A rule works on text, not on a syntax tree: what does not compile is no mutant, and is left out when
it is built. Comments, strings, assertions, includes and the declarations of parameters and
statistics (`visit`, which the platform's tests compare with the documentation) are left alone.
"""

import dataclasses
import pathlib
import re

SWAPS = {
    "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&",
    "+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&",
    "^": "|", "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=",
}
# Binary operators stand between blanks, or end a line.
OPERATOR = re.compile(
    r"(?<= )(" + "|".join(sorted(map(re.escape, SWAPS), key=len, reverse=True)) + r")(?=[ \n])")
WORDS = {"true": "false", "false": "true", "std::max": "std::min", "std::min": "std::max",
         "continue;": "break;"}
WORD = re.compile(r"\b(true|false|std::max|std::min|continue;)(?!\w)")
NUMBER = re.compile(r"(?<![\w.'])(\d+)(?=[uU]?\b(?![.'xX]))")
NOT = re.compile(r"(?<=[ (])!(?=[\w(*])")
CONDITION = re.compile(r"\b(?:if|while) (?:constexpr )?\(")
STATEMENT = re.compile(r"(?:\+\+|--)?[\w.\[\]()*>:&-]+(?: (?:=|\+=|-=|\|=|&=|\^=|<<=|>>=) [^;]*|\([^;]*\))?;")
FIELD = re.compile(r"\.\w+ = [^;{}\n]*,$", re.MULTILINE)
NO_STATEMENT = re.compile(r"(return|break|continue|case|default|using|public|private|assert|else)\b")


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: str  # from the repository's root
    start: int  # of the text that is replaced
    end: int
    text: str  # what stands there instead
    line: int  # first, from 1
    last_line: int
    name: str  # what the lists of survivors know it by
    by_hand: str = ""  # what it breaks


def one_line(text):
    return " ".join(text.split())


def blank(text):
    """Comments, strings and what else is not to be mutated, as blanks of the same length."""
    def blanks(match):
        return re.sub(r"[^\n]", " ", match.group())

    text = re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', blanks, text,
                  flags=re.DOTALL)
    text = re.sub(r"^#[^\n]*", blanks, text, flags=re.MULTILINE)
    text = re.sub(r"^ *(?:static_)?assert\(.*?\);$", blanks, text, flags=re.MULTILINE | re.DOTALL)
    for match in re.finditer(r"\bvoid [\w:]*visit(?:_\w+)?\([^)]*\)[^;{]*\{", text):
        end = matching(text, match.end() - 1, "{}")
        text = text[:match.end()] + re.sub(r"[^\n]", " ", text[match.end():end]) + text[end:]
    return text


def matching(text, opening, brackets):
    depth = 0
    for at in range(opening, len(text)):
        depth += {brackets[0]: 1, brackets[1]: -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("unbalanced")


def edits(code):
    """(start, end, replacement) of every mutant of the blanked `code`."""
    for match in OPERATOR.finditer(code):
        yield match.start(), match.end(), SWAPS[match.group()]
    for match in WORD.finditer(code):
        yield match.start(), match.end(), WORDS[match.group()]
    for match in NOT.finditer(code):
        yield match.start(), match.end(), ""
    for match in NUMBER.finditer(code):
        value = int(match.group(1))
        yield match.start(), match.end(), str(value + 1)
        if value > 0:
            yield match.start(), match.end(), str(value - 1)
    for match in CONDITION.finditer(code):
        opening = match.end() - 1
        closing = matching(code, opening, "()")
        inside = code[opening + 1:closing]
        if ";" in inside:  # an initialiser comes first
            opening += inside.index(";") + 1
        # Of one comparison, or one negation, another rule does the same.
        if not re.fullmatch(r"[^&|]* (==|!=) [^&|]*|!\S*", inside):
            yield opening + 1, closing, lambda whole: f"!({whole.strip()})"
        if match.group().startswith("if"):
            after = re.compile(r"\s*([^{\s][^;{]*;)").match(code, closing + 1)
            if after:  # the whole statement
                yield match.start(), after.end(), ";"
    start = 0
    for end in [i for i, letter in enumerate(code) if letter in ";{}:"]:
        if code[end] == ":" and not re.search(r"\b(case [\w:]+|default)$", code[start:end]):
            continue
        statement = code[start:end + 1].strip()
        if code[end] == ";" and STATEMENT.fullmatch(statement) and not NO_STATEMENT.match(statement):
            yield code.index(statement, start), end + 1, ";"
        start = end + 1
    for match in FIELD.finditer(code):
        before = code[code.rfind("\n", 0, match.start()) + 1:match.start()]
        if not before.strip():
            yield match.start(), match.end(), ""


def of_file(root, path):
    """Every mutant of one source, in the order of its lines."""
    text = (root / path).read_text()
    code = blank(text)
    found, names = [], {}
    for start, end, new in sorted(set_of(edits(code), text)):
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        name = f"{path}: {one_line(text[first:last])} => " \
               f"{one_line(text[first:start] + new + text[end:last])}"
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            name += f" #{names[name]}"
        found.append(Mutant(path, start, end, new, text.count("\n", 0, start) + 1,
                            text.count("\n", 0, end) + 1, name))
    return found


def set_of(found, text):
    return {(start, end, new(text[start:end]) if callable(new) else new)
            for start, end, new in found}


def by_hand(root, table):
    """The faults of a table: "= name: what it breaks", "@ file", "- text", "+ text instead"."""
    mutants = []
    for record in re.split(r"\n\s*\n", pathlib.Path(table).read_text()):
        lines = [line for line in record.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        parts = {mark: "\n".join(line[2:] for line in lines if line[0] == mark) for mark in "=@-+"}
        text = (root / parts["@"]).read_text()
        if text.count(parts["-"]) != 1:
            raise SystemExit(f"{table}: {parts['@']} has not exactly one: {parts['-']}")
        start = text.index(parts["-"])
        end = start + len(parts["-"])
        name, effect = parts["="].split(": ", 1)
        mutants.append(Mutant(parts["@"], start, end, parts["+"], text.count("\n", 0, start) + 1,
                              text.count("\n", 0, end) + 1, name, effect))
    return mutants


def reasons(table):
    """Known survivors, by name, and why no test can tell them from the original."""
    known, reason = {}, ""
    for line in pathlib.Path(table).read_text().splitlines():
        if line.startswith("= "):
            reason = line[2:]
        elif line.strip() and not line.startswith("#"):
            known[line] = reason
    return known
