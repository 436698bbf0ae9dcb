"""Report how the pages read: sentences, paragraphs and words, beside the goals of the book.

Usage: python tools/prose.py [--long] [--sections] [PAGE or FOLDER …]

Prose is paragraphs and the items of lists, in the bodies of insights and summaries too.  Headings,
tables, captions, records, quotations and code are left out.  `--long` prints the longest sentences
of each page, `--sections` each section by itself.  It's a report: a page that misses a goal is
marked with `!`, and nothing fails.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.text.reading_time import count
from casebook.core.text.sentences import split
from casebook.literate.programs import Parser, book_parser
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
WHERE = Path("source", "elite")
LONG = 30
"""Words; a sentence of more is a long one."""
LONGEST = 5
"""So many long sentences are printed."""

_DIRECTIVE = re.compile(r"\{([\w:-]+)\}.*")
_MONTH = re.compile(r"\bMay(?= \d)")
_YOU = r"you(?:r|rs|rself|rselves)?"
_SHORT = (
    r"\w+n[’']t|\w+[’'](?:re|ve|ll|d)|i[’']m|"
    r"(?:he|here|how|it|let|she|that|there|what|where|who)[’']s"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for, as `prose.toml` says it."""

    directives: frozenset[str]
    hedges: tuple[str, ...]
    goals: Mapping[str, float]
    house: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or an item of a list."""

    line: int
    """Where it begins in the page, from 1."""
    section: str
    text: str
    """Its words; a line break where the source has one."""
    item: bool = False

    def sentences(self) -> Iterator[tuple[int, str]]:
        """Yield its sentences, each with the line on which it begins."""
        line = self.line
        for sentence in split(self.text):
            blank = len(sentence) - len(sentence.lstrip())
            yield line + sentence[:blank].count("\n"), " ".join(sentence.split())
            line += sentence.count("\n")


@dataclass(frozen=True, slots=True)
class Prose:
    """What a page, or a section of it, has to be read."""

    name: str
    blocks: tuple[Block, ...]
    essay: bool = False

    def sections(self) -> Iterator[Prose]:
        """Yield each section by itself, in reading order; one without prose is left out."""
        for name in dict.fromkeys(block.section for block in self.blocks):
            yield Prose(name, tuple(b for b in self.blocks if b.section == name))

    def longest(self) -> list[tuple[int, int, str]]:
        """Return the longest sentences: how many words, the line, the sentence."""
        found = [(count(s), at, s) for block in self.blocks for at, s in block.sentences()]
        return sorted(found, key=lambda one: (-one[0], one[1]))[:LONGEST]

    def house_words(self, words: Words) -> dict[str, list[int]]:
        """Return the lines on which each house word stands."""
        found: dict[str, list[int]] = {}
        for block in self.blocks:
            for word in words.house:
                for match in _matches([re.escape(word).replace(r"\ ", r"\s+")], block.text):
                    at = block.line + block.text[: match.start()].count("\n")
                    found.setdefault(word, []).append(at)
        return found


@dataclass(frozen=True, slots=True)
class Report:
    """How a page reads; what is counted is counted in 1,000 words."""

    words: int
    mean: float
    long: float
    semicolons: float
    you: float
    contractions: float
    hedges: float
    house: float
    paragraph: float


def read_words(text: str) -> Words:
    """Read what is looked for from the text of `prose.toml`."""
    found = tomllib.loads(text)
    return Words(
        frozenset(found["directives"]), tuple(found["hedges"]), found["goals"], found["house"]
    )


def read(name: str, text: str, parse: Parser, prose: frozenset[str]) -> Prose:
    """Read the prose of a page; `prose` are the directives whose bodies are prose."""
    tokens = parse(text)
    front = next((t.content for t in tokens if t.type == "front_matter"), "")
    essay = bool(re.search(r"^study:", front, re.MULTILINE))
    return Prose(name, tuple(_blocks(tokens, 0, "", parse, prose)), essay)


def _blocks(
    tokens: Sequence[Token], before: int, section: str, parse: Parser, prose: frozenset[str]
) -> Iterator[Block]:
    """Yield what is read of some tokens; `before` lines of the page come before their first."""
    inside: list[str] = []
    for token in tokens:
        if token.nesting:
            _step(inside, token)
        elif token.type in ("fence", "colon_fence") and token.map:
            found = _DIRECTIVE.fullmatch(token.info.strip())
            if found and found[1] in prose:
                options, body = _body(token.content)
                start = before + token.map[0] + 1 + options
                yield from _blocks(parse(body), start, section, parse, prose)
        elif token.type == "inline" and token.map:
            words = _words(token.children or ())
            line = before + token.map[0] + 1
            if "heading" in inside:
                section = f"line {line}: {words}"
            elif not {"table", "blockquote"} & {*inside} and words.strip():
                yield Block(line, section, words, "list_item" in inside)


def _step(inside: list[str], token: Token) -> None:
    if token.nesting > 0:
        inside.append(token.type.removesuffix("_open"))
    else:
        inside.pop()


def _body(content: str) -> tuple[int, str]:
    """Split off the options of a directive: how many lines they take, and the body."""
    lines = content.split("\n")
    at = 0
    while at < len(lines) and lines[at].lstrip().startswith(":") and ":::" not in lines[at]:
        at += 1
    return at, "\n".join(lines[at:])


def _words(parts: Iterable[Token]) -> str:
    """Return what a reader reads of a line; a name stands for what only a build can tell."""
    found: list[str] = []
    target = ""
    for part in parts:
        if part.type == "link_open":
            target = str(part.attrs.get("href", ""))
        elif part.type == "link_close":
            found.append(_named(target) if target else "")
            target = ""
        elif part.type in ("softbreak", "hardbreak"):
            found.append("\n")
        elif part.type == "myst_role":
            found.append(_role(str(part.meta.get("name", "")), part.content))
        elif part.type == "code_inline":
            found.append(_named(part.content))
        elif part.type in ("text", "math_inline"):
            found.append(part.content)
        if part.nesting == 0:
            target = ""  # the link has words of its own
    return "".join(found)


def _role(name: str, content: str) -> str:
    if name.startswith("cite"):
        return ""  # names its source, and is passed over
    words, target, _ = content.partition("<")
    return words.strip() if target else _named(content)


def _named(words: str) -> str:
    """Put a name between quotes, so that a sentence may begin with it."""
    return f"“{words}”"


def _matches(words: Iterable[str], text: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"(?i)(?<![\w’'])(?:{'|'.join(words)})(?![\w])", text))


def report(prose: Prose, words: Words) -> Report:
    """Measure what there is to read."""
    lengths = [count(s) for block in prose.blocks for _, s in block.sentences()]
    paragraphs = [count(block.text) for block in prose.blocks if not block.item]
    total = sum(lengths)
    text = "\n\n".join(block.text for block in prose.blocks)
    house = sum(map(len, prose.house_words(words).values()))

    def often(number: int) -> float:
        return 1000 * number / max(total, 1)

    return Report(
        total,
        mean=_mean(lengths),
        long=100 * _mean([length > LONG for length in lengths]),
        semicolons=often(text.count(";")),
        you=often(len(_matches([_YOU], text))),
        contractions=often(len(_matches([_SHORT], text))),
        hedges=often(len(_matches(map(re.escape, words.hedges), _MONTH.sub("", text)))),
        house=often(house),
        paragraph=_mean(paragraphs),
    )


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0


HEADS = (
    "words", "mean", "over 30", "semicolons", "you", "contractions", "hedges", "house", "paragraph",
)  # fmt: skip


def rows(named: Sequence[Prose], words: Words, first: str) -> Iterator[str]:
    """Yield the lines of a table: what is measured, the goals, and a line for each page."""
    goals = words.goals
    wanted = (
        "", f"≤ {goals['mean']}", f"≤ {goals['long']} %", f"≤ {goals['semicolons']}",
        f"≥ {goals['you']}", "", "", "0", f"{goals['paragraph']}",
    )  # fmt: skip
    width = max(len(name) for name in (first, "goal", *(prose.name for prose in named)))
    yield _row(width, first, HEADS)
    yield _row(width, "goal", wanted)
    for prose in named:
        yield _row(width, prose.name, _cells(report(prose, words), goals, prose.essay))


def _cells(found: Report, goals: Mapping[str, float], essay: bool) -> Iterator[str]:
    yield f"{found.words:,}"
    yield f"{found.mean:.1f}" + "!" * (round(found.mean, 1) > goals["mean"])
    yield f"{found.long:.1f} %" + "!" * (round(found.long, 1) > goals["long"])
    yield f"{found.semicolons:.1f}" + "!" * (round(found.semicolons, 1) > goals["semicolons"])
    yield f"{found.you:.1f}" + "!" * (essay and round(found.you, 1) < goals["you"])
    yield f"{found.contractions:.1f}"
    yield f"{found.hedges:.1f}"
    yield f"{found.house:.1f}" + "!" * (found.house > 0)
    yield f"{found.paragraph:.0f}"


def _row(width: int, first: str, cells: Iterable[str]) -> str:
    """Set a line of a table; a mark stands right of the column's edge."""
    others = (
        f"{cell.removesuffix('!'):>{len(head) + 2}}{'!' if cell.endswith('!') else ' '}"
        for cell, head in zip(cells, HEADS, strict=True)
    )
    return f"{first:<{width}}{''.join(others)}".rstrip()


