"""Measure what the press costs beside plain Sphinx, and write a page of the book on it.

Usage: python tools/bench.py [--quick] PAGE

Every build is a process of its own.  The two kinds of build take turns, so that a machine that
slows down slows both.  `MMDC` may hold the command line of mermaid-cli with its settings.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchbook import ROOT, fences, own_files, plain, registered, synthetic, write

STUDIES, QUICK_STUDIES = (10, 100, 300), (3, 6)
"""The sizes of made-up books; the second is built again after nothing, or a little, has changed."""
ROUNDS = {100: 3, 300: 2}
"""How often a large book is built; the others are built five times."""
MOST_ADDED, MOST_GROWTH, MOST_UNCHANGED, LEAST_FASTER = 0.5, 1.25, 1.2, 100
"""The goals: added over plain; the cost of a study in large books over that in small ones; building
unchanged over plain; times faster than mermaid-cli."""


@dataclass(frozen=True)
class Run:
    """One build: seconds that passed, seconds of the processor, pages read."""

    wall: float
    cpu: float
    read: int


@dataclass(frozen=True)
class Pair:
    """The same builds with the press and without; all properties are of medians."""

    press_runs: Sequence[Run]
    plain_runs: Sequence[Run]

    @property
    def press(self) -> float:
        """The median seconds with the press."""
        return median(run.wall for run in self.press_runs)

    @property
    def plain(self) -> float:
        """The median seconds without it."""
        return median(run.wall for run in self.plain_runs)

    @property
    def added(self) -> float:
        """The seconds that the press adds."""
        return self.press - self.plain

    @property
    def added_cpu(self) -> float:
        """The seconds of the processor that it adds."""
        press, plain = ([r.cpu for r in runs] for runs in (self.press_runs, self.plain_runs))
        return median(press) - median(plain)


@dataclass(frozen=True)
class Diagrams:
    """Seconds for a diagram: drawn here, the first one, and by mermaid-cli, singly and together."""

    count: int
    drawn: float
    first: float
    mmdc: float | None = None
    mmdc_together: float | None = None


@dataclass(frozen=True)
class Result:
    """Everything that was measured."""

    book: Pair
    made_up: Mapping[int, Pair]
    """By number of studies."""
    uncollected: Mapping[int, Pair]
    """The same books, built once each with Python's garbage collector off."""
    again: int
    """How many studies the book has that was built again."""
    unchanged: Pair
    changed: Pair
    diagrams: Diagrams
    machine: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False


# --- builds ---


def run(command: Sequence[object], output: Path) -> tuple[float, float]:
    """Run a command to its end; return the seconds that passed, and those of the processor.

    Raises ``SystemExit`` with the end of its output if it fails.
    """
    # Modules are compiled once, as where a package is installed, and not into the checkout.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(output.parent / "bytecode")}
    environment["PYTHONHASHSEED"] = "0"  # or the order of sets, and with it the work, is chance
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [str(word) for word in command]
    with output.open("w", encoding="utf-8") as told:
        start = time.perf_counter()
        child = subprocess.Popen(words, stdout=told, stderr=subprocess.STDOUT, env=environment)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{shlex.join(words)}\n{output.read_text(encoding='utf-8')[-4000:]}")
    return wall, used.ru_utime + used.ru_stime


SPHINX = ("-m", "sphinx")
UNCOLLECTED = (
    "-c",
    "import gc, sys; gc.disable(); from sphinx.cmd.build import main; sys.exit(main(sys.argv[1:]))",
)


def build(root: Path, *, fresh: bool = False, sphinx: Sequence[str] = SPHINX) -> Run:
    """Build the web edition of the book at `root`, without parallel jobs."""
    made, output = root / "build", root.parent / "output.txt"
    if fresh:
        shutil.rmtree(made, ignore_errors=True)
    places = ("-c", root, "-d", made / "doctrees", root / "source", made / "html")
    wall, cpu = run([sys.executable, *sphinx, "-b", "html", *places], output)
    told = output.read_text(encoding="utf-8")
    if warned := re.search(r"build succeeded, (\d+ warnings?)", told):
        print(f"  {root.name}: {warned[1]}", file=sys.stderr)
    counts = re.search(r"(\d+) added, (\d+) changed, \d+ removed", told)
    return Run(wall, cpu, sum(map(int, counts.groups())) if counts else 0)


