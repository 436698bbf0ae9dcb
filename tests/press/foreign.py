"""Somebody else's book: another theme, no design, pages and `conf.py` side by side in `docs`."""

from __future__ import annotations

CONF = """
project = "Queues"
author = "Somebody Else"
extensions = ["myst_parser", "casebook"]
bibtex_bibfiles = ["queues.bib"]
# Pygments knows no Mermaid, whether the press is there or not.
suppress_warnings = ["misc.highlighting_failure"]
latex_engine = "lualatex"
latex_elements = {"fontpkg": ""}
"""
INDEX = """# Queues

A book about queues, with {metric}`jobs` on its first page.

```{excerpt} study#wait
:lines: 1, 4-5
```

```{excerpt} study#chart-queue-waits
:caption: The wait grows.
```

```{toctree}
study
patterns
plain
```
"""
STUDY = """# Acme’s queue

## Load

```{metric-cards}
jobs
share
late
```

Acme takes {metric}`jobs`, and repeats them by {pattern-link}`idempotency`, as {cite}`post` says.
That is {metric}`far more <share>` than it reports.

```{metrics-table} What Acme’s queue takes
:name: load

- id: jobs
  label: Jobs accepted
  what: requests that were answered with 202
  kind: reported
  value: 5.2e6 request/day
  as-of: 2024-03
  source: post
  locator: second paragraph
- id: late
  label: Jobs late
  what: jobs that waited for more than a minute
  kind: secondary
  value: 1040 request/day
  as-of: 2024-03
  source: post
  locator: footnote
  via: a digest
  doubt: the digest rounds
- {id: share, label: Share of late jobs, what: late by accepted, kind: derived,
   formula: 100 * late / jobs, unit: percent}
```

## Model

```{chunk} queue_model/queue.py
:name: wait
:caption: How long a job waits.
:output: queue/waits

\"\"\"A model of the queue.\"\"\"


def waits() -> dict[str, object]:
    <<count>>
    columns = {"load": [10, 20, 30], "wait": [1, 2, worst]}
    return {"columns": columns, "values": {"worst": worst}}
```

```{chunk}
:name: count
:caption: The worst of all waits.

worst = max(1, 2, 4)
```

```{session}
>>> from queue_model.queue import waits
>>> waits()["values"]
{'worst': 4}
```

```{exercise} Bound the wait
:name: bound-the-wait

Let nobody wait for more than 3 s.
```

```{exercise-test} bound-the-wait
from queue_model.queue import waits


def test_bound():
    assert waits()["values"] == {"worst": 3}
```

```{solution} bound-the-wait
:instead: count

worst = min(3, max(1, 2, 4))
```

```{chart} queue/waits
:type: line
:x: load (request/s)
:y: wait (s)
:caption: The wait grows faster than the load. It does so from the start.
:alt: A line that rises from 1 s to 4 s.
```

```{stepper} queue/waits
:columns: load, wait
:phases: 1..1 calm; 2..3 busy
:print: 1, 3
:caption: How the queue fills.
```

```{insight} Bound the queue before it bounds you
:name: bound
:kind: practice
:audience: engineer
:patterns: idempotency
:evidence: post jobs queue/waits

Refuse work while [the model](#load) says that {metric}`jobs` wait. A read needs none.
```

```{evidence} inferred
So its workers are few.

They are busy.
```

```{claims}
- {claim: It never loses a job, verdict: unsupported, instead: "It repeats {metric}`jobs`.",
   source: post}
```

## References

```{bibliography}
```
"""
PATTERNS = """# Patterns

## Idempotency

```{pattern} idempotency
```

A request may come twice.
"""
PLAIN = """# Plain

Nothing of the press stands here.

```mermaid
flowchart LR
  A --> B
```

| Left | Right |
|------|------:|
| one  |     1 |

```markdown
A *fence* of Markdown.
```
"""
BIB = """
@online{post, author={Doe, Jane}, title={How we queue}, organization={Acme blog}, year=2017,
  month=aug, url={https://example.org/post}, urldate={2026-10-01}}
"""
CATALOGUE = """
- id: idempotency
  title: Idempotency
  category: communication
  intent: Make a request safe to repeat.
  aliases: [idempotency key]
"""
WAITS = """{
 "columns": {"load": [10, 20, 30], "wait": [1, 2, 4]},
 "values": {"worst": 4}
}
"""
BOOK = {
    "conf.py": CONF,
    "index.md": INDEX,
    "study.md": STUDY,
    "patterns.md": PATTERNS,
    "plain.md": PLAIN,
    "queues.bib": BIB,
    "patterns/catalogue.yaml": CATALOGUE,
    "outputs/queue/waits.json": WAITS,
}
