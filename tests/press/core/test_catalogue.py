"""The catalogue of patterns: what it must hold, and where its mistakes are reported."""

from __future__ import annotations

import pytest
from casebook.core.patterns.catalogue import EMPTY, Catalogue, in_sentence, parse
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st

OUTBOX = "- id: outbox\n  title: Outbox\n  category: data\n  intent: Keep messages.\n"
RETRY = """- id: retry
  title: Retry with backoff
  category: data
  intent: Wait longer.
  aliases: [exponential back-off]
"""
TIER = "a tier is the library's (gold, silver, bronze) and needs 'library'"
MARKUP = "the field '{}' is printed as it stands and may hold no markup"


def mistakes(text: str) -> list[tuple[Kind, int, str]]:
    return [(problem.kind, problem.line, problem.message) for problem in parse(text)[1]]


def good(text: str) -> Catalogue:
    assert not mistakes(text)
    return parse(text)[0]


def test_a_pattern() -> None:
    more = "  needs: [retry]\n  aliases: [box]\n  library: /data/outbox/\n  tier: gold\n"
    book = good(OUTBOX + more + RETRY)
    assert list(book.patterns) == ["outbox", "retry"]
    outbox = book.find("outbox")
    assert outbox is not None
    assert (outbox.title, outbox.category, outbox.intent) == ("Outbox", "data", "Keep messages.")
    assert (outbox.aliases, outbox.tier) == (("box",), "gold")
    assert outbox.relations == (("needs", ("retry",)), ("alternative-to", ()), ("leads-to", ()))
    assert outbox.link == ""
    for library in ("https://example.org/patterns", "https://example.org/patterns/"):
        linked = book.linked(library).patterns
        assert linked["outbox"].link == "https://example.org/patterns/data/outbox/"
        assert linked["retry"].link == ""
    assert book.linked("") == book
    assert book.patterns["retry"].words == "retry with backoff"
    assert book.find("zebra") is None


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Outbox", "outbox"),
        ("Anti-corruption layer", "anti-corruption layer"),
        ("API versioning", "API versioning"),
        ("CRDTs", "CRDTs"),
        ("A queue", "a queue"),
        ("", ""),
    ],
)
def test_in_sentence(title: str, words: str) -> None:
    assert in_sentence(title) == words


