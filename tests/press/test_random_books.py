"""A change of any scalar of any record or source shows on every page that shows it.

The books are random and small.  Each scalar of each is changed alone, each part of a page moves
once to another page, and pages join studies and leave them; then what an incremental build leaves
is what a build from nothing makes.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from harness import build, write

# A theme with little but the page and its navigation, for the sake of speed.
THEME = f"""
html_theme = "plain"
casebook_design = False
html_theme_path = [{str(Path(__file__).parent)!r}]
html_use_index = False
"""
Data = dict[str, Any]
Change = tuple[str, Callable[[Data], None]]

SEED = 7
"""Any other number is another book."""
PROCESSES = 4
"""The changes of a book are shared out among so many tests."""
KEYS = ("one", "two", "three")
SLUGS = ("outbox", "retry")
PAGES = ("a", "a/x", "a/ledger", "b")
"""Two studies, and the chapters of one."""
ESSAYS = ("a", "b")
LINKS = "links"
"""A page that links to all of them and holds no record, so a change of a source is no reason to
read it again."""
LISTS = """# Lists

```{metric-index}
```

```{source-index}
```

```{aged-metrics}
```

```{pattern-index}
```

```{pattern-matrix} Patterns
```

```{insight-index}
```

```{claims-ledger}
```

```{chunk-index} Chunks
```

```{package} mini
```

```{inventory} What is held
```

One takes {reading-time}`a`, and a chapter of it {reading-time}`a/x`.
"""
END = """
```{bibliography}
:filter: docname in docnames
```

