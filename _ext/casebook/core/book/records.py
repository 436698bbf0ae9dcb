"""What pages contribute to the book: frozen records, and nothing that Sphinx knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from casebook.core.figures.chart import Chart
from casebook.core.findings.claim import Claim
from casebook.core.findings.decision import Matrix
from casebook.core.findings.insight import Audience, Evidence, InsightKind
from casebook.core.literate.chunks import Chunk
from casebook.core.literate.program import Program
from casebook.core.literate.runs import RunBy
from casebook.core.metrics.metric import Metric
from casebook.core.text.marked_text import Text


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A row of a metrics table, on the page that holds it."""

    page: str
    metric: Metric

    @property
    def anchor(self) -> str:
        """The id of the row on its page."""
        return f"metric-{self.metric.id}"


@dataclass(frozen=True, slots=True)
class PatternSection:
    """The section that describes a pattern."""

    page: str
    slug: str
    anchor: str
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class PatternUse:
    """A place that links to a pattern: its section and the sentence around the link."""

    page: str
    slug: str
    anchor: str
    heading: Text
    sentence: Text
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Study:
    """A page that is a study; `name` is the short one of its front matter."""

    page: str
    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Code:
    """A page that holds code, and which tests run each of its chunks."""

    page: str
    program: Program = field(repr=False, default=Program())
    tests: Mapping[str, RunBy] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A chunk as it is printed."""

    page: str
    chunk: Chunk
    caption: Text


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart of a stored output, or a counterexample, where it is printed."""

    page: str
    anchor: str
    output: str
    caption: Text
    chart: Chart | None
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Insight:
    """An insight; its number counts the insights of its page."""

    page: str
    anchor: str
    number: int
    title: Text
    text: Text
    kind: InsightKind
    audience: tuple[Audience, ...]
    evidence: tuple[Evidence, ...]
    patterns: tuple[str, ...]
    line: int = field(repr=False)
    evidence_line: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision matrix, and the option that was chosen."""

    page: str
    anchor: str
    caption: Text
    matrix: Matrix
    chosen: str


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


@dataclass(frozen=True, slots=True)
class Contents:
    """How many visual elements of each kind a page shows."""

    page: str
    diagrams: int
    tables: int
    charts: int


@dataclass(frozen=True, slots=True)
class Captioned:
    """The caption of a figure or a table, in which a role stands."""

    page: str
    anchors: tuple[str, ...]
    caption: Text


Record = (
    MetricRow
    | PatternSection
    | PatternUse
    | Study
    | Code
    | Listing
    | Shown
    | Insight
    | Decision
    | ClaimEntry
    | Contents
    | Captioned
)
