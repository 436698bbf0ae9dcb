"""The books that `bench.py` builds: made-up studies, and the plain twin of any book.

A plain twin has the same pages without the press: a table of metrics becomes a Markdown table, a
role a link to the same place, a chunk a code block, a diagram a listing of its source.  What the
press gathers from all pages (indexes, uses of a pattern) is written out.  A directive that is not
known here becomes a listing of its own text; so the twin never holds more than the book.
"""

from __future__ import annotations

import functools
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "_ext"))

CATALOGUE = "patterns/catalogue.yaml"
PATTERNS = 12
"""The catalogue does not grow with the studies: that they share patterns is the point of it."""

# --- made-up studies ---

STUDY = Template('''---
study: Study $number
---
# Study $number

$prose0

## In numbers

$prose1

```{metrics-table} Study $number in numbers
:name: $me-metrics

$rows- id: $me-ratio
  label: Peak over mean
  what: $sentence0
  formula: $me-peak / $me-jobs
  unit: ratio
  digits: 3
  kind: derived
```

$prose2

## How it works

$prose3

```{mermaid}
:name: fig-$me-path
:caption: The key is looked up before the work begins.
:alt: A request goes to the lookup of its key. A new key leads on to the work, a known one away.

flowchart LR
  R[Request] --> K[Look up key]:::key
  K -->|new| W[Do the work]
  K -->|known| S[Stored answer]
```

$prose4

## In code

$prose5

```{chunk} mini_$me/store.py
:name: head
:caption: A job is its number and its words.

"""Keeps jobs until somebody has done them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """Something to do."""

    number: int
    words: str
```

```{chunk}
:name: refuse-what-is-known
:caption: A number that is known is refused, so that a client may resend.

if job.number in self._jobs:
    self.refused += 1
    return False
```

```{chunk} mini_$me/store.py
:name: store
:caption: `put` says whether the job is new.

@dataclass
class Store:
    """The jobs by number, in the order in which they came."""

    refused: int = 0
    _jobs: dict[int, Job] = field(default_factory=dict)

    def put(self, job: Job) -> bool:
        """Take a job over; say whether it is a new one."""
        <<refuse-what-is-known>>
        self._jobs[job.number] = job
        return True

    def take(self) -> Job:
        """Give out the job that has waited longest."""
        number = next(iter(self._jobs))
        return self._jobs.pop(number)
```

$prose6

```{session}
>>> from mini_$me.store import Job, Store
>>> store = Store()
>>> store.put(Job(1, "wash")), store.put(Job(1, "wash")), store.refused
(True, False, 1)
>>> store.take()
Job(number=1, words='wash')
```

## What follows

$prose7

$further## References

```{bibliography} $me.bib
:filter: docname in docnames
```
''')
ROW = """- id: {me}-{name}
  label: {label}
  value: "{value}"
  as-of: {date}
  what: {what}
  source: {me}-{source}
  locator: the section on {name}
  kind: {kind}
"""
FIGURES = {
    "jobs": ("Jobs", ">= {}e6 request/day"), "peak": ("Peak rate", "{} request/s"),
    "users": ("Users", "{}e3 user"), "servers": ("Servers", "~ {} server"),
    "cost": ("Cost", "{}e6 USD/year"), "wait": ("Wait", "<= {} ms"),
    "loss": ("Loss", "0.{} percent"),
}  # fmt: skip
FURTHER = {
    "insight": Template("""```{insight} A retry of study $number is not a new attempt
:kind: pitfall
:audience: engineer architect
:patterns: $pattern0
:evidence: $me-source-0

$sentence1 The reason stands [above](#how-it-works). $sentence2
```

```{insight} Study $number counts before it refuses
:kind: lesson
:audience: leader
:patterns: $pattern1
:evidence: $me-jobs

$sentence3 The reason stands [above](#in-code). $sentence4
```
"""),
    "decision-matrix": Template("""```{decision-matrix} How study $number orders edits
:chosen: server

criteria:
  - {id: simplicity, weight: 3, why: our judgement}
  - {id: cost, weight: 2, why: our judgement}
options:
  - id: server
    label: Order of the server
    scores: {simplicity: 5, cost: 3}
    why: {simplicity: no clocks, cost: one writer}
  - id: clocks
    label: Clocks
    scores: {simplicity: 2, cost: 4}
    why: {simplicity: clocks differ, cost: no writer}
```
"""),
    "claims": Template("""```{claims}
- claim: $sentence5
  verdict: partly
  instead: "the number is {metric}`$me-jobs`"
  source: $me-source-1
- claim: $sentence6
  verdict: unsupported
  instead: "the number is {metric}`$me-peak`"
- claim: $sentence7
  verdict: contradicted
  instead: "the number is {metric}`$me-cost`"
  source: $me-source-2
```
"""),
}
"""What is written only where the press has the directive."""
SOURCE = """@online{{{me}-source-{i}, author={{Doe{number}, Jane}}, title={{Report {i}}},
  organization={{Acme}}, year={year}, month=may, urldate={{2026-11-22}},
  url={{https://example.org/{me}/{i}}}}}
"""
REFERENCE = """# Reference

## Metrics

```{metric-index}
```

## Sources

```{source-index}
```

## Code

```{chunk-index} The chunks
```
"""


