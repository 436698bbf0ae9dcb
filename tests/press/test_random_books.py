"""A change of any scalar of any record or source shows on every page that shows it.

The books are random and small.  Each scalar of each is changed alone, and each part of a page moves
once to another page; then what an incremental build leaves is what a build from nothing makes.
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

SEED = 0
"""Any other number is another book."""
PROCESSES = 4
"""The changes of a book are shared out among so many tests."""
KEYS = ("one", "two", "three")
SLUGS = ("outbox", "retry")
PAGES = ("a", "b", "c")
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
"""
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
        "pages": {page: {"study": page.upper(), "title": f"Page {page}", "parts": parts}
                  for page, parts in pages.items()},
        "sources": {key: source(random) for key in KEYS},
        "patterns": {slug: {"title": slug.title(), "intent": f"What {slug} is for."}
                     for slug in SLUGS},
    }  # fmt: skip


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
        f"[](#said-{random.choice(PAGES)})",
        f"{{cite}}`{random.choice(KEYS[1:])}`",  # every metric rests on the first
    ]
    random.shuffle(links)
    return f"It is {', '.join(links)}."


# --- as files ---


def files(book: Data) -> dict[str, str | None]:
    toctree = "# Book\n\n```{toctree}\n:numbered:\n\n" + "\n".join(
        [*PAGES, LINKS, "lists", "sources"]
    )
    written: dict[str, str | None] = {
        "index.md": toctree + "\n```\n",
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
        study = f"---\nstudy: {page['study']}\n---\n" if name in PAGES else ""
        head = f"{study}# {page['title']}\n\n"
        written[f"{name}.md"] = head + parts
    return written


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
    return f"(said-{page})=\n\n## {part['title']}\n\n{part['text']}\n"


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


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PROCESSES))
def test_an_incremental_build_shows_every_change(part: int, tmp_path: Path) -> None:
    book = sample(SEED)
    before = tmp_path / "before"
    live = tmp_path / "live"
    write(live, files(book), THEME)
    base = build(live)
    live.rename(before)
    for name, change in list(changes(book))[part::PROCESSES]:
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(before, live)
        changed = copy.deepcopy(book)
        change(changed)
        new, old = files(changed), files(book)
        write(live, {path: text for path, text in new.items() if text != old[path]}, THEME)
        kept = build(live)
        fresh = build(live, out="fresh")
        differing = {
            file for file, digest in fresh.digests().items() if kept.digests().get(file) != digest
        }
        assert not differing, name
        # What is wrong now, and was not before, is told; and nothing else is.
        told = set(kept.warnings)
        assert set(fresh.warnings) - set(base.warnings) <= told <= set(fresh.warnings), name