def told(pages: Sequence[Prose], words: Words, long: bool, sections: bool) -> Iterator[str]:
    """Yield the lines of the whole report."""
    yield "In 1,000 words: semicolons, you, contractions, hedges, house words."
    yield ""
    yield from rows(pages, words, "page")
    for page in pages:
        details = [
            f"  {word} → {words.house[word]}: {'line' if len(at) == 1 else 'lines'} "
            f"{', '.join(map(str, at))}"
            for word, at in page.house_words(words).items()
        ]
        if long:
            details += [f"  {n} words, line {at}: {s}" for n, at, s in page.longest() if n > LONG]
        if sections:
            details += [f"  {row}" for row in rows(list(page.sections()), words, "section")]
        if details:
            yield from ("", page.name, *details)


def files(places: Iterable[Path]) -> Iterator[Path]:
    """Yield the pages of what was named, each once.  Raises ``FileNotFoundError``."""
    seen = set()
    for place in places:
        if not place.exists():
            raise FileNotFoundError(f"there is no page or folder '{place}'")
        for path in sorted(place.rglob("*.md")) if place.is_dir() else [place]:
            if path not in seen:
                seen.add(path)
                yield path


def main(arguments: Sequence[str], root: Path = ROOT) -> str:
    """Print the report; return an empty text, or what is wrong."""
    options: Any = argparse.ArgumentParser(description="Report how pages read.")
    options.add_argument("places", nargs="*", type=Path, default=[root / WHERE])
    options.add_argument("--long", action="store_true", help="print the longest sentences")
    options.add_argument("--sections", action="store_true", help="measure each section")
    given = options.parse_args(arguments)
    words = read_words(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    parse = book_parser(root)
    try:
        found = [(path, path.read_text(encoding="utf-8")) for path in files(given.places)]
    except FileNotFoundError as error:
        return str(error)
    pages = [read(_name(path, root), text, parse, words.directives) for path, text in found]
    print("\n".join(told(pages, words, given.long, given.sections)))
    return ""


def _name(path: Path, root: Path) -> str:
    """Name a page as a list of contents does, or by its path where it is none of the book's."""
    full, source = path.resolve(), (root / "source").resolve()
    if source not in full.parents:
        return str(path)
    return full.relative_to(source).with_suffix("").as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