def turns(rounds: int, once: Callable[[Path, int], Run], books: tuple[Path, Path]) -> Pair:
    """Build press, plain, press, plain, …; `once` is given a book and the round."""
    runs = [[once(book, number) for book in books] for number in range(rounds)]
    return Pair([press for press, _ in runs], [plain for _, plain in runs])


def changed(text: str, number: int) -> str:
    """Change the first paragraph of a page, differently in each round."""
    return re.sub(r"( Changed \d+\.)?\n\n## ", f" Changed {number}.\n\n## ", text, count=1)


def edited(root: Path, number: int) -> Run:
    """Change a paragraph of one page, and build again."""
    path = root / "source" / "elite" / "s001.md"
    path.write_text(changed(path.read_text(encoding="utf-8"), number), encoding="utf-8")
    return build(root)


def measured(work: Path, *, quick: bool) -> Result:
    """Build and draw everything."""
    known = registered()
    books: dict[int, tuple[Path, Path]] = {}

    def pair(studies: int, rounds: int) -> Pair:
        """Measure the pair of a made-up book, or of this book for nought."""
        print(f"{studies or 'this book'}, {rounds} rounds", file=sys.stderr)
        files = synthetic(studies, known) if studies else own_files()
        press = write(work / f"press-{studies}", files, press=True)
        twin = write(work / f"plain-{studies}", plain(files, known), press=False)
        books[studies] = press, twin
        return turns(rounds, lambda book, _: build(book, fresh=True), books[studies])

    most = 1 if quick else 5
    drawn = diagrams(work)  # first, so that a mermaid-cli that fails is known at once
    pair(2, 1)  # warms up
    book = pair(0, most)
    sizes = QUICK_STUDIES if quick else STUDIES
    made_up = {size: pair(size, 1 if quick else ROUNDS.get(size, most)) for size in sizes}
    off = {
        size: turns(1, lambda book, _: build(book, fresh=True, sphinx=UNCOLLECTED), books[size])
        for size in sizes
    }
    for root in books[sizes[1]]:
        build(root)  # what is built again next was built by the usual command
    unchanged = turns(most, lambda book, _: build(book), books[sizes[1]])
    edit = turns(most, edited, books[sizes[1]])
    return Result(book, made_up, off, sizes[1], unchanged, edit, drawn, machine(), quick)


# --- diagrams ---

FIRST = """import sys, time
sys.path.insert(0, sys.argv[1])
from casebook.core.figures.mermaid import draw
start = time.perf_counter()
draw(sys.argv[2]).inline("diagram", "Title", "Description")
print(time.perf_counter() - start)
"""


def diagrams(work: Path) -> Diagrams:
    """Draw the diagrams of this book, and draw them with mermaid-cli where it is installed."""
    from casebook.core.figures.mermaid import draw

    pages = {name: text for name, text in own_files().items() if name.endswith(".md")}
    found = (fence for page, text in pages.items() for fence in fences(page, text))
    sources = [fence.body for fence in found if fence.name == "mermaid"]

    def drawn(source: str) -> float:
        start = time.perf_counter()
        draw(source).inline("diagram", "Title", "Description")
        return time.perf_counter() - start

    rounds = [[drawn(source) for source in sources] for _ in range(6)][1:]  # one to warm up
    warm = median(median(times) for times in zip(*rounds, strict=True))
    command = [sys.executable, "-c", FIRST, str(ROOT / "_ext"), sources[0]]
    first = median(float(subprocess.check_output(command, text=True)) for _ in range(5))
    return Diagrams(len(sources), warm, first, *by_mermaid_cli(work, sources))


def mermaid_cli() -> list[str]:
    """Return the command that calls mermaid-cli; empty where it is not installed."""
    return shlex.split(os.environ.get("MMDC") or shutil.which("mmdc") or "")


