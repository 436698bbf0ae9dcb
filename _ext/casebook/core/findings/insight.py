"""Insights: what a reader could act on, with its kind, its audience and what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum

from casebook.core.literate.stored_outputs import is_output
from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text.marked_text import Text

FEWEST_SENTENCES, MOST_SENTENCES = 2, 5


class InsightKind(Enum):
    """What an insight is; the value is the word that hangs beside it."""

    LESSON = "lesson"
    """What the system teaches."""
    PITFALL = "pitfall"
    """What goes wrong, and why it is not seen before."""
    PRACTICE = "practice"
    """What to do, step by step."""


class Audience(Enum):
    """Whom an insight is for."""

    ENGINEER = "engineer"
    ARCHITECT = "architect"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What an insight rests on: a source, a metric, or a stored output."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Insight:
    """An insight."""

    page: str
    anchor: str
    title: Text
    text: Text
    kind: InsightKind
    audience: tuple[Audience, ...]
    evidence: tuple[EvidenceItem, ...]
    patterns: tuple[str, ...]
    line: int = field(repr=False)
    evidence_line: int = field(default=0, repr=False)


def parse(
    kind: str, audience: str, evidence: str, sources: Collection[str]
) -> tuple[InsightKind, tuple[Audience, ...], tuple[EvidenceItem, ...]] | list[Problem]:
    """Read the options of an insight; `sources` are the keys of the bibliography."""
    problems = [
        Problem(Kind.MISSING_FIELD, f"the option '{name}' is missing{why}")
        for name, value, why in (
            ("kind", kind, ""),
            ("audience", audience, ""),
            ("evidence", evidence, "; name a source, a metric or a stored output"),
        )
        if not value.strip()
    ]
    problems += _unknown(kind.split()[:1], "kind of insight", [k.value for k in InsightKind])
    readers = audience.replace(",", " ").split()
    problems += _unknown(readers, "audience", [a.value for a in Audience])
    if len(kind.split()) > 1:
        problems.append(Problem(Kind.BAD_KIND, f"an insight has one kind, not {shortened(kind)}"))
    if problems:
        return problems
    named = (EvidenceItem(name, _kind_of(name, sources)) for name in _once(evidence.split()))
    return InsightKind(kind.strip()), tuple(map(Audience, _once(readers))), tuple(named)


def _once(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _unknown(words: list[str], what: str, known: list[str]) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            hint = suggestion(word, known) or "; known are " + ", ".join(known)
            yield Problem(Kind.BAD_KIND, f"unknown {what} {shortened(word)}{hint}")


def _kind_of(name: str, sources: Collection[str]) -> str:
    if is_output(name):
        return "output"
    return "source" if name in sources else "metric"


def check(sentences: int, links: int) -> Problem | None:
    """Say what is wrong with a body of so many sentences and links to the book."""
    if not FEWEST_SENTENCES <= sentences <= MOST_SENTENCES:
        return Problem(
            Kind.BAD_INSIGHT,
            f"an insight has {FEWEST_SENTENCES} to {MOST_SENTENCES} sentences: what to do, why, "
            f"and when not; this has {sentences}",
        )
    if not links:
        message = "an insight links to the section that explains its mechanism"
        return Problem(Kind.BAD_INSIGHT, message)
    return None


def for_whom(audience: tuple[Audience, ...]) -> str:
    """Say whom an insight is for: `For engineers and architects`."""
    words = [f"{one.value}s" for one in audience]
    return "For " + " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
