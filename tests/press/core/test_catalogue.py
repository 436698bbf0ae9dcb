"""The catalogue of patterns: what it must hold, and where its mistakes are reported."""

from __future__ import annotations

import pytest
from casebook.core.patterns import catalogue
from casebook.core.patterns.catalogue import DSTUDIO, EMPTY, Catalogue, in_sentence, parse
from casebook.core.problems import Kind
from hypothesis import given
from hypothesis import strategies as st

OUTBOX = '[outbox]\ntitle = "Outbox"\ncategory = "data"\nintent = "Keep messages."\n'
RETRY = (
    '[retry]\ntitle = "Retry with backoff"\ncategory = "data"\nintent = "Wait longer."\n'
    'aliases = ["exponential back-off"]\n'
)
TIER = "the tier of 'outbox' is DStudio's (gold, silver, bronze) and needs 'dstudio'"
NO_PATTERN = " is no pattern; name a table in lower-case words with hyphens"


def mistakes(text: str) -> list[tuple[int, str]]:
    _, problems = parse(text)
    assert all(problem.kind is Kind.BAD_CATALOGUE for problem in problems)
    return [(problem.line, problem.message) for problem in problems]


def good(text: str) -> Catalogue:
    assert not mistakes(text)
    return parse(text)[0]


def test_a_pattern() -> None:
    more = 'needs = ["retry"]\naliases = ["box"]\ndstudio = "/data/outbox/"\ntier = "gold"\n'
    book = good(OUTBOX + more + RETRY)
    assert list(book.patterns) == ["outbox", "retry"]
    outbox = book.find("outbox")
    assert outbox is not None
    assert (outbox.title, outbox.category, outbox.intent) == ("Outbox", "data", "Keep messages.")
    assert (outbox.aliases, outbox.tier) == (("box",), "gold")
    assert outbox.relations == (("needs", ("retry",)), ("alternative-to", ()), ("leads-to", ()))
    assert outbox.link == f"{DSTUDIO}data/outbox/"
    assert book.patterns["retry"].link == ""
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
        f'[p{i}]\ntitle = "{title}"\ncategory = "{category}"\nintent = "x"\n'
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
        ("[a]\nb = \n", 2, "Invalid value"),
        ('[a]\ntitle = "A\n', 2, "Illegal character '\\n'"),
        ("[a]\n[a]\n", 2, "Cannot declare ('a',) twice"),
        ('["line 9"]\n["line 9"]\n', 2, "Cannot declare ('line 9',) twice"),
        ("[a]\nb = 1\nb = 2\n", 3, "Cannot overwrite a value"),
        ("[a]\nb = [1,\n", 2, "Invalid value (at end of document)"),
        ("x = 2020-13-45", 1, "Expected newline or end of document"),
        ("[a]\nx = " + "1" * 5000, 2, "Exceeds the limit"),
        ("[a]\nx = " + "[" * 5000, 2, ""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_no_toml(text: str, line: int, message: str) -> None:
    found, problems = parse(text)
    assert found is EMPTY
    assert [p.line for p in problems] == [line]
    assert problems[0].message.startswith(f"this is not TOML: {message}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[outbox]\ntitle = ""\nintent = "x"\n',
            [(2, "'outbox' lacks the field 'title'"), (1, "'outbox' lacks the field 'category'")],
        ),
        (
            OUTBOX + 'aliasses = ["x"]\n',
            [(5, "'outbox' has an unknown field 'aliasses'; did you mean 'aliases'?")],
        ),
        (OUTBOX + 'colour = "x"\n', [(5, "'outbox' has an unknown field 'colour'")]),
        (OUTBOX + "[outbox.colour]\n", [(5, "'outbox' has an unknown field 'colour'")]),
        (
            OUTBOX + 'aliases = ["key", "`key`"]\n',
            [(5, "the field 'aliases' of 'outbox' is printed as it stands and holds no markup")],
        ),
        (
            OUTBOX + 'tier = "[gold](#gold)"\n',
            [
                (5, "the field 'tier' of 'outbox' is printed as it stands and holds no markup"),
                (5, "the tier of 'outbox' is DStudio's (gold, silver, bronze) and needs 'dstudio'"),
            ],
        ),
        (OUTBOX + "needs = 3\n", [(5, "the field 'needs' of 'outbox' must be a list of strings")]),
        (
            OUTBOX + "needs = [\n 3,\n]\n",
            [(5, "the field 'needs' of 'outbox' must be a list of strings")],
        ),
        (
            OUTBOX + 'aliases = "x"\n',
            [(5, "the field 'aliases' of 'outbox' must be a list of strings")],
        ),
        (
            OUTBOX + "dstudio = 2018-09-10\n",
            [(5, "the field 'dstudio' of 'outbox' must be a string")],
        ),
        (OUTBOX.replace('"Outbox"', "0"), [(2, "the field 'title' of 'outbox' must be a string")]),
        (OUTBOX + 'tier = "gold"\n', [(5, TIER)]),
        (OUTBOX + 'dstudio = "x"\ntier = "lead"\n', [(6, TIER)]),
        ("# x\n[Outbox]\n", [(2, "'Outbox'" + NO_PATTERN)]),
        ("\noutbox = 3\n", [(2, "'outbox'" + NO_PATTERN)]),
        ("[[outbox]]\n", [(1, "'outbox'" + NO_PATTERN)]),
        ('["a = \\"b\\""]\n', [(1, "'a = \"b\"'" + NO_PATTERN)]),
    ],
)
def test_mistakes_are_reported_where_they_stand(text: str, expected: list[tuple[int, str]]) -> None:
    assert mistakes(text) == expected
    assert mistakes(text.replace("\n", "\r\n")) == expected
    assert not parse(text)[0].patterns
    # The pattern behind is read all the same.
    assert list(parse(text + RETRY)[0].patterns) == ["retry"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (OUTBOX + 'needs = ["retri"]\n', 5),
        (OUTBOX + 'needs = [\n  # why\n  "retri",\n]\n', 5),
        (OUTBOX + '"needs" = ["retri"]\n', 5),
        ("# first\n\n  [ outbox ] # remark\n" + OUTBOX[9:] + '  needs=["retri"]', 7),
        ('["outbox"]\n' + OUTBOX[9:] + "'needs' = [\"retri\"]", 5),
        (
            'outbox.title = "O"\noutbox.category = "c"\noutbox.intent = "i"\n'
            'outbox.needs = ["retri"]\n',
            4,
        ),
        ('\noutbox = {title = "O", category = "c", intent = "i", needs = ["retri"]}\n', 2),
        (
            '[outbox]\ntitle = """\n[retry]\nneeds = 1\n"""\n'
            + OUTBOX[26:]
            + 'needs = ["retri"]\n',
            8,
        ),
        (OUTBOX + 'aliases = [\n"x",\n"[retry]"]\nneeds = ["retri"]', 8),
    ],
)
def test_unknown_relations_at_the_right_line(text: str, line: int) -> None:
    for whole in (text + "\n" + RETRY, text.replace("\n", "\r\n") + "\r\n" + RETRY):
        message = "'needs' of 'outbox': 'retri' is unknown; did you mean 'retry'?"
        assert mistakes(whole) == [(line, message)]
        assert parse(whole)[0].patterns["outbox"].relations[0] == ("needs", ())


