"""What can be wrong with a page, as values.

Every problem has a kind from one enumeration, a sentence that says what to do, and a line.
Parsing returns problems instead of raising, so that an author sees all of them at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum


class Kind(Enum):
    """The kinds of problem; the value is the subtype of the warning that Sphinx prints."""

    BAD_YAML = "bad-yaml"
    """A body is not the plain YAML that the press reads: lists and mappings of strings."""
    EMPTY = "empty-directive"
    """A directive has no body."""
    MISSING_FIELD = "missing-field"
    """A record or a directive lacks a field that it needs."""
    UNKNOWN_FIELD = "unknown-field"
    """A record has a field that the press does not know."""
    BAD_ID = "bad-id"
    """An identifier is not lower-case words joined by hyphens."""
    DUPLICATE_ID = "duplicate-id"
    """Two things of one kind have the same identifier."""
    BAD_KIND = "bad-kind"
    """A kind (of evidence, of insight, a verdict, an audience) is none that the book uses."""
    BAD_DATE = "bad-date"
    """A text is no date, or a span runs backwards."""
    BAD_VALUE = "bad-value"
    """A value does not follow the grammar of values."""
    UNKNOWN_UNIT = "unknown-unit"
    """A unit is not in the book's table of units."""
    BAD_FORMULA = "bad-formula"
    """A formula cannot be read or computed."""
    BAD_MATHEMATICS = "bad-mathematics"
    """A formula cannot be set, is text that became one, or stands where words alone can."""
    UNKNOWN_METRIC = "unknown-metric"
    """A metric that is named is nowhere in the book."""
    UNKNOWN_SOURCE = "unknown-source"
    """A source key is in no bibliography file."""
    BAD_SOURCE = "bad-source"
    """An entry of a bibliography holds what cannot be printed."""
    UNKNOWN_PATTERN = "unknown-pattern"
    """A pattern that is named is not in the catalogue."""
    WRONG_NUMBER = "wrong-number"
    """The words of a link state another number than the metric that they lead to."""
    MIXED_EVIDENCE = "mixed-evidence"
    """Metrics of different kinds or dates stand side by side without a note."""
    BAD_CATALOGUE = "bad-catalogue"
    """The pattern catalogue contradicts itself, or holds markup."""
    PATTERN_PAGE = "pattern-page"
    """A pattern has no section of its own, or more than one."""
    BAD_OPENING = "bad-opening"
    """A part of a study's opening breaks its rule (three sentences, three or six cards)."""
    BAD_PATH = "bad-path"
    """A reading path names what the page does not have, or takes longer than it says."""
    LOST_CHAPTER = "lost-chapter"
    """A chapter has no essay, or its essay does not lead to it."""
    BAD_MOVE = "bad-move"
    """An old anchor has not moved, or leads nowhere."""
    UNKNOWN_PAGE = "unknown-page"
    """A page that is named is nowhere in the book."""
    BAD_DIAGRAM = "bad-diagram"
    """A diagram cannot be drawn, or would break the rules of the house."""
    BAD_HEADING = "bad-heading"
    """A heading holds a role whose words only the whole book knows."""
    BROKEN_FENCE = "broken-fence"
    """A directive was written in a way that Markdown takes for text."""
    CHUNK_FILE = "chunk-file"
    """A chunk names a file that is no module of a package, or that another page has."""
    UNKNOWN_CHUNK = "unknown-chunk"
    """A chunk that is named is not on the page."""
    UNKNOWN_PACKAGE = "unknown-package"
    """A package that is named is nowhere in the book."""
    CHUNK_USE = "chunk-use"
    """A chunk is used never, twice, or by itself."""
    MISPLACED_CHUNK = "misplaced-chunk"
    """A chunk or session stands inside something, where it would not be run."""
    BAD_CODE = "bad-code"
    """A chunk or session cannot be read as what it is."""
    BAD_EXERCISE = "bad-exercise"
    """An exercise lacks its test or its solution, or one of these fits nothing."""
    LONG_CHUNK = "long-chunk"
    """A chunk is longer or wider than a reader takes in at once."""
    BAD_OUTPUT = "bad-output"
    """A stored output cannot be read, or lacks what is asked of it."""
    UNKNOWN_OUTPUT = "unknown-output"
    """An output that is named is not stored, or no chunk makes it."""
    BAD_EXCERPT = "bad-excerpt"
    """An excerpt names what cannot be shown again, or lines that a chunk does not have."""
    BAD_CHART = "bad-chart"
    """A chart names what its output does not hold, or would be read wrongly."""
    BAD_STEPPER = "bad-stepper"
    """A stepper names what its output does not hold, or its phases do not cover the steps."""
    BAD_AUDIO = "bad-audio"
    """Sounds are named that their output does not hold, or a value or a name beside them is bad."""
    BAD_INSIGHT = "bad-insight"
    """An insight is too long or too short, or leads to nothing that it rests on."""
    BAD_EVIDENCE = "bad-evidence"
    """Paragraphs rest on a word that is none, or hold more than paragraphs."""
    BAD_MATRIX = "bad-matrix"
    """A decision matrix lacks a score, or holds what cannot be weighed."""
    BAD_SETTING = "bad-setting"
    """A setting in conf.py is unknown, or its value is no good."""
    BAD_FILE = "bad-file"
    """A file is no text in its encoding, or cannot be read at all."""
    NO_RENDERER = "no-renderer"
    """What draws diagrams or charts is not installed, so the page shows source or numbers."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, as the answer of whoever found it."""

    kind: Kind
    message: str
    """A sentence that says what to do, without a full stop."""
    line: int = 1
    """Counts from 1 within the text that was read, or within `file`."""
    file: str = ""
    """The file, where it is none of the page at hand."""

    def at(self, line: int) -> Problem:
        """Return the same problem at another line."""
        return replace(self, line=line)


def suggestion(name: str, valid: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" with up to three names near to `name`, or nothing."""
    near = difflib.get_close_matches(name, sorted(set(valid)), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(word) for word in near)}?" if near else ""


def shortened(text: str, limit: int = 60) -> str:
    """Quote author text in a message: on one line, and no longer than `limit` characters."""
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= limit else flat[: limit - 1] + "…")