def _vocabulary() -> list[str]:
    chance = random.Random(1)
    syllables = [c + v for c in "bcdfglmnprstv" for v in "aeio"]
    return ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(2000)]


VOCABULARY = _vocabulary()
FREQUENCIES = [1 / rank for rank in range(3, len(VOCABULARY) + 3)]


def _sentence(chance: random.Random, link: str = "") -> str:
    words = chance.choices(VOCABULARY, FREQUENCIES, k=15)
    words[0] = words[0].capitalize()
    words[7:7] = [link] if link else []
    return " ".join(words) + "."


def _prose(chance: random.Random, paragraphs: int, links: Sequence[str] = ()) -> list[str]:
    """Return paragraphs of five sentences, with the links strewn over them."""
    places = chance.sample(range(paragraphs * 5), len(links))
    at = dict(zip(places, links, strict=True))
    sentences = [_sentence(chance, at.get(i, "")) for i in range(paragraphs * 5)]
    return [" ".join(sentences[i : i + 5]) for i in range(0, len(sentences), 5)]


def synthetic(studies: int, known: Set[str]) -> dict[str, str]:
    """Return the files of a book of made-up studies, which uses only directives in `known`."""
    names = [f"s{number:03}" for number in range(studies)]
    pages = [*(f"elite/{name}" for name in names), "patterns", "reference"]
    contents = "```{toctree}\n:numbered: 3\n\n" + "\n".join(pages) + "\n```\n"
    patterns, catalogue = "# Patterns\n\n```{pattern-index}\n```\n", ""
    for number in range(PATTERNS):
        chance = random.Random(number)
        slug, words = f"pattern-{number}", _prose(chance, 1)[0]
        patterns += f"\n## Pattern {number}\n\n```{{pattern}} {slug}\n```\n\n{words}\n"
        catalogue += (
            f"- id: {slug}\n  title: Pattern {number}\n  category: kind-{number % 3}\n"
            f"  intent: {_sentence(chance)}\n  leads-to: [pattern-{(number + 1) % PATTERNS}]\n"
        )
    files = {
        "index.md": f"# A made-up book\n\n{contents}", "patterns.md": patterns,
        "reference.md": REFERENCE, CATALOGUE: catalogue,
    }  # fmt: skip
    for number, me in enumerate(names):
        sources = [SOURCE.format(me=me, number=number, i=i, year=2015 + i) for i in range(4)]
        files[f"elite/{me}.md"] = _study(number, names, known)
        files[f"elite/{me}.bib"] = "".join(sources)
    return files


