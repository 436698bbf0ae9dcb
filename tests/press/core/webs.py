"""Pages of chunks, for the tests of what is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from casebook.core.literate import program
from casebook.core.literate.program import Program
from casebook.core.literate.tangle import Tangled
from casebook.core.problems import Kind, Problem
from hypothesis import strategies as st
from markdown_it import MarkdownIt

Block = list["str | tuple[int, Block]"]
"""Lines of code, and blocks that stand further right by so many columns."""


def read(page: str) -> tuple[Program, list[Problem]]:
    return program.read(MarkdownIt("commonmark").parse(page))


def good(page: str) -> Program:
    found, problems = read(page)
    assert not problems, problems
    return found


def said(page: str) -> list[tuple[Kind, int, str]]:
    return [(p.kind, p.line, p.message) for p in read(page)[1]]


def chunk(name: str, code: str, file: str = "", option: str = "name") -> str:
    """A chunk whose code begins in its third line."""
    return f"```{{chunk}} {file}\n:{option}: {name}\n{code}\n```\n\n"


def line_of(page: str, part: str) -> int:
    assert page.count(part) == 1, part
    return page[: page.index(part)].count("\n") + 1


@dataclass(frozen=True)
class Web:
    """A page, and what its files should hold, without blank lines."""

    page: str
    files: dict[str, list[str]]

    @property
    def tangled(self) -> dict[str, Tangled]:
        return {file.path: file for file in read(self.page)[0].files}


def flat(block: Block, indent: int = 0) -> list[str]:
    """The lines of a block without any chunks."""
    found = []
    for item in block:
        found += [" " * indent + item] if isinstance(item, str) else flat(item[1], indent + item[0])
    return found


@st.composite
def webs(draw: st.DrawFn, roots: st.SearchStrategy[list[tuple[str, Block]]]) -> Web:
    """Blocks with the files that they belong to, cut into chunks that stand in any order."""
    pieces: list[list[str]] = []

    def cut(block: Block, indent: int = 0) -> list[str]:
        lines: list[str] = []
        for item in block:
            if lines and draw(st.integers(0, 5)) == 0:
                lines.append("")
            if isinstance(item, str):
                lines.append(" " * indent + item)
            elif draw(st.booleans()):
                lines += cut(item[1], indent + item[0])
            else:
                lines.append(" " * (indent + item[0]) + f"<<c{piece(item[1])}>>")
        return lines

    def piece(block: Block) -> int:
        number = len(pieces)
        pieces.append([])
        pieces[number] = cut(block)
        return number

    found = draw(roots)
    files: dict[int, str] = {}
    blocks: dict[int, Block] = {}
    for file, block in found:
        number = piece(block)
        files[number], blocks[number] = file, block
    parts = [[lines] for lines in pieces]
    for split in parts:
        at = draw(st.integers(0, 2 * len(split[0])))
        if at < len(split[0]) and any(split[0][:at]):
            split[:] = [split[0][:at], split[0][at:]]
    order = draw(st.permutations([n for n, split in enumerate(parts) for _ in split]))
    page, whole = "# Page\n\n", {}
    for at, n in enumerate(order):
        part = order[:at].count(n)
        option, file = ("append", "") if part else ("name", files.get(n, ""))
        page += chunk(f"c{n}", "\n".join(parts[n][part]), file, option) + "Words.\n\n"
        if file:
            whole.setdefault(file, []).extend(flat(blocks[n]))
    return Web(page, whole)