def by_mermaid_cli(work: Path, sources: Sequence[str]) -> tuple[float | None, float | None]:
    """Return the seconds for a diagram in a process of its own, and in one process for all.

    Both are None where mermaid-cli is not installed.
    """
    if not mermaid_cli():
        return None, None

    def seconds(name: str, text: str) -> float:
        path = work / name
        path.write_text(text, encoding="utf-8")
        drawn = path.with_suffix(".drawn.md" if path.suffix == ".md" else ".svg")
        return run([*mermaid_cli(), "-i", path, "-o", drawn], work / "output.txt")[0]

    singly = median(seconds(f"{number}.mmd", text) for number, text in enumerate(sources))
    together = seconds("all.md", "\n".join(f"```mermaid\n{text}\n```\n" for text in sources))
    return singly, together / len(sources)


# --- the page ---

INTRODUCTION = """# What the press costs

Two books of the same pages are built, one with the press and one without. In the plain one a \
table of metrics is a Markdown table of the same rows, a role is a link to the same place, a chunk \
is a code block, a diagram is a listing of its source, and the indexes are written out. Plain \
Sphinx means MyST-Parser, sphinx-design and sphinxcontrib-bibtex in furo’s theme; a slow lookup \
that sphinxcontrib-bibtex makes at every citation is cut short in both, as the press does. A \
made-up study \
has 600 words, eight metrics in a table, sixteen roles and citations, three chunks, a session, a \
diagram, insights, a decision, claims and a bibliography.

Every build makes the web edition without parallel jobs, in a process of its own. The two kinds \
take turns; each time is the median of its rounds, and each ratio is one of medians. Times hold \
for the machine named at the end, and ratios carry further.
"""
QUICK = (
    "These numbers come from a quick run of one round on very small books; quote none of them.\n"
)
CHARTS = """What takes this book beyond the goal are its charts: matplotlib is imported and draws \
each of them, and the plain book has none. A chart is kept once it is drawn, until its numbers \
change.
"""
GROWTH = """What one study more costs, between neighbouring sizes. Furo itself grows faster than \
linearly, because every page lists all pages, so only what the press adds is held to a goal. The \
last column is from one more round, in which Python’s garbage collector was off. The collector \
goes through everything in memory, again and again, so a larger book pays more for each study, \
with the press and without. One second more or less at the largest size is five milliseconds a \
study.
"""


