"""A page that has roles in every field of every record, and one that shows its words again."""

from __future__ import annotations

ROLES = (
    "*not* **so** `code` {metric}`jobs` [](#metric-jobs) [five](#metric-jobs) "
    "{pattern-link}`idempotency` {cite}`post` [](#place) {metric}`5 million <jobs>`"
)
READ = (
    "not so code 5 million requests/day 5 million requests/day five "
    "idempotency [Doe 2017] The place of 5 million 5 million"
)
"""What is read of these."""
PAGE = """---
study: Acme
---
# Acme and {metric}`5 million <jobs>`

(place)=

## The place of {metric}`5 million <jobs>`

It is {pattern-link}`idempotency` ROLES. See {metric}`told`.

:::{metrics-table} Caption ROLES
- id: told
  label: Label ROLES
  what: What ROLES
  kind: reported
  value: 7 s
  as-of: 2024
  source: post
  locator: top
  via: via ROLES
  doubt: doubt ROLES
- {id: jobs, label: Jobs, what: w, kind: reported, value: 5e6 request/day, as-of: 2024,
   source: post, locator: top}
:::

```{claims}
- claim: Claim ROLES
  verdict: unsupported
  instead: Instead ROLES
```

:::{decision-matrix} Matrix ROLES
:chosen: turns

criteria:
  - {id: proof, label: "Criterion ROLES", weight: 3, why: "weighed ROLES"}
options:
  - {id: arrival, label: "Option ROLES", scores: {proof: 5}, why: {proof: "because ROLES"}}
  - {id: turns, scores: {proof: 3}, why: {proof: "many ROLES"}}
:::

:::{insight} Keep ROLES
:name: early
:kind: practice
:audience: engineer
:patterns: idempotency
:evidence: post told

Text ROLES. [It](#place) is so.
:::

```{chart} core/deaths
:type: bar
:x: step
:y: with
:caption: Chart ROLES
:alt: Bars ROLES
```

```{counterexample} core/without-lock
:caption: Counterexample ROLES
```

```{output} core/said core/said
:as: trace
:labels: Before ROLES | After ROLES
:caption: Output ROLES
```

```{mermaid}
:caption: Diagram ROLES
:alt: Boxes ROLES

flowchart LR
  A --> B
```

```{chunk} model/experiments.py
:name: deaths
:caption: Chunk ROLES
:output: core/deaths

def deaths() -> dict[str, list[int] | int]:
    return {"step": [1, 2], "with": [1, 1], "without": [1, 2], "worst": 2}
```

```{chunk} model/talk.py
:name: said
:caption: Talk
:output: core/said

def said() -> str:
    return "hello"
```

```{chunk} model/guards.py
:name: without-lock
:caption: Guard
:output: core/without-lock

def without_lock(server: object) -> None:
    pass
```

```{bibliography}
```
""".replace("ROLES", ROLES)
SAID = '{"text": ["hello"]}'
OTHER = """# Other

It is {metric}`told` and {pattern-link}`idempotency`, as [](#insight-early) says.

```{metric-cards}
told
jobs
told
```

```{metric-index}
```

```{source-index}
```

```{aged-metrics}
```

```{insight-index}
```

```{claims-ledger}
```

```{chart-data}
```

:::{chunk-index} Chunks
:::

:::{pattern-matrix} Patterns
:::

## Idempotency

```{pattern} idempotency
```
"""
