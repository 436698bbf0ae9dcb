"""A book that holds one of everything, and its builds, which several files of tests share."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from harness import Built, build, write

ROW = (
    "- {{id: {id}, label: {label}, what: what it is, kind: reported, value: {value}, "
    "as-of: 2024, source: {source}, locator: top}}\n"
)


def table(caption: str, *rows: str) -> str:
    return f"```{{metrics-table}} {caption}\n{''.join(rows)}```\n"


INDEX = """# Book

```{toctree}
:numbered: 3

a
b
idempotency
lists
outside
code
more
packages
found
gathered
```
"""
ROWS = table("Acme", ROW.format(id="jobs", label="Jobs", value="5e6 request/day", source="post"))
A = (
    "---\nstudy: Acme\n---\n# Acme\n\n## Load\n\n"
    "Safe by {pattern-link}`idempotency`, as {cite}`post` says.\n\n"
    + ROWS
    + "\n## References\n\n```{bibliography}\n```\n"
)
B = (
    "---\nstudy: Bolt\n---\n# Bolt\n\n"
    + table(
        "Bolt",
        ROW.format(id="calls", label="Calls", value="12 request/s", source="home"),
        "- {id: share, label: Share, what: w, kind: derived, formula: calls / jobs, unit: ratio}\n",
    )
    + "\nAcme does {metric}`jobs`.\n\n"
    "```{mermaid}\n:name: fig\n:caption: A figure.\n:alt: words\n\nflowchart LR\n  A --> B\n```\n"
)
CODE = """# Code

```{chunk}
:name: sum
:caption: What `add` does.

total = a + b
```

```{chunk} mini/core.py
:name: add
:caption: Adding.

\"\"\"Adds.\"\"\"


def add(a: int, b: int) -> int:
    <<sum>>
    return total
```

See [](#chunk-add).

```{session}
>>> from mini.core import add
>>> add(1, 2)
3
```
"""
MORE = """# More

```{chunk} mini/more.py
:name: more
:caption: More.

MORE = 1
```

```{chunk}
:append: more
:caption: And more.

MOST = 2
```

```{chunk} other/it.py
:name: it
:caption: Another package.

IT = 3
```
"""
PACKAGES = """# Packages

```{package} mini
```

```{chunk-index} All chunks
```
"""
FOUND = """---
study: Core
---
# Core

## Model

```{chunk} model/experiments.py
:name: deaths
:caption: What is counted.
:output: core/deaths

\"\"\"Experiments.\"\"\"


def deaths() -> dict[str, list[int] | int]:
    return {"step": [1, 2], "with": [1, 1], "without": [1, 2], "worst": 2}
```

```{chunk} model/guards.py
:name: without-lock
:caption: The lock goes.
:output: core/without-lock

def without_lock(server: object) -> None:
    pass
```

```{chart} core/deaths
:type: bar
:x: step
:y: with (charges), without (charges)
:caption: Twice without a key, as {cite}`post` says. {metric}`jobs` are not drawn.
:alt: Bars of one, and one of two.
```

```{counterexample} core/without-lock
:caption: Two owners
```

```{metrics-table} Modelled
- {id: worst, label: Worst, what: w, kind: modelled, output: core/deaths#worst, unit: charge}
- {id: twofold, label: Twofold, what: w, kind: derived, formula: 2 * worst, unit: charge}
```

:::{decision-matrix} How to {cite}`post` order
:chosen: turns

criteria:
  - {id: proof, label: Easy to prove, weight: 3, why: ours}
  - {id: fair, weight: 2, why: "says {cite}`post`"}
options:
  - {id: arrival, scores: {proof: 5, fair: 1}, why: {proof: one counter, fair: a batch}}
  - id: turns
    label: In turns
    scores: {proof: 3, fair: 4}
    why: {proof: many, fair: "{metric}`jobs`"}
:::

:::{insight} Keep the key of {metric}`jobs`
:name: early
:kind: practice
:audience: engineer, architect
:patterns: idempotency
:evidence: post jobs core/deaths

Store it, because [the model](#model) says {metric}`worst`. A read needs none {cite}`post`.
:::

```{insight} A second one
:kind: pitfall
:audience: leader
:evidence: core/without-lock

Mind it, as [above](#model). Not always.
```

```{claims}
- claim: It has 500 million jobs
  verdict: unsupported
  instead: It has {metric}`jobs`.
- {claim: It is fast, verdict: contradicted, instead: It is slow., source: [post, home]}
```
"""
GATHERED = """# Gathered

```{insight-index}
```

```{claims-ledger}
```

```{chart-data}
```

```{inventory} What is held
```
"""
DEATHS = """{
 "columns": {"step": [1, 2], "with": [1, 1], "without": [1, 2]},
 "values": {"worst": 2}
}
"""
LOCK = """{
 "moves": ["worker 1 takes", "worker 2 takes"],
 "guarded": ["1 owner", "refused"],
 "unguarded": ["1 owner", "2 owners"],
 "broken": "a job has two owners"
}
"""
BOOK: dict[str, str | None] = {
    "index.md": INDEX,
    "a.md": A,
    "b.md": B,
    "idempotency.md": "# Idempotency\n\n```{pattern} idempotency\n```\n\nA problem.\n",
    "lists.md": "# Lists\n\n```{metric-index}\n```\n\n```{source-index}\n```\n\n"
    "```{aged-metrics}\n```\n\n"
    "```{pattern-index}\n```\n\n```{pattern-matrix} Uses\n```\n",
    "outside.md": "# Outside\n\nNothing that changes elsewhere; but {cite}`post` is cited.\n",
    "code.md": CODE,
    "more.md": MORE,
    "packages.md": PACKAGES,
    "found.md": FOUND,
    "gathered.md": GATHERED,
    "elite/outputs/core/deaths.json": DEATHS,
    "elite/outputs/core/without-lock.json": LOCK,
}


class Sample:
    """The book in a folder of its own, built once for each builder that somebody asks for."""

    def __init__(self, folder: Path) -> None:
        self._live = folder / "live"
        self._kept = folder / "kept"
        self._built: dict[str, Built] = {}

    def built(self, builder: str = "html") -> Built:
        """Return the book's build, to be read and not written to."""
        if builder not in self._built:
            shutil.rmtree(self._live, ignore_errors=True)
            write(self._live, BOOK)
            made = build(self._live, builder)
            assert made.warnings == []
            shutil.copytree(self._live, self._kept / builder)
            self._built[builder] = replace(made, out=self._kept / builder / builder)
        return self._built[builder]

    def restored(self, builder: str = "html") -> Path:
        """Return the book's folder as its build left it, to be changed and built again.

        Sphinx reads everything again where a book has moved and compares times of files, so it is
        always the same folder, and its files keep their times.
        """
        self.built(builder)
        shutil.rmtree(self._live, ignore_errors=True)
        shutil.copytree(self._kept / builder, self._live)
        return self._live
