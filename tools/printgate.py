"""Read the log of a LaTeX run and fail on what a reader would see.

latexmk returns 0 when letters are missing, when lines run into the margin and when references lead
nowhere; the log says all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WIDTH = 79
"""LaTeX breaks lines of its log at this column, in the middle of words."""
MOST_OVERFULL = {"h": 2.0, "v": 4.0}
"""Points that a line may be too wide and a page too deep; less is not seen."""


@dataclass(frozen=True)
class Fault:
    """A line of the log (from 1) and what it says."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


_OVERFULL = re.compile(r"Overfull \\([hv])box \((\d+(?:\.\d+)?)pt too (?:wide|high)\)")
_FAULTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^! ",
        r"Missing character: ",
        r"LaTeX Warning: (?:Hyper )?[Rr]eference .* undefined",
        r"LaTeX Warning: Citation .* undefined",
        r"LaTeX Warning: Label .* multiply defined",
        r"LaTeX Warning: There were ",
        r"LaTeX Warning: Label\(s\) may have changed",
        r"LaTeX Warning: Float too large",
        r"LaTeX Font Warning: ",
        r"Package hyperref Warning: Suppressing (?:empty )?link",
        r"Package fontspec Warning: ",
        r"destination with the same identifier",
        r"unreferenced destination",
        r"name\{.*\} has been referenced but does not exist",
    )
)


def joined(log: str) -> list[tuple[int, str]]:
    """Return the log's lines as they were before they were broken.

    Each comes with the number (from 1) of its first line in the log.
    """
    found: list[tuple[int, str]] = []
    whole = True  # whether the line before was not broken
    for number, line in enumerate(log.splitlines(), 1):
        if whole:
            found.append((number, line))
        else:
            start, text = found[-1]
            found[-1] = (start, text + line)
        # The limit counts characters or bytes, by engine; a full line of either kind was broken.
        whole = WIDTH not in (len(line), len(line.encode()))
    return found


def faults(log: str) -> list[Fault]:
    """Return everything in a log that a reader of the book would notice."""
    found = []
    for number, line in joined(log):
        over = _OVERFULL.search(line)
        if (over and float(over[2]) > MOST_OVERFULL[over[1]]) or any(
            f.search(line) for f in _FAULTS
        ):
            found.append(Fault(number, line.strip()))
    if "Output written on " not in "".join(line for _, line in joined(log)):
        found.append(Fault(len(log.splitlines()), "the log reports no output"))
    return found
