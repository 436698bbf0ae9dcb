"""No input ends in a traceback: pages put together at random from what goes wrong."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from benchbook import registered
from harness import build, write
from waves import stored, wav

LINES = (
    "- id: a", "  label: [x]", '  value: "5 s"', "kind: reported", "  kind: derived", "- {}",
    "- []", "- - -", "\t- x", "\N{COLLISION SYMBOL}", "\0", "  metrics: [a, b, {c: d}]",
    "  formula: a / a", "  unit: s", '- id: "\\u0000"', "---", "...", "%YAML 1.1", "? x", ": y",
    "- ? [a]", "  as-of: 2024", '  what: "{metric}`x`"', '  what: "`"', '  doubt: "**"',
    '  note: "{pattern-link}`"', '  label: ""', "  label: |\n    x", "  source: home",
    "  locator: l", "```", "~~~", "- label: x", "<<: *a",
    "- {id: a, label: L, what: w, kind: derived, formula: a, unit: s}",
    "<<a>>", "    <<b>>", "<<>>", "<<a&b>>", "\t<<\\>>", "<<a>> <<b>>", ">>> 1", ">>> ", "... x",
    ">>>", "def f(:", "class A:", "    x = 1", "\tx = '", '"""', "return \\", "x = 1\f", "\fx = 1",
    "x = 1\N{LINE SEPARATOR}", "# \N{NEXT LINE}", ":name:", ":name: a", ":x: y", "x" * 5000,
    "(" * 300, "x = [" + "[" * 200 + "]" * 201, 'x = "\\d"', "from __future__ import x",
)  # fmt: skip
DIRECTIVES = (
    ("metrics-table", "T", ""), ("metrics-table", "", ""), ("metrics-table", "<b>`x`", ""),
    ("metrics-table", "T", ":name: a b c\n:class: 1"), ("metrics-comparison", "C", ":columns: a,b"),
    ("metrics-comparison", "C", ":columns: ,"), ("metric-cards", "", ""), ("study-deck", "", ""),
    ("metrics-comparison", "C", ":columns: " + ",".join("abcdefghij" * 12)),
    ("key-insight", "", ""), ("executive-summary", "", ""), ("pattern", "idempotency", ""),
    ("pattern", "", ""), ("pattern", "[x]", ""), ("related-patterns", "", ""),
    ("pattern-index", "", ""), ("pattern-matrix", "M", ""), ("metric-index", "", ""),
    ("source-index", "", ""), ("aged-metrics", "", ""), ("mermaid", "", ":caption: c\n:alt: a"),
    ("mermaid", "", ":caption:\n:alt:"), ("mermaid", "x.mmd", ""),
    ("mermaid", "", ":caption: '# c'\n:alt: a\n:config: {}"),
    ("chunk", "m/a.py", ":name: a\n:caption: c"), ("chunk", "", ":name: b\n:caption: `"),
    ("chunk", "", ":append: a\n:caption: {metric}`a`"), ("chunk", "m/a/b.py", ":name: c"),
    ("chunk", "m/\N{BLACK STAR}.py", ":name: d\n:caption: c"), ("chunk", "m/__init__.py", ":name:"),
    ("chunk", "m/b.py", ":name: a-2\n:caption: <b>"), ("chunk", "m/c.py", ":name: e\n:caption:"),
    ("chunk", "", ":name: f\n:append: a\n:x:"), ("chunk", "m/d.py", "---\nname: g\n---"),
    ("chunk", "m/e.py", ":name: h\n:caption: c\n\nX = 1"), ("chunk", "", ":name: " + "i-" * 400),
    ("chunk", "m/f.py", ":name: j\n:caption: c\n\nif X:\n    <<b>>"), ("session", "", ""),
    ("exercise", "T", ":name: a"), ("exercise", "`", ":name: b"), ("exercise", "", ":name:"),
    ("exercise-test", "a", ""), ("exercise-test", "b", "def test_x(): pass"), ("solution", "", ""),
    ("solution", "a", ":instead: a"), ("solution", "b", ":file: m/y.py"), ("solution", "a", ""),
    ("exercise-test", "", ""), ("solution", "b", ":instead: b\n:file:"),
    ("session", "x", ""), ("session", "", ":name: s"), ("session", "", ">>> x\n1"),
    ("package", "m", ""), ("package", "", ":name: p"), ("package", "<b>", ":name: a b"),
    ("insight", "T", ":kind: lesson\n:audience: leader\n:evidence: home a x/y\n:patterns: a"),
    ("insight", "`", ":kind: pitfall\n:audience: engineer\n:evidence: x/without-z\n:name: a b"),
    ("insight", "{metric}a", ":kind:\n:audience: ,\n:evidence: ''"), ("insight", "", ""),
    ("decision-matrix", "M", ":chosen: b"), ("decision-matrix", "<b>", ":chosen: c\n:name: a b"),
    ("decision-matrix", "", ""), ("claims", "", ""), ("claims", "x", ""), ("claims", "", ":x: y"),
    ("chart", "x/y", ":type: line\n:x: z\n:y: z\n:caption: c\n:alt: a"), ("chart", "", ""),
    ("chart", "x/y", ":type: heat\n:x: t (\n:y: ,\n:caption: `\n:alt: a"), ("chart", "../x", ""),
    ("chart", "x/without-z", ":type: bar\n:x: t\n:y: v (s)\n:caption: c\n:alt: a"),
    ("chart", "x/y", ":type: bar\n:x: t\n:y: v (s), w (s)\n:caption: {cite}`x`\n:alt: <b>"),
    ("counterexample", "x/without-z", ":caption: c"), ("counterexample", "x/y", ":caption: c"),
    ("counterexample", "", ":caption:"), ("counterexample", "x/without-q", ":caption: `"),
    ("counterexample", "x/without-p", ":caption: c"), ("insight-index", "", ""),
    ("output", "x/t", ":as: http\n:mark: '<b>, `'\n:caption: `"), ("output", "", ":as: json"),
    ("output", "x/t x/t", ":as: trace\n:labels: ` | {metric}`a`\n:mark: a,b,<b>\n:lines: 1-2"),
    ("output", "x/t ../x", ":as:"), ("output", "x/y x/without-z", ":as: trace\n:mark:\n:labels:"),
    ("output", "x/t", ":as: trace\n:lines: 99\n:name: a b"), ("output", "x/e", ":as: packet"),
    ("stepper", "x/y", ":print: 1\n:caption: c"), ("stepper", "x/y", ":print: `\n:caption: <b>"),
    ("stepper", "x/y", ":columns: ,\n:step: <b>\n:phases: 9..1 ;;\n:print: -1\n:caption: `"),
    ("stepper", "x/y", ":step: t\n:phases: 1..2 <b>`{x}`\n:print: 1,2\n:caption: {cite}`x`"),
    ("evidence", "inferred", ""), ("evidence", "", "x"), ("evidence", "<b> `", "{metric}`a`"),
    ("evidence", "not-public", "- a\n\n      code\n\n> {cite}`x`"), ("evidence", "-", "## b"),
    ("stepper", "x/without-z", ":print: 1\n:caption: c"), ("stepper", "", ""),
    ("audio", "x/s", ":caption: c"), ("audio", "x/s", ":values: v\n:clips: b, <b>\n:caption: `"),
    ("audio", "x/s", ":values: w (<b>)\n:clips: <b>\n:caption: {cite}`x`\n:name: a b"),
    ("audio", "x/y", ":clips: ,\n:values: (\n:caption: c"), ("audio", "", ""),
    ("audio", "x/without-z", ":caption: c"), ("excerpt", "#audio-x-s", ""),
    ("claims-ledger", "", ""), ("chart-data", "", ""), ("reading-path", "", ":minutes: 5"),
    ("reading-path", "", ":minutes: -1"), ("reading-path", "", ""),
    ("metrics-table", "", "- a\n- nope\n- <b>"), ("moved", "", ""), ("moved", "", "a -> p1#page-1"),
    ("moved", "", "a\n->\na -> b\n -> p1#\na -> ../../p1#x\npage -> <b>#`"),
    ("inventory", "`", ""), ("inventory", "", ":name: a"),
    ("chunk", "m/z.py", ":name: z\n:output: x/a"),
    ("excerpt", "#a", ":lines: 1-2\n:caption: `"), ("excerpt", "p1#a--2", ":lines: 1, 2"),
    ("excerpt", "#chart-x-y", ":name: a b"), ("excerpt", "../../p1#z", ":lines: " + "9" * 5000),
    ("excerpt", "<b>#`", ":caption: {metric}`a`"), ("excerpt", "", ":lines:"),
    ("excerpt", "#counterexample-x-without-z", ":name: z"), ("excerpt", "#z", ""),
    ("chunk-index", "`", ""), ("chunk-index", "", ""), ("chunk-index", "I", ":name:"),
)  # fmt: skip
INLINE = (
    "{metric}`a`", "{metric}``", "{metric}` `", "{metric}`<a>`", "{metric}`x <>`", "{metric}`!a`",
    "{metric}`~a`", "{pattern-link}`x <`", "{pattern-link}`\\``", "[](#metric-)", "[](#pattern-)",
    "[x](#metric-a)", "{cite}`nope`", "{cite}``", "## {pattern-link}`idempotency`",
    "[](#chunk-a)", "[](#chunk-a--2)", "[](#chunk-)", "[x](#chunk-b)", "### Chunk a",
    "{reading-time}`p1`", "{reading-time}``", "{reading-time}`../..`", "{reading-time}`<b> [x]`",
    "{metric}`" + "9" * 500 + "`", "> {metric}`a`", "- {pattern-link}`outbox`",
    "| {metric}`a` |\n|---|\n| {pattern-link}`idempotency` |",
)  # fmt: skip
OUTPUTS = {
    "elite/outputs/x/y.json": '{"columns": {"t": ["a", "b"], "v": [1, -2], "w": [0, 1e300]}, '
    '"values": {"z": 1}}',
    "elite/outputs/x/without-z.json": '{"moves": ["a"], "guarded": ["b"], "unguarded": ["c"], '
    '"broken": "d"}',
    "elite/outputs/x/without-p.json": '{"moves": ["a"], "guarded": ["b", "c"], "unguarded": [], '
    '"broken": 1}',
    "elite/outputs/x/without-q.json": "[1]",
    "elite/outputs/x/t.json": '{"text": ["GET / HTTP/1.1", "X: <b>\\\\{}$%&#_^~`*", "", "a"]}',
    "elite/outputs/x/s.json": stored({"<b>": wav([1, -2]), "b": wav([3])}, {"w": [1, 2]}),
    "elite/outputs/x/e.json": '{"text": [""]}',
}
NAMES = ("x", "[1]", "{a: b}", "1", "null")


def test_every_directive_takes_part() -> None:
    roles = {"metric", "pattern-link", "reading-time"}
    without_input = {"casebook-settings"}
    assert registered() - roles - without_input == {name for name, *_ in DIRECTIVES}


def page(number: int, chance: random.Random) -> str:
    parts = [f"---\nstudy: {chance.choice(NAMES)}\n---\n# Page {number}\n"]
    for _ in range(6):
        name, argument, options = chance.choice(DIRECTIVES)
        body = chance.choices(LINES, k=chance.randrange(7))
        fence = [f"`````{{{name}}} {argument}", options, "", *body, "`````\n"]
        parts += ["\n".join(fence), chance.choice(INLINE) + "\n"]
    return "\n".join(parts)


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_nonsense_is_reported_and_never_a_traceback(builder: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    pages: dict[str, str | None] = {f"p{i}.md": page(i, chance) for i in range(90)}
    write(tmp_path, {"index.md": "# Book\n\n```{toctree}\n:glob:\n\np*\n```\n", **pages, **OUTPUTS})
    warnings = build(tmp_path, builder).warnings
    assert len(warnings) > 300
    assert not [line for line in warnings if "Traceback" in line]