def test_categories_and_titles_are_sorted_as_readers_do() -> None:
    text = "".join(
        f"- {{id: p{i}, title: {title}, category: {category}, intent: x}}\n"
        for i, (title, category) in enumerate(
            [("zoo", "b"), ("API", "a"), ("Anti", "a"), ("Ape", "b")]
        )
    )
    found = good(text).categories()
    assert list(found) == ["a", "b"]
    assert [[p.title for p in found[c]] for c in found] == [["Anti", "API"], ["Ape", "zoo"]]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("retri", "; did you mean 'retry'?"),
        ("exponential-back-off", "; did you mean 'retry'?"),
        ("Exponential back-off", "; did you mean 'retry'?"),
        ("retry-with-backoff", "; did you mean 'retry'?"),
        ("zebra", ""),
    ],
)
def test_near(name: str, hint: str) -> None:
    assert good(OUTBOX + RETRY).near(name) == hint
    assert EMPTY.near(name) == ""


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the body is empty"),
        ("# remark", 1, "the body is empty"),
        (
            RETRY + "- id: {",
            6,
            "this is not YAML: expected the node content, but found '<stream end>'",
        ),
        (RETRY + "  title: Again\n", 6, "the field 'title' stands twice in one record"),
        (
            "retry:\n  title: Retry\n",
            1,
            "the body must be a list of records, each starting with '- '; found a single record",
        ),
    ],
)
def test_a_text_that_is_no_list_of_records(text: str, line: int, message: str) -> None:
    assert parse(text) == (EMPTY, [Problem(Kind.BAD_YAML, message, line)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "- id: outbox\n  title:\n  intent: x\n",
            [
                (Kind.MISSING_FIELD, 2, "the field 'title' is empty"),
                (Kind.MISSING_FIELD, 1, "the field 'category' is missing"),
            ],
        ),
        (
            OUTBOX.replace("id: outbox\n  ", ""),
            [(Kind.MISSING_FIELD, 1, "the field 'id' is missing")],
        ),
        (
            OUTBOX + "  aliasses: [x]\n",
            [(Kind.UNKNOWN_FIELD, 5, "unknown field 'aliasses'; did you mean 'aliases'?")],
        ),
        (
            OUTBOX.replace("id: outbox", "id: Outbox"),
            [(Kind.BAD_ID, 1, "the id 'Outbox' must be lower-case words joined by hyphens")],
        ),
        (
            OUTBOX.replace("Outbox", "[Outbox]"),
            [(Kind.BAD_YAML, 2, "the field 'title' must be plain text")],
        ),
        (
            OUTBOX + "  aliases: x\n",
            [(Kind.BAD_YAML, 5, "the field 'aliases' must be a list of plain texts")],
        ),
        (
            OUTBOX.replace("messages", "`messages`") + "  aliases:\n  - key\n  - '[key](#key)'\n",
            [
                (Kind.BAD_CATALOGUE, 4, MARKUP.format("intent")),
                (Kind.BAD_CATALOGUE, 7, MARKUP.format("aliases")),
            ],
        ),
        (OUTBOX + "  tier: gold\n", [(Kind.BAD_CATALOGUE, 5, TIER)]),
        (OUTBOX + "  library: /\n  tier: gold\n", [(Kind.BAD_CATALOGUE, 6, TIER)]),
        (OUTBOX + "  library: x\n  tier: lead\n", [(Kind.BAD_CATALOGUE, 6, TIER)]),
    ],
)
def test_a_pattern_with_a_mistake_is_left_out(
    text: str, expected: list[tuple[Kind, int, str]]
) -> None:
    assert mistakes(text) == expected
    assert not parse(text)[0].patterns
    # The pattern behind is read all the same.
    assert list(parse(text + RETRY)[0].patterns) == ["retry"]


def test_records_without_an_id_are_not_taken_for_one_pattern() -> None:
    nameless = OUTBOX.replace("id: outbox\n  ", "")
    assert mistakes(nameless + nameless + OUTBOX + "  needs: ['']\n") == [
        (Kind.MISSING_FIELD, 1, "the field 'id' is missing"),
        (Kind.MISSING_FIELD, 4, "the field 'id' is missing"),
        (Kind.UNKNOWN_PATTERN, 11, "unknown pattern ''"),
    ]


def test_of_two_patterns_with_one_id_the_first_is_kept() -> None:
    text = OUTBOX + RETRY + "  needs: [outbox]\n" + RETRY.replace("longer", "for ever")
    found, problems = parse(text)
    assert problems == [Problem(Kind.DUPLICATE_ID, "the pattern 'retry' stands twice", 11)]
    assert found.patterns["retry"].intent == "Wait longer."
    assert found.patterns["retry"].relations[0] == ("needs", ("outbox",))


def test_a_relation_that_leads_nowhere_is_left_out() -> None:
    text = (
        OUTBOX + "  needs: retry\n  alternative-to: [retri, exponential-back-off]\n"
        "  leads-to:\n    - outbox\n    - retry\n    - half\n- id: half\n" + RETRY
    )
    found, problems = parse(text)
    assert list(found.patterns) == ["outbox", "retry"]
    assert found.patterns["outbox"].relations == (
        ("needs", ()),
        ("alternative-to", ()),
        ("leads-to", ("retry",)),
    )
    hint = "; did you mean 'retry'?"
    assert problems == [
        Problem(Kind.BAD_YAML, "the field 'needs' must be a list of plain texts", 5),
        Problem(Kind.UNKNOWN_PATTERN, f"unknown pattern 'retri'{hint}", 6),
        Problem(Kind.UNKNOWN_PATTERN, f"unknown pattern 'exponential-back-off'{hint}", 6),
        Problem(Kind.BAD_CATALOGUE, "the pattern 'outbox' refers to itself", 8),
        *(
            Problem(Kind.MISSING_FIELD, f"the field '{field}' is missing", 11)
            for field in ("title", "category", "intent")
        ),
    ]