def digits(number: float) -> str:
    """Format a number: whole from 100 on, else with three significant digits."""
    text = f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return text.replace("-", "−")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; columns of numbers stand to the right."""
    marks = ["---:" if isinstance(cell, float | int) else "---" for cell in rows[0]]
    cells = [[digits(c) if isinstance(c, float) else str(c) for c in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, marks, *cells)) + "\n"


def verdict(goal: str, missed: Sequence[str]) -> str:
    """Say whether a goal is met, and where it is not."""
    return f"Goal: {goal}. {'It is missed: ' + '; '.join(missed) if missed else 'It is met'}.\n"


def page(result: Result) -> str:
    """Return the page of the book."""
    opening = [INTRODUCTION, *([QUICK] if result.quick else [])]
    machine = ["## Machine and versions\n", table(("What", "Which"), [*result.machine.items()])]
    parts = (opening, whole(result), growth(result), again(result), drawing(result), machine)
    return "\n".join(words for part in parts for words in part)


def whole(result: Result) -> list[str]:
    """Say what a build from nothing costs."""
    books = {"this book": result.book} | {f"{n} studies": p for n, p in result.made_up.items()}
    rows = [
        (name, len(p.press_runs), p.plain, p.press, p.added, p.added / p.plain, p.added_cpu)
        for name, p in books.items()
    ]
    heads = ("Book", "Rounds", "Plain (s)", "Press (s)", "Added (s)", "Added / plain",
             "Added, processor (s)")  # fmt: skip
    missed = [f"{row[0]}, {digits(row[5])}" for row in rows if row[5] > MOST_ADDED]
    goal = f"the press adds at most {MOST_ADDED} of plain Sphinx’s time"
    why = [CHARTS] if rows[0][5] > MOST_ADDED else []
    return ["## A build from nothing\n", table(heads, rows), verdict(goal, missed), *why]


def growth(result: Result) -> list[str]:
    """Say how the cost of a study grows with the book."""
    sizes, off = result.made_up, result.uncollected
    rows = [
        (
            f"{few} to {many}",
            (sizes[many].plain - sizes[few].plain) / (many - few) * 1000,
            (sizes[many].added - sizes[few].added) / (many - few) * 1000,
            (off[many].added - off[few].added) / (many - few) * 1000,
        )
        for few, many in pairwise(sizes)
    ]
    first, last = rows[0][2], rows[-1][2]
    goal = (
        f"one study more costs the press at most {MOST_GROWTH} times as much in the largest book "
        "as in the smallest"
    )
    work = f"without the collector {digits(rows[-1][3])} ms after {digits(rows[0][3])} ms"
    grown = f"{digits(last)} ms after {digits(first)} ms, {work}"
    missed = [grown] if last > MOST_GROWTH * first else []
    told = verdict(goal, missed) if len(rows) > 1 else "Two sizes do not show the growth.\n"
    heads = ("Studies", "Plain, per study (ms)", "Added, per study (ms)",
             "Added without the collector (ms)")  # fmt: skip
    return [GROWTH, table(heads, rows), told]


def again(result: Result) -> list[str]:
    """Say what building again costs."""
    pairs = {"nothing changed": result.unchanged, "one paragraph changed": result.changed}
    rows = [
        (what, p.plain, p.press, p.press / p.plain, p.plain_runs[0].read, p.press_runs[0].read)
        for what, p in pairs.items()
    ]
    heads = ("Since the last build", "Plain (s)", "Press (s)", "Press / plain",
             "Pages read, plain", "Pages read, press")  # fmt: skip
    slow = [f"{digits(rows[0][3])} times"] if rows[0][3] >= MOST_UNCHANGED else []
    many = [f"{rows[1][5]} pages"] if rows[1][5] != 1 else []
    return [
        f"## Building again\n\nThe book of {result.again} studies, built once more.\n",
        table(heads, rows),
        verdict(f"with nothing changed, less than {MOST_UNCHANGED} times plain Sphinx", slow),
        verdict("after one paragraph has changed, one page is read", many),
    ]


def drawing(result: Result) -> list[str]:
    """Say what a diagram costs, here and with mermaid-cli."""
    found = result.diagrams
    ways = {
        "the press": found.drawn,
        "the press, the first of a process, with the import of mmdr": found.first,
        "mermaid-cli, a process for each diagram": found.mmdc,
        "mermaid-cli, one process for all": found.mmdc_together,
    }
    rows = [
        (way, *((t * 1000, t / found.drawn) if t else ("not measured here", "–")))
        for way, t in ways.items()
    ]
    words = (
        f"## A diagram\n\nMedians over the {found.count} diagrams of this book, as inline SVG.\n"
    )
    told = [words, table(("Way", "A diagram (ms)", "Times the press"), rows)]
    times = (found.mmdc or 0) / found.drawn
    missed = [f"{digits(times)} times"] if times < LEAST_FASTER else []
    goal = f"{LEAST_FASTER} times faster than mermaid-cli with a process for each diagram"
    return [*told, verdict(goal, missed)] if found.mmdc else told


def machine() -> dict[str, str]:
    """Return what the numbers depend on, and the day; nothing that names this very machine."""
    cpu = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpu.read_text() if cpu.exists() else "")
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = f"{platform.system()} {platform.release()}"
    installed = {d.name.lower(): d.version for d in importlib.metadata.distributions()}
    packages = ("Sphinx", "MyST-Parser", "furo", "matplotlib", "mmdr", "typst")
    cli = [*mermaid_cli(), "--version"]
    return {
        "Processor": model[1] if model else platform.machine(),
        "Cores": str(os.cpu_count()),
        "Memory": f"{gigabytes:.0f} GiB",
        "System": system,
        "Python": platform.python_version(),
        **{name: installed.get(name.lower(), "not installed") for name in packages},
        "mermaid-cli": subprocess.check_output(cli, text=True).strip()
        if cli[1:]
        else "not installed",
        "Measured on": datetime.date.today().isoformat(),
    }


def main(arguments: Sequence[str]) -> str:
    """Do as asked; return an empty text, or what is wrong."""
    pages = [argument for argument in arguments if argument != "--quick"]
    if len(pages) != 1:
        return "Usage: python tools/bench.py [--quick] PAGE"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        text = page(measured(Path(folder), quick="--quick" in arguments))
    Path(pages[0]).write_text(text, encoding="utf-8")
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
