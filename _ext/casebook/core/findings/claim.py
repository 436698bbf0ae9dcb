"""Claims that are often made, what the record says of each, and what can be cited instead."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text import yaml_records
from casebook.core.text.marked_text import Reader, Text
from casebook.core.text.yaml_records import YamlRecord

_FIELDS = ("claim", "verdict", "instead", "source")


class Verdict(Enum):
    """What the public record says of a claim."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    """No public source says it."""
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it is heard, its verdict, and what can be said with a source."""

    claim: Text
    verdict: Verdict
    instead: Text
    sources: tuple[str, ...]
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClaimEntry:
    """A claim of a list; its number counts the claims of its page."""

    page: str
    number: int
    claim: Claim

    @property
    def anchor(self) -> str:
        """The id of the claim on its page."""
        return f"claim-{self.number}"


def parse(
    body: str, sources: Collection[str], text: Reader = Text
) -> tuple[list[Claim], list[Problem]]:
    """Read a list of claims; `sources` are the keys of the bibliography."""
    records, problems = yaml_records.records(body)
    claims = []
    for record in records:
        claim = _claim(record, sources, text)
        problems += record.problems
        if claim:
            claims.append(claim)
    return claims, problems


def _claim(record: YamlRecord, sources: Collection[str], text: Reader) -> Claim | None:
    record.check_fields(_FIELDS)
    words, verdict, instead = (record.need(name) for name in _FIELDS[:3])
    known = [one.value for one in Verdict]
    if verdict and verdict not in known:
        hint = suggestion(verdict, known) or "; the verdicts are " + ", ".join(known)
        record.report(Kind.BAD_KIND, f"unknown verdict {shortened(verdict)}{hint}", "verdict")
    # That no public source says something is shown by no source.
    needed = verdict != Verdict.UNSUPPORTED.value
    listed = record.texts("source") if needed or "source" in record else ()
    for scalar in listed:
        if scalar.text not in sources:
            message = f"unknown source {shortened(scalar.text)}{suggestion(scalar.text, sources)}"
            record.problems.append(Problem(Kind.UNKNOWN_SOURCE, message, scalar.line))
    if record.problems:
        return None
    keys = tuple(scalar.text for scalar in listed)
    said, right = text(words, record.line_of("claim")), text(instead, record.line_of("instead"))
    return Claim(said, Verdict(verdict), right, keys, record.line)