FIELDS = {
    "id": "id: {}",
    "title": "title: The words\n    of a title",
    "category": 'category: "data"',
    "intent": "intent: >-\n    Keep\n    messages.",
    "aliases": "aliases: [one, two]",
    "leads-to": "leads-to:\n  - third",
}
FAULTS = (
    ("id", Kind.BAD_ID, "id: No name  # here"),
    ("id", Kind.DUPLICATE_ID, "id: first  # here"),
    ("title", Kind.BAD_YAML, "title:\n  - Title  # here"),
    ("title", Kind.MISSING_FIELD, "title:  # here"),
    ("category", Kind.BAD_YAML, "category: {a: b}  # here"),
    ("category", Kind.BAD_CATALOGUE, "category: '`data`'  # here"),
    ("intent", Kind.UNKNOWN_FIELD, "intent: Keep.\n  inttent: Keep.  # here"),
    ("aliases", Kind.BAD_YAML, "aliases: one  # here"),
    ("aliases", Kind.BAD_CATALOGUE, "aliases:\n  - one\n  - '`two`'  # here"),
    ("leads-to", Kind.UNKNOWN_PATTERN, "leads-to: [first, none]  # here"),
    ("leads-to", Kind.UNKNOWN_PATTERN, "leads-to: [\n    first,\n    none,  # here\n    third]"),
    ("leads-to", Kind.BAD_CATALOGUE, "leads-to:\n\n  - first\n  - second  # here\n  - third"),
    ("tier", Kind.BAD_CATALOGUE, "tier: gold  # here"),
)


@pytest.mark.slow
@given(st.data())
def test_a_mistake_is_reported_at_the_line_that_holds_it(data: st.DataObject) -> None:
    """Write three patterns in any layout, with a mistake in the second."""
    field, kind, fault = data.draw(st.sampled_from(FAULTS))
    text = ""
    for slug in ("first", "second", "third"):
        fields = FIELDS | {"id": f"id: {slug}", "leads-to": "needs: [third]"}
        if slug == "second":
            fields = FIELDS | {"id": f"id: {slug}"} | {field: fault}
        elif slug == "third":
            del fields["leads-to"]
        for number, name in enumerate(data.draw(st.permutations(sorted(fields)))):
            gap = data.draw(st.sampled_from(["", "\n", "# remark\n", "\n  # title: remark\n\n"]))
            text += f"{gap}{' ' if number else '-'} {fields[name]}\n"
    line = next(n for n, words in enumerate(text.split("\n"), 1) if words.endswith("# here"))
    for ends in ("\n", "\r\n"):
        assert [(p.kind, p.line) for p in parse(text.replace("\n", ends))[1]] == [(kind, line)]


PIECES = st.sampled_from(
    [
        "- id: a\n",
        "- id: b\n",
        "- {id: c, title: x, category: x, intent: x}\n",
        "  title: x\n",
        "  category: x\n",
        "  intent: x\n",
        "  intent: >\n    `x`\n",
        "  needs: [a, c]\n",
        "  leads-to:\n  - b\n",
        "  aliases: [x, '']\n",
        "  tier: 1\n",
        "  library: 1979-05-27\n",
        "[",
        "{",
        ":",
        "\n",
        "\r\n",
        "#",
        "'",
        "&a ",
    ]
)


@pytest.mark.slow
@given(st.one_of(st.text(max_size=100), st.lists(PIECES, max_size=20).map("".join)))
def test_any_text_gives_a_catalogue_and_problems(text: str) -> None:
    found, problems = parse(text)
    assert isinstance(found, Catalogue)
    assert all(1 <= problem.line <= len(text) + 1 for problem in problems)
    for pattern in found.patterns.values():
        assert all(slug in found.patterns for _, slugs in pattern.relations for slug in slugs)