def _study(number: int, names: Sequence[str], known: Set[str]) -> str:
    chance, me = random.Random(number), names[number]
    other, third = (names[(number + step) % len(names)] for step in (1, 7))
    patterns = [f"pattern-{(number * step + step) % PATTERNS}" for step in (1, 2, 3, 5)]
    metrics = (f"{me}-jobs", f"{me}-peak", f"{me}-ratio", f"{other}-wait", f"{third}-users")
    links = [
        *(f"{{metric}}`{metric}`" for metric in metrics), f"{{metric}}`its price <{me}-cost>`",
        *(f"{{pattern-link}}`{slug}`" for slug in patterns[1:]),
        f"{{pattern-link}}`words of its own <{patterns[0]}>`",
        *(f"{{cite}}`{me}-source-{i % 4}`" for i in range(6)),
    ]  # fmt: skip
    rows = (
        ROW.format(
            me=me, name=name, label=label, value=value.format(chance.randint(10, 900)),
            date=chance.choice(("2024", "2023-05", "2021..2023")), what=_sentence(chance),
            source=f"source-{i % 4}", kind="secondary" if name == "loss" else "reported",
        )
        for i, (name, (label, value)) in enumerate(FIGURES.items())
    )  # fmt: skip
    words = {
        "number": str(number), "me": me, "rows": "".join(rows),
        "pattern0": patterns[0], "pattern1": patterns[1],
        **{f"prose{i}": text for i, text in enumerate(_prose(chance, 8, links))},
        **{f"sentence{i}": _sentence(chance) for i in range(8)},
    }  # fmt: skip
    further = (text.substitute(words) for name, text in FURTHER.items() if name in known)
    return STUDY.substitute(words, further="".join(text + "\n" for text in further))


# --- plain twins ---

FENCE = re.compile(
    r"^(?P<ticks>`{3,})(?:\{(?P<name>[\w-]+)\}[ ]*(?P<argument>[^\n`]*)|[^\n`]*)\n"
    r"(?P<content>.*?)^(?P=ticks)`*[ ]*$",
    re.DOTALL | re.MULTILINE,
)
# A role, or a code span, in which nothing is a role.
INLINE = re.compile(
    r"\{(?P<role>[\w-]+)\}`(?:(?P<words>[^`<]*?)\s*<)?(?P<target>[^`<>]*)>?`"
    r"|(?P<ticks>`+)(?!`)(?:(?!\n\n).)+?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL,
)
CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
OPTION = re.compile(r":([\w-]+):[ ]*(.*)\n")


@dataclass(frozen=True)
class Fence:
    """A directive as it is written on a page."""

    page: str
    name: str
    argument: str
    options: Mapping[str, str]
    body: str

    @property
    def data(self) -> Any:
        """The body as YAML, every scalar a string."""
        return yaml.load(self.body, Loader=yaml.BaseLoader)

    @property
    def anchor(self) -> str:
        """The name to link to; a chunk's own is the page's only."""
        name = self.options.get("name", "")
        local = bool(name) and self.name == "chunk"
        return f"{PurePosixPath(self.page).name}-chunk-{name}" if local else name


def fences(page: str, text: str) -> Iterator[Fence]:
    """Yield the directives of a page that stand in fences of back-ticks."""
    return (_fence(page, found) for found in FENCE.finditer(text) if found["name"])


def _fence(page: str, found: re.Match[str]) -> Fence:
    options, content = {}, found["content"]
    while option := OPTION.match(content):
        options[option[1]] = option[2].strip()
        content = content[option.end() :]
    return Fence(page, found["name"], found["argument"].strip(), options, content.strip("\n"))


def registered() -> Set[str]:
    """Return the names of the directives and roles that the press at hand adds to Sphinx."""
    from casebook import setup

    names = {"mermaid"}  # registered where a book asks for diagrams

    class Recorder:
        def add_directive(self, name: str, *_: object, **__: object) -> None:
            names.add(name)

        add_role = add_directive

        def __getattr__(self, _: str) -> Callable[..., None]:
            return lambda *args, **kwargs: None

    setup(Recorder())  # type: ignore[arg-type]
    return names


def plain(files: Mapping[str, str], known: Set[str]) -> dict[str, str]:
    """Return the same files without the press, whose directives and roles are `known`."""
    twin = _Twin(files, known)
    return {**files, **{f"{page}.md": twin.page(page) for page in twin.texts}}