```{moved}
old -> /a/x#said-a-x
```
"""
"""How an essay ends."""
SPECIAL = {
    "value": "77 s",
    "as-of": "2021",
    "evidence": "secondary",
    "verdict": "partly",
    "audience": "leader",
    "type": "pitfall",
    "weight": "9",
    "score": "4",
    "year": "1999",
    "urldate": "2020-02-02",
    "formula": "3 * {0}",
    "digits": "2",
    "code": "x = 77",
}
"""What a scalar of a name becomes; `{0}` is the name in a formula."""
FIXED = {"part", "id", "key", "slug"}
"""Names by which the samples themselves refer to something."""


def sample(seed: int) -> Data:
    """A random book, as data."""
    random = Random(seed)
    pages: dict[str, list[Data]] = {page: [] for page in PAGES}
    metrics = [f"m{i}" for i in range(3)]
    for name in metrics:
        pages[random.choice(PAGES)].append({"part": "table", "caption": "Of", "rows": [row(name)]})
    derived = {"id": "d", "label": "Derived", "what": "is computed", "kind": "derived",
               "formula": f"2 * {random.choice(metrics)}", "unit": "s"}  # fmt: skip
    pages[random.choice(PAGES)].append({"part": "table", "caption": "From", "rows": [derived]})
    text = f"holds {{metric}}`{random.choice(metrics)}` of {{cite}}`{random.choice(KEYS)}`"
    parts: list[Data] = [
        {"part": "glance", "caption": "At a glance", "id": random.choice(metrics)},
        {
            "part": "claims", "claim": f"It {text}", "verdict": "unsupported",
            "instead": f"It {text}",
        },
        {
            "part": "insight", "title": f"Do what {text}", "type": "lesson", "audience": "engineer",
            "slug": random.choice(SLUGS), "key": random.choice(KEYS),
            "text": f"It [is](#said-a) {text}.",
        },
        {
            "part": "matrix", "caption": f"Which {text}", "label": "Label", "weight": "2",
            "why": f"it {text}", "score": "3", "because": f"it {text}",
        },
        {"part": "chunk", "name": "first", "caption": f"What {text}", "code": "x = 1"},
        *({"part": "pattern", "slug": slug, "title": slug, "text": "Words."} for slug in SLUGS),
    ]  # fmt: skip
    for part in parts:
        pages[random.choice(PAGES)].append(part)
    for page in PAGES:
        pages[page].append({"part": "said", "title": "Said", "text": sentence(random, metrics)})
        random.shuffle(pages[page])
    pages[LINKS] = [{"part": "said", "title": "Said", "text": sentence(random, metrics)}]
    return {
        "pages": {page: {"title": f"Page {page}", "parts": parts} | named(page)
                  for page, parts in pages.items()},
        "sources": {key: source(random) for key in KEYS},
        "patterns": {slug: {"title": slug.title(), "intent": f"What {slug} is for."}
                     for slug in SLUGS},
    }  # fmt: skip


def named(page: str) -> Data:
    return {"study": page.upper()} if page in ESSAYS else {}


def row(name: str) -> Data:
    return {
        "id": name, "label": f"Label {name}", "what": "what it is", "kind": "reported",
        "value": "5 s", "as-of": "2024", "source": "one", "locator": "top", "via": "a copy",
        "doubt": "as {cite}`two` says",
    }  # fmt: skip


def source(random: Random) -> Data:
    return {
        "author": random.choice(["Doe, Jane", "Roe, Rita"]), "title": random.choice(["Up", "Down"]),
        "year": random.choice(["2017", "2018"]), "note": "a note", "urldate": "2026-10-01",
    }  # fmt: skip


def sentence(random: Random, metrics: list[str]) -> str:
    links = [
        f"{{metric}}`{random.choice(metrics)}`",
        f"[](#metric-{random.choice(metrics)})",
        f"[5 s](#metric-{random.choice(metrics)})",
        f"{{metric}}`5 s <{random.choice(metrics)}>`",
        f"{{pattern-link}}`{random.choice(SLUGS)}`",
        "[](#insight-early)",
        f"[](#said-{flat(random.choice(PAGES))})",
        f"{{cite}}`{random.choice(KEYS[1:])}`",  # every metric rests on the first
    ]
    random.shuffle(links)
    return f"It is {', '.join(links)}."


# --- as files ---


def files(book: Data) -> dict[str, str | None]:
    pages = [page for page in book["pages"] if page != LINKS]
    chapters = {essay: [page for page in pages if page.startswith(f"{essay}/")] for essay in ESSAYS}
    named = {page for essay in ESSAYS if essay in pages for page in chapters[essay]}
    listed = [page for page in pages if page not in named]
    written: dict[str, str | None] = {
        "index.md": f"# Book\n\n{contents([*listed, LINKS, 'lists', 'sources'])}",
        "lists.md": LISTS,
        "sources.md": "# Sources\n\n```{bibliography}\n```\n",
        "sources.bib": "".join(
            f"@online{{{key},\n"
            + "".join(f"  {name} = {{{text}}},\n" for name, text in fields.items())
            + "}\n"
            for key, fields in book["sources"].items()
        ),
        "patterns/catalogue.yaml": yaml.safe_dump(
            [{"id": slug, "category": "c", **said} for slug, said in book["patterns"].items()]
        ),
    }
    for name, page in book["pages"].items():
        parts = "\n".join(rendered(name, part) for part in page["parts"])
        study = f"---\nstudy: {page['study']}\n---\n" if "study" in page else ""
        written[f"{name}.md"] = f"{study}# {page['title']}\n\n{parts}"
    for essay in set(ESSAYS) & set(pages):
        written[f"{essay}.md"] = f"{written[f'{essay}.md']}\n{contents(chapters[essay])}{END}"
    return written


def contents(pages: list[str]) -> str:
    return "\n".join(["```{toctree}", ":numbered:" * ("lists" in pages), *pages, "```\n"])


def flat(page: str) -> str:
    return page.replace("/", "-")


def rendered(page: str, part: Data) -> str:
    kind = part["part"]
    if kind == "table":
        return directive("metrics-table", part["caption"], yaml.safe_dump(part["rows"]))
    if kind == "claims":
        record = {name: part[name] for name in ("claim", "verdict", "instead")}
        return directive("claims", "", yaml.safe_dump([record | {"source": "one"}]))
    if kind == "insight":
        options = {
            "name": "early", "kind": part["type"], "audience": part["audience"],
            "patterns": part["slug"], "evidence": part["key"],
        }  # fmt: skip
        return directive("insight", part["title"], part["text"] + " Not always.\n", options)
    if kind == "matrix":
        criterion = {
            "id": "c",
            "label": part["label"],
            "weight": part["weight"],
            "why": part["why"],
        }
        options = [
            {"id": name, "scores": {"c": score}, "why": {"c": part["because"]}}
            for name, score in (("x", part["score"]), ("y", "1"))
        ]
        body = yaml.safe_dump({"criteria": [criterion], "options": options})
        return directive("decision-matrix", part["caption"], "\n" + body, {"chosen": "x"})
    if kind == "chunk":
        options = {"name": part["name"], "caption": part["caption"]}
        return directive("chunk", "mini/one.py", part["code"] + "\n", options).replace(
            "::::", "```"
        )
    if kind == "pattern":
        return f"## {part['title']}\n\n{directive('pattern', part['slug'])}\n{part['text']}\n"
    if kind == "glance":
        return directive("metrics-table", part["caption"], f"- {part['id']}\n")
    return f"(said-{flat(page)})=\n\n## {part['title']}\n\n{part['text']}\n"


def directive(name: str, argument: str, body: str = "", options: Data | None = None) -> str:
    lines = "".join(f":{key}: {value}\n" for key, value in (options or {}).items())
    return f"::::{{{name}}} {argument}\n{lines}\n{body}::::\n"


# --- changes ---


def changes(book: Data) -> Iterator[Change]:
    """Every change of one scalar, and every part moved to the page after its own."""
    for path, old in scalars(book):
        name = str(path[-1])
        if name not in FIXED:
            new = SPECIAL.get(name, f"{old} anew")
            if name == "kind":
                new = {"reported": "secondary"}.get(old, old)
            if name == "source":
                new = "three"
            if name == "formula":
                new = old.replace("2 *", "3 *")
            if name == "unit":
                new = "ms"
            if name in ("locator", "via", "text", "author") or new != old:
                yield f"{'/'.join(map(str, path))}: {new}", setting(path, new)
    for page, following in zip(PAGES, (*PAGES[1:], PAGES[0]), strict=True):
        for i, part in enumerate(book["pages"][page]["parts"]):
            if part["part"] != "said":  # its label carries the page's name
                yield f"{part['part']} from {page} to {following}", moving(page, i, following)
    yield "a is no study", lambda book: book["pages"]["a"].pop("study")
    yield "a/x is a study", lambda book: book["pages"]["a/x"].update(study="X")
    for page in ("a", "a/x", "a/ledger"):
        yield f"{page} is gone", ordering(*(p for p in (*PAGES, LINKS) if p != page))
    yield "chapters turned", ordering("a", "a/ledger", "a/x", "b", LINKS)
    yield "studies turned", ordering("b", *PAGES[:3], LINKS)
    yield "a chapter of b", ordering(*PAGES, LINKS, **{"a/x": "b/x"})
    yield "a chapter of nothing", ordering(*PAGES, LINKS, **{"a/x": "c/x"})


def scalars(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(data, str):
        yield path, data
        return
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield from scalars(value, (*path, key))


def setting(path: tuple[Any, ...], new: str) -> Callable[[Data], None]:
    def change(book: Data) -> None:
        at: Any = book
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = new

    return change


def moving(page: str, place: int, target: str) -> Callable[[Data], None]:
    def change(book: Data) -> None:
        part = book["pages"][page]["parts"].pop(place)
        book["pages"][target]["parts"].append(part)

    return change


def ordering(*pages: str, **renamed: str) -> Callable[[Data], None]:
    """Keep these pages in this order, some of them under another name."""

    def change(book: Data) -> None:
        book["pages"] = {renamed.get(page, page): book["pages"][page] for page in pages}

    return change


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PROCESSES))
def test_an_incremental_build_shows_every_change(part: int, tmp_path: Path) -> None:
    book = sample(SEED)
    before = tmp_path / "before"
    live = tmp_path / "live"
    write(live, files(book), THEME)
    base = build(live)
    assert base.warnings == []
    live.rename(before)
    for name, change in list(changes(book))[part::PROCESSES]:
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(before, live)
        changed = copy.deepcopy(book)
        change(changed)
        new, old = files(changed), files(book)
        gone = dict.fromkeys(old.keys() - new.keys())
        write(live, gone | {p: text for p, text in new.items() if text != old.get(p)}, THEME)
        kept = build(live)
        fresh = build(live, out="fresh")
        differing = {
            file for file, digest in fresh.digests().items() if kept.digests().get(file) != digest
        }
        assert not differing, name
        # What is wrong now, and was not before, is told; and nothing else is.
        told = set(kept.warnings)
        assert set(fresh.warnings) - set(base.warnings) <= told <= set(fresh.warnings), name
