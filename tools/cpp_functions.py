"""Finds the functions of a C++ or Java file by counting braces, for tidy.py.

It is no parser. Comments and literals are blanked first; then a `{` opens a function if the text
since the last `;`, `{` or `}` holds a parameter list and does not open a class, a namespace or the
like. Everything inside a function counts as part of it: lambdas, local classes, nested blocks.

    int f(int x) {            header "int f(int x) ", a function named f
      if (x) { ... }          inside it
    }
    S::S() : a_{1} { ... }    the `{1}` is followed by `{`, so it belongs to the header
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LITERAL = re.compile(
    r"""//[^\n]*                          # comments
      | /\*.*?\*/
      | R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"   # raw strings
      | \"\"\".*?\"\"\"                   # Java text blocks
      | "(?:\\.|[^"\\\n])*"               # strings
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'    # characters, and not 10'000
      | ^[ \t]*\#(?:\\\n|[^\n])*          # preprocessor lines
    """,
    re.X | re.S | re.M,
)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|interface|record)\b")
TEMPLATE = re.compile(r"\btemplate\s*<")
NAME = re.compile(r"([~\w:]+|operator\s*[^\s\w(]+|operator\s*\(\))\s*\($")
TEST_NAME = re.compile(r"\b(TEST(?:_[FP])?)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)")


@dataclass
class Block:
    """An open brace: what stood before it, and whether it opened a function."""

    header: str
    header_at: int
    is_function: bool


def blank_literals(text: str) -> str:
    """Comments, literals and preprocessor lines as blanks, so that offsets and lines stay."""
    return LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def first_parenthesis(header: str) -> int:
    """Offset of the `(` of the parameter list: the first outside template arguments."""
    depth = 0
    for i, letter in enumerate(header):
        if letter == "<":
            depth += 1
        elif letter == ">" and depth:
            depth -= 1
        elif letter == "(" and depth == 0:
            return i
    return header.find("(")


def without_templates(header: str) -> str:
    """The header without its `template <...>` prefixes, whose `class T` opens no class."""
    while found := TEMPLATE.search(header):
        depth = 1
        end = found.end()
        while end < len(header) and depth:
            depth += {"<": 1, ">": -1}.get(header[end], 0)
            end += 1
        header = header[: found.start()] + header[end:]
    return header


def function_name(header: str) -> str:
    if test := TEST_NAME.search(header):
        return f"{test[2]}.{test[3]}"
    found = NAME.search(header[: first_parenthesis(header) + 1])
    return found[1] if found else header.strip()[:40]


def opens_function(header: str) -> bool:
    header = without_templates(header)
    before_list = header[: first_parenthesis(header)]
    if "(" not in header or SCOPE.search(before_list):
        return False
    # `Table kTable = make({`, `return f({`: an initialiser, not a body.
    return "=" not in before_list or "operator" in before_list


def functions_of(text: str) -> Iterator[tuple[str, int, int]]:
    """(name, first line, number of lines) of each function of the file."""
    code = blank_literals(text)
    open_blocks: list[Block] = []
    header_at = 0
    inside = 0  # how many of the open blocks are functions
    for i, letter in enumerate(code):
        if letter == ";" or (letter == ":" and code[header_at:i].strip() in ("public", "private",
                                                                             "protected")):
            header_at = i + 1
        elif letter == "{":
            header = code[header_at:i]
            is_function = inside == 0 and opens_function(header)
            open_blocks.append(Block(header, header_at, is_function))
            inside += is_function
            header_at = i + 1
        elif letter == "}" and open_blocks:
            block = open_blocks.pop()
            inside -= block.is_function
            header_at = i + 1
            if not block.is_function:
                continue
            if re.match(r"\s*[,{]", code[i + 1 :]):
                header_at = block.header_at  # a brace initialiser of a constructor
                continue
            start = block.header_at + len(block.header) - len(block.header.lstrip())
            first = code.count("\n", 0, start) + 1
            yield function_name(block.header), first, code.count("\n", start, i) + 1