def _ref(words: str, anchor: str) -> str:
    # The quickest link there is: MyST's own would ask every domain.
    return f"{{ref}}`{words} <{anchor}>`"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], fence: Fence | None = None) -> str:
    head, *body = [" | ".join(c.replace("|", "\\|") for c in row) for row in (heads, *rows)]
    marks = re.sub(r"[^|]+", " --- ", head)
    table = "\n".join(f"| {line} |" for line in (head, marks, *body))
    if not fence:
        return table
    name = f":name: {fence.anchor}\n" if fence.anchor else ""
    return f"~~~{{table}} {fence.argument}\n{name}\n{table}\n~~~"


def _listing(language: str, fence: Fence) -> str:
    given = {"name": fence.anchor, "caption": fence.options.get("caption", "")}
    options = "".join(f":{option}: {words}\n" for option, words in given.items() if words)
    return f"~~~{{code-block}} {language}\n{options}\n{fence.body or fence.argument}\n~~~"


class _Twin:
    """A book in the making, and what its pages show of one another."""

    def __init__(self, files: Mapping[str, str], known: Set[str]) -> None:
        self.known = known
        self.texts = {p.removesuffix(".md"): files[p] for p in sorted(files) if p.endswith(".md")}
        listed = yaml.safe_load(files.get(CATALOGUE, "[]"))
        self.patterns: dict[str, Any] = {pattern["id"]: pattern for pattern in listed}
        found = [fence for page, text in self.texts.items() for fence in fences(page, text)]
        self.chunks = [f for f in found if f.name == "chunk" and "append" not in f.options]
        self.insights = [f for f in found if f.name == "insight"]
        self.metrics: dict[str, dict[str, str]] = {
            row["id"]: row for f in found if f.name == "metrics-table" for row in f.data
        }

    def page(self, page: str) -> str:
        """Turn one page plain."""
        made, at, text = "", 0, self.texts[page]
        for found in FENCE.finditer(text):
            ours = found["name"] in self.known
            made += self.words(text[at : found.start()], page)
            made += self.block(_fence(page, found)) if ours else found[0]
            at = found.end()
        return made + self.words(text[at:], page)

    def words(self, text: str, page: str) -> str:
        """Turn running text plain: a role becomes a link to the same place."""
        text = re.sub(r"\[\]\(#chunk-([\w-]+)\)", r"[\1](#chunk-\1)", text)
        text = text.replace("](#chunk-", f"](#{PurePosixPath(page).name}-chunk-")
        return INLINE.sub(lambda found: self.role(found, _ref), text)

    def role(self, found: re.Match[str], link: Callable[[str, str], str]) -> str:
        """Turn a role of the press plain; leave anything else as it stands."""
        words, target = found["words"], found["target"]
        if found["role"] == "metric" and target in self.metrics:
            return link(words or self.value(target), f"metric-{target}")
        if found["role"] == "pattern-link" and target in self.patterns:
            return link(words or self.patterns[target]["title"].lower(), f"pattern-{target}")
        return f"`{target}`" if found["role"] in self.known else found[0]

    def value(self, metric: str) -> str:
        """Return a metric as its row was written."""
        row = self.metrics[metric]
        return row.get("value") or f"{row.get('formula', 'modelled')} {row.get('unit', '')}".strip()

    def metric(self, name: str) -> str:
        """Return a link to a row; only the name if there is no such row."""
        row = self.metrics.get(name)
        return _ref(row["label"], f"metric-{name}") if row else name

    def pattern(self, slug: str) -> str:
        """Return a link to the section of a pattern."""
        return _ref(self.patterns[slug]["title"], f"pattern-{slug}")

    def evidence(self, name: str) -> str:
        """Return a link to what an insight or a claim rests on."""
        is_source = name not in self.metrics and "/" not in name
        return f"{{cite:label}}`{name}`" if is_source else self.metric(name)

    @functools.cached_property
    def uses(self) -> dict[str, list[tuple[str, str]]]:
        """The page and the sentence of each link to a pattern, by its slug."""
        found: dict[str, list[tuple[str, str]]] = {slug: [] for slug in self.patterns}
        for page, text in self.texts.items():
            for sentence in re.split(r"(?<=[.:?!])\s|\n\n", FENCE.sub("", text)):
                said = INLINE.sub(lambda role: self.role(role, lambda words, _: words), sentence)
                for role in INLINE.finditer(sentence):
                    if role["role"] == "pattern-link" and role["target"] in found:
                        found[role["target"]].append((page, CITED.sub("", said)))
        for insight in self.insights:
            for slug in insight.options.get("patterns", "").split():
                found[slug].append((insight.page, insight.argument))
        return found

    def block(self, fence: Fence) -> str:
        """Turn a directive of the press plain; one that is not known here becomes a listing."""
        make = getattr(self, "_" + fence.name.replace("-", "_"), None)
        made: str = make(fence) if make else _listing("none", fence)
        return made

    def _metrics_table(self, fence: Fence) -> str:
        def cells(row: dict[str, str]) -> Iterator[str]:
            formula = re.sub(r"[a-z][\w-]*", lambda m: self.metric(m[0]), row.get("formula", ""))
            explained = (row["what"], formula, row.get("doubt", ""))
            yield "; ".join([f"[{row['label']}]{{#metric-{row['id']}}}", *filter(None, explained)])
            yield from self.value(row["id"]).rpartition(" ")[::2]
            yield row.get("as-of", "")
            source = f"{{cite:label}}`{row['source']}`" if "source" in row else ""
            where = (row["kind"], source, row.get("locator", ""), row.get("via", ""))
            yield ", ".join(filter(None, where))

        heads = ("Measure", "Value", "Unit", "As of", "Evidence")
        return self.words(_table(heads, map(cells, fence.data), fence), fence.page)

    def _metric_index(self, fence: Fence) -> str:
        rows = (
            (self.metric(name), self.value(name), row.get("as-of", ""), row["kind"])
            for name, row in sorted(self.metrics.items())
        )
        return _table(("Measure", "Value", "As of", "Evidence"), rows)

    def _source_index(self, fence: Fence) -> str:
        resting: dict[str, list[str]] = {}
        for name, row in self.metrics.items():
            resting.setdefault(row.get("source", "computed"), []).append(self.metric(name))
        return "\n".join(f"- {key}: {'; '.join(links)}" for key, links in sorted(resting.items()))

    def _pattern(self, fence: Fence) -> str:
        pattern, slug = self.patterns[fence.argument], fence.argument
        facts = [f"- {pattern['category']}"]
        for relation in ("needs", "alternative-to", "leads-to"):
            facts += [f"- {relation}: {self.pattern(other)}" for other in pattern.get(relation, ())]
        uses = (f"- [{page}](/{page}.md): “{said}”" for page, said in self.uses[slug])
        head = [f"(pattern-{slug})=", pattern["intent"], "\n".join(facts)]
        return "\n\n".join([*head, "~~~{rubric} Where the book uses it\n~~~", "\n".join(uses)])

    def _pattern_index(self, fence: Fence) -> str:
        pages = {slug: dict(self.uses[slug]) for slug in self.patterns}
        return "\n".join(
            f"- {self.pattern(slug)}: {pattern['intent']} Used in: {', '.join(pages[slug])}."
            for slug, pattern in self.patterns.items()
        )

    def _chunk(self, fence: Fence) -> str:
        return _listing("python", fence)

    def _session(self, fence: Fence) -> str:
        return _listing("pycon", fence)

    def _chunk_index(self, fence: Fence) -> str:
        rows = (
            (_ref(c.options["name"], c.anchor), c.options["caption"], f"`{c.argument or '–'}`")
            for c in sorted(self.chunks, key=lambda c: (c.options["name"], c.page))
        )
        return _table(("Chunk", "What to see", "File"), rows, fence)

    def _insight(self, fence: Fence) -> str:
        title = fence.argument or fence.name.replace("-", " ").capitalize()
        evidence = [self.evidence(name) for name in fence.options.get("evidence", "").split()]
        patterns = map(self.pattern, fence.options.get("patterns", "").split())
        rests = ", ".join([fence.options.get("audience", ""), *evidence, *patterns])
        return f"~~~{{admonition}} {title}\n{self.words(fence.body, fence.page)}\n\n{rests}\n~~~"

    _study_deck = _executive_summary = _key_insight = _insight

    def _decision_matrix(self, fence: Fence) -> str:
        criteria, options = fence.data["criteria"], fence.data["options"]
        rows, reasons, totals = [], [], [0.0] * (len(options) + 1)
        for c in criteria:
            name, label, weight = c["id"], c.get("label", c["id"]), float(c["weight"])
            scores = [option["scores"][name] for option in options]
            sums = [weight, *(weight * int(score) for score in scores)]
            totals = [sum(pair) for pair in zip(totals, sums, strict=True)]
            rows.append((label, c["weight"], *scores))
            why = [f"{o['label']} {o['scores'][name]}: {o['why'][name]}" for o in options]
            reasons.append("\n\n  ".join([f"- {label}", f"Weight {weight:g}: {c['why']}", *why]))
        means = [f"{total / totals[0]:.2f}" for total in totals]
        rows += [("Total", *map("{:g}".format, totals)), ("Mean", *means)]
        heads = ("Criterion", "Weight", *(option["label"] for option in options))
        return self.words("\n\n".join([_table(heads, rows, fence), *reasons]), fence.page)

    def _claims(self, fence: Fence) -> str:
        def item(claim: dict[str, Any]) -> str:
            keys = claim.get("source", [])
            cited = map(self.evidence, [keys] if isinstance(keys, str) else keys)
            parts = (claim["verdict"], f"“{claim['claim']}”", claim["instead"], ", ".join(cited))
            return "- " + "\n\n  ".join(filter(None, parts))

        return self.words("\n".join(map(item, fence.data)), fence.page)