def test_a_relation_to_itself_or_to_a_broken_pattern_is_left_out() -> None:
    text = OUTBOX + 'leads-to = ["outbox", "retry", "half"]\n[half]\n' + RETRY
    found, problems = parse(text)
    assert found.patterns["outbox"].relations[2] == ("leads-to", ("retry",))
    assert [(p.line, p.message) for p in problems] == [
        (6, "'half' lacks the field 'title'"),
        (6, "'half' lacks the field 'category'"),
        (6, "'half' lacks the field 'intent'"),
        (5, "'leads-to' of 'outbox': 'outbox' refers to itself"),
    ]


def test_an_alias_of_another_is_suggested() -> None:
    text = OUTBOX + 'needs = ["exponential-back-off"]\n' + RETRY
    assert mistakes(text)[0][1].endswith("is unknown; did you mean 'retry'?")


PIECES = st.sampled_from(
    [
        "[a]\n",
        "[a.b]\n",
        "[[c]]\n",
        'title = "x"\n',
        'category = "x"\n',
        'intent = "x"\n',
        'needs = ["a", "c"]\n',
        "tier = 1\n",
        "x = {y = 1}\n",
        '"""',
        "[",
        "=",
        "\n",
        "\r\n",
        "#",
        "'",
        "a.title = 1\n",
        "dstudio = 1979-05-27\n",
    ]
)


@pytest.mark.slow
@given(st.one_of(st.text(max_size=100), st.lists(PIECES, max_size=20).map("".join)))
def test_any_text_gives_a_catalogue_and_problems(text: str) -> None:
    found, problems = parse(text)
    assert isinstance(found, catalogue.Catalogue)
    assert all(1 <= p.line <= text.count("\n") + 1 for p in problems)
    for pattern in found.patterns.values():
        assert all(slug in found.patterns for _, slugs in pattern.relations for slug in slugs)