# --- on the disk ---

# The edition is made up: a commit while the tool runs would have every page written again.
CONF = """from pathlib import Path
from runpy import run_path

book = run_path({conf!r})
globals().update({{name: value for name, value in book.items() if name[0].islower()}})
root = Path({conf!r}).parent
casebook_date = "2026-01-01"
html_context |= {{"edition_date": casebook_date, "edition_commit": "0000000"}}
bibtex_bibfiles = sorted(map(str, Path(__file__).parent.glob("source/**/*.bib")))
"""
PLAIN_CONF = """
extensions = ["myst_parser", "sphinx_design", "sphinxcontrib.bibtex"]
bibtex_default_style = "alpha"
suppress_warnings = [*suppress_warnings, "bibtex.duplicate_label"]
del pygments_style, pygments_dark_style

# As the press does: else every citation reads the metadata of all installed packages, which would
# be counted as the cost of plain Sphinx.
from pybtex.backends.plaintext import Backend as PlainText
from pybtex.plugin import register_plugin
from pybtex_docutils import Backend as Docutils

register_plugin("pybtex.backends", "plaintext", PlainText, force=True)
register_plugin("pybtex.backends", "docutils", Docutils, force=True)
"""


def write(root: Path, files: Mapping[str, str], *, press: bool) -> Path:
    """Lay out a book that has the settings of this one; without the press those of plain Sphinx."""
    for name, text in files.items():
        path = root / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "source" / "elite" / "outputs").mkdir(parents=True, exist_ok=True)
    conf = CONF.format(conf=str(ROOT / "conf.py")) + ("" if press else PLAIN_CONF)
    (root / "conf.py").write_text(conf, encoding="utf-8")
    return root


def own_files() -> dict[str, str]:
    """Read the sources of this book, by their paths in `source`."""
    names = {
        path.relative_to(ROOT / "source").as_posix(): path for path in ROOT.glob("source/**/*")
    }
    wanted = (
        n for n in sorted(names) if n[0] != "_" and n.endswith((".md", ".bib", ".yaml", ".json"))
    )
    return {name: names[name].read_text(encoding="utf-8") for name in wanted}
