"""What only a browser shows: requests, overflow, accessibility, tooltips, figures, keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

if TYPE_CHECKING:
    from conftest import Reader

CHAPTER = "elite/stripe-api-excellence/keys.html"

WIDTHS = (360, 768, 1280, 1600)

WITHOUT_A_PICTURE = 4_000
"""So many pixels of an essay a reader may scroll through before the next picture comes."""
AXE = Axe()


Part = str | dict[str, list[list[str]]] | None
CONTRAST = "color-contrast"
LISTINGS = 5
"""So many listings of a page have their contrast measured; all of them take half a minute, and have
the colours of one palette, whose contrasts are tested in the core."""


def violations(page: Page, part: Part = None, **options: object) -> list[str]:
    """What axe finds, on the page or in a part of it, with the first elements that it concerns."""
    found = AXE.run(page, part, {"resultTypes": ["violations"], **options}).response
    return [
        f"{v['id']}: {[node['html'][:200] for node in v['nodes'][:3]]}" for v in found["violations"]
    ]


def without_contrast(page: Page) -> list[str]:
    """What axe finds, but for the rule that looks at the colours of each word."""
    return violations(page, rules={CONTRAST: {"enabled": False}})


def too_pale(page: Page) -> list[str]:
    """Words that hardly stand out from what is behind them."""
    page.evaluate(
        """(few) => [...document.querySelectorAll("pre")].slice(few)
          .forEach((e) => e.setAttribute("data-one-more", ""))""",
        LISTINGS,
    )
    rule = {"type": "rule", "values": [CONTRAST]}
    outside = {"include": [["body"]], "exclude": [["[data-one-more]"]]}
    return violations(page, outside, runOnly=rule)


@pytest.mark.parametrize("reader", [(1280, "light"), (1280, "dark")], indirect=True)
def test_pages_are_quiet_and_accessible(reader: Reader, pages: list[str]) -> None:
    """No foreign request, no message, no failure; and axe finds nothing."""
    found = {path: without_contrast(reader.open(path)) + too_pale(reader.page) for path in pages}
    assert {path: found[path] for path in pages if found[path]} == {}
    assert reader.complaints == []


@pytest.mark.parametrize("reader", [(360, "light"), (360, "dark")], indirect=True)
def test_studies_are_accessible_on_a_phone(reader: Reader, studies: list[str]) -> None:
    """Colours are those of a wide page, but for the bar with the buttons that only a phone has."""
    for study in studies:
        page = reader.open(study)
        assert without_contrast(page) == []
        assert violations(page, ".mobile-header") == []


@pytest.mark.parametrize("reader", [(width, "light") for width in WIDTHS], indirect=True)
def test_pages_do_not_scroll_sideways(reader: Reader, pages: list[str]) -> None:
    for path in pages:
        page = reader.open(path)
        # furo hides what stands out of the page, so its text is measured as well.
        out = page.evaluate(
            """() => {
              const width = document.documentElement.clientWidth;
              const article = document.querySelector("article");
              const inside = (e) =>
                e.closest(".table-wrapper, .drawing, pre, .tooltip, .tooltips, .enlarged");
              return [document.documentElement.scrollWidth > width,
                ...[...article.querySelectorAll("*")].filter((e) => !inside(e.parentElement)
                  && e.getClientRects().length && e.getBoundingClientRect().right > width + 1)
                  .map((e) => e.outerHTML.slice(0, 200))];
            }"""
        )
        assert out == [False], path


def test_no_long_stretch_of_an_essay_is_without_a_picture(
    reader: Reader, studies: list[str]
) -> None:
    essays = [page for page in studies if page.count("/") == 1]
    assert essays
    for essay in essays:
        longest, after = longest_stretch(reader.open(essay))
        assert longest <= WITHOUT_A_PICTURE, f"{essay}, after {after}"


def longest_stretch(page: Page) -> tuple[float, str]:
    """The longest part of a page without a picture, its references apart, and what it follows."""
    found: tuple[float, str] = page.evaluate(
        """() => {
          const article = document.querySelector("article");
          const box = (e) => e.getBoundingClientRect();
          const references = article.querySelector(".citation");
          const end = references ? box(references).top : box(article).bottom;
          const kinds = "figure.diagram, figure.chart, figure.audio, .stepper, .output-marked";
          const pictures = [...article.querySelectorAll(kinds)].filter((e) => e.checkVisibility());
          let last = box(article).top, after = "its title", longest = [0, ""];
          const upTo = (top) => top - last > longest[0] && (longest = [top - last, after]);
          for (const picture of pictures) {
            upTo(box(picture).top);
            last = Math.max(last, box(picture).bottom);
            after = picture.id || picture.className;
          }
          upTo(end);
          return longest;
        }"""
    )
    return found


@pytest.mark.parametrize("reader", [(360, "light")], indirect=True)
def test_figures_on_a_phone_are_records(reader: Reader, studies: list[str]) -> None:
    """The table fits, and is still a table to a screen reader."""
    page = reader.open(next(page for page in studies if page.endswith("ledger.html")))
    table = page.locator("table.metrics-table").first
    assert table.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth")
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_count(1)
    expect(row.get_by_role("cell")).to_have_count(4)


@pytest.mark.parametrize(
    "reader", [(w, s) for w in (360, 1280) for s in ("light", "dark")], indirect=True
)
def test_tooltip_shows_on_focus_and_hides_on_escape(reader: Reader, studies: list[str]) -> None:
    page = reader.open(studies[0])
    links, tooltip = page.locator(".metric > a"), page.get_by_role("tooltip")
    expect(tooltip).to_be_hidden()
    links.first.focus()
    expect(tooltip).to_be_visible()
    expect(tooltip).to_be_in_viewport()
    assert tooltip.text_content() == note_of(page, links.first)
    assert violations(page, ".tooltip") == []
    # What it says is the link's description, which assistive technology reads.
    description = " ".join(page.locator(".tooltip > p").all_text_contents())
    expect(links.first).to_have_accessible_description(description)
    page.keyboard.press("Escape")
    expect(tooltip).to_be_hidden()
    # Not even the pointer's way elsewhere brings it back; the next link does.
    page.mouse.move(5, 5)
    page.mouse.move(9, 9)
    page.wait_for_timeout(200)
    expect(tooltip).to_be_hidden()
    links.nth(1).focus()
    expect(tooltip).to_be_visible()
    assert tooltip.text_content() == note_of(page, links.nth(1))
    links.first.focus()
    assert tooltip.text_content() == note_of(page, links.first)


def note_of(page: Page, link: Locator) -> str:
    """What the note of a link says, in the list at the end of the page."""
    name = link.get_attribute("aria-describedby")
    return str(page.locator(f"[id='{name}']").text_content())


def test_tooltip_under_the_pointer_is_the_only_one(reader: Reader, studies: list[str]) -> None:
    page = reader.open(studies[0])
    links, tooltip = page.locator("section > p .metric > a"), page.get_by_role("tooltip")
    links.first.focus()
    links.nth(3).hover()
    expect(tooltip).to_have_text(note_of(page, links.nth(3)))
    # The pointer can move onto the tooltip, which stays within the measure.
    tooltip.hover()
    page.wait_for_timeout(200)
    expect(tooltip).to_have_text(note_of(page, links.nth(3)))
    box, paragraph = (
        tooltip.bounding_box(),
        links.nth(3).locator("xpath=../..").bounding_box(),
    )
    assert box
    assert paragraph
    assert abs(box["x"] - paragraph["x"]) < 1
    assert abs(box["width"] - paragraph["width"]) < 1
    # Away from both, what has the focus shows its own again.
    page.mouse.move(5, 5)
    expect(tooltip).to_have_text(note_of(page, links.first))


@pytest.mark.parametrize(
    "kind", [".pattern > a", ".bibtex-citation a", "table .source .bibtex-citation a"]
)
def test_every_kind_of_link_has_its_note(reader: Reader, studies: list[str], kind: str) -> None:
    page = reader.open(studies[0])
    link, tooltip = page.locator(kind).first, page.get_by_role("tooltip")
    link.focus()
    expect(tooltip).to_be_visible()
    expect(tooltip).to_be_in_viewport()
    assert tooltip.text_content() == note_of(page, link)


def test_a_tooltip_at_the_foot_of_the_screen_stands_over_its_line(
    reader: Reader, studies: list[str]
) -> None:
    tooltip, line = at_the_foot(reader.open(studies[0]), 5)
    assert tooltip["y"] + tooltip["height"] < line["y"]


@pytest.mark.parametrize("reader", [(360, "light")], indirect=True)
def test_a_tooltip_at_the_foot_of_a_phone_does_not_cover_its_link(
    reader: Reader, studies: list[str]
) -> None:
    tooltip, line = at_the_foot(reader.open(studies[0]), 9)
    assert line["y"] + line["height"] <= tooltip["y"]


def at_the_foot(page: Page, number: int) -> tuple[FloatRect, FloatRect]:
    """Where the tooltip and its link are, once a link in the screen's last line has the focus."""
    link, tooltip = page.locator("p > .metric > a").nth(number), page.get_by_role("tooltip")
    link.evaluate(
        "(e) => scrollTo(0, e.getBoundingClientRect().bottom + scrollY - innerHeight + 9)"
    )
    link.evaluate("(e) => e.focus({ preventScroll: true })")
    expect(tooltip).to_be_in_viewport(ratio=1)
    box, line = tooltip.bounding_box(), link.bounding_box()
    assert box
    assert line
    return box, line


def test_a_tooltip_follows_when_the_window_changes(reader: Reader, studies: list[str]) -> None:
    page = reader.open(studies[0])
    link, tooltip = page.locator("p > .metric > a").nth(9), page.get_by_role("tooltip")
    link.focus()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        link.scroll_into_view_if_needed()
        expect(tooltip).to_be_visible()
        box = tooltip.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.set_viewport_size({"width": 360, "height": 900})
    expect(tooltip).to_be_in_viewport(ratio=1)


def test_without_a_script_a_link_leads_to_its_row(
    browser: Browser, address: str, studies: list[str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + studies[0])
    expect(page.locator(".tooltips")).to_be_hidden()
    link = page.locator(".metric > a").first
    target = str(link.get_attribute("href")).partition("#")[2]
    link.click()
    expect(page.locator(f"[id='{target}']")).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize(
    "reader", [(w, s) for w in (360, 1280) for s in ("light", "dark")], indirect=True
)
def test_figure_enlarges_and_escape_closes(reader: Reader, studies: list[str]) -> None:
    page = reader.open(studies[0])
    button = page.get_by_role("button", name="Enlarge").first
    button.focus()
    page.keyboard.press("Enter")
    large = page.locator(".enlarged:popover-open")
    expect(large).to_be_visible()
    expect(large.get_by_role("button", name="Close")).to_be_focused()
    assert violations(page, ".enlarged:popover-open") == []
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.parametrize("reader", [(360, "light")], indirect=True)
def test_keyboard_reaches_what_scrolls_and_nothing_else(reader: Reader, studies: list[str]) -> None:
    page = reader.open(studies[0])
    box = page.locator("[data-scroller][tabindex='0']").first
    expect(box).to_have_attribute("aria-label", "Figure 1.1, scrolls sideways")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())
    # Wide enough for everything, nothing asks for the focus any longer.
    page.set_viewport_size({"width": 1600, "height": 900})
    expect(page.locator("[data-scroller][tabindex='0']")).to_have_count(0)


@pytest.mark.parametrize("reader", [(360, "light")], indirect=True)
def test_drawer_of_contents_opens_and_closes_by_keyboard(
    reader: Reader, studies: list[str]
) -> None:
    page = reader.open(studies[0])
    drawer = page.get_by_role("complementary", name="Contents of the book")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Toggle site navigation sidebar").focus()
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_contents_of_the_book_unfold_by_keyboard(reader: Reader) -> None:
    page = reader.open("index.html")
    fold = page.get_by_role("switch", name="Toggle navigation of").first
    below = page.locator(".sidebar-tree li:has(> input)").first.locator("ul").first
    expect(below).to_be_hidden()
    fold.focus()
    page.keyboard.press("Space")
    expect(below).to_be_visible()


@pytest.mark.parametrize("reader", [(w, "light") for w in (*WIDTHS, 1100)], indirect=True)
def test_sections_of_the_page_are_in_reach_at_every_width(
    reader: Reader, studies: list[str]
) -> None:
    page = reader.open(studies[0])
    menu = page.get_by_role("button", name="Toggle site navigation sidebar")
    in_drawer = menu.is_visible()
    if in_drawer:
        menu.press("Enter")
    section = page.locator(".sidebar-tree .page-section > a").last
    section.click()
    expect(page.locator("section:target > :is(h2, h3)")).to_be_in_viewport()
    drawer = page.get_by_role("complementary", name="Contents of the book")
    expect(drawer).to_be_visible(visible=not in_drawer)  # it would hide the place


def test_link_to_a_figure_marks_its_row(reader: Reader, studies: list[str]) -> None:
    page = reader.open(studies[0])
    page.locator(".metric > a").first.click()
    row = page.locator("tr:has(:target)")
    expect(row).to_have_count(1)
    expect(row).to_be_in_viewport()
    tint = page.evaluate("getComputedStyle(document.body).getPropertyValue('--cb-tint')")
    assert tint
    assert row.locator("td").first.evaluate("e => getComputedStyle(e).backgroundColor") != (
        "rgba(0, 0, 0, 0)"
    )


def test_search_finds_a_page(reader: Reader) -> None:
    page = reader.open("search.html?q=idempotency")
    expect(page.locator("#search-results li").first).to_be_visible()
    assert reader.complaints == []


def test_theme_is_kept_from_page_to_page(reader: Reader, studies: list[str]) -> None:
    page = reader.open("index.html")
    page.get_by_role("button", name="Toggle Light / Dark / Auto color theme").locator(
        "visible=true"
    ).click()
    expect(page.locator("body")).to_have_attribute("data-theme", "dark")
    reader.complaints.clear()  # furo tells the console about the change
    reader.open(studies[0])
    expect(page.locator("body")).to_have_attribute("data-theme", "dark")


def test_book_reads_from_a_disk(reader: Reader, site: Path, studies: list[str]) -> None:
    """The page's policy must not keep its own files from a reader without a server."""
    page = reader.page
    page.goto((site / studies[0]).as_uri())
    face = page.evaluate("document.fonts.load('18px \"Casebook Serif\"').then((f) => f.length)")
    assert face == 1
    expect(page.get_by_role("tooltip")).to_be_hidden()
    expect(page.locator("[data-scroller]").first).to_be_attached()


@pytest.mark.parametrize("reader", [(768, "light"), (1600, "light")], indirect=True)
def test_lines_stay_within_the_measure(reader: Reader, studies: list[str]) -> None:
    """39 rem, about 74 characters."""
    page = reader.open(studies[0])
    width = page.evaluate(
        """() => document.querySelector(".executive-summary > p:last-child").clientWidth
          / parseFloat(getComputedStyle(document.documentElement).fontSize)"""
    )
    assert 36 <= width <= 39


def copied(page: Page, code: Locator) -> tuple[str, str]:
    """What the button beside a listing copies, and what a selection of the whole listing does."""
    page.context.grant_permissions(["clipboard-read"])
    code.hover()
    code.locator("button").click()
    by_button: str = page.evaluate("navigator.clipboard.readText()")
    code.locator("pre").evaluate("e => getSelection().selectAllChildren(e)")
    page.keyboard.press("Control+c")
    return by_button, page.evaluate("navigator.clipboard.readText()")


def test_chunk_is_copied_as_written(reader: Reader) -> None:
    """Where the page shows a link to a chunk, the source has its name in marks."""
    page = reader.open(CHAPTER)
    code = page.locator(".highlight:has(.chunk-use)").first
    shown = code.locator(".chunk-use > a").first.inner_text()
    assert shown.startswith("‹")
    for text in copied(page, code):
        assert f"<<{shown[1:-1].replace(' ', '-')}>>" in [line.strip() for line in text.split("\n")]
        assert "‹" not in text


def test_session_is_copied_as_typed(reader: Reader) -> None:
    """The button copies commands alone; no prompt can be selected."""
    page = reader.open(CHAPTER)
    code = page.locator(".session .highlight").first
    lines = (code.locator("pre").text_content() or "").splitlines()
    typed = [line[4:] for line in lines if line.startswith((">>>", "..."))]
    assert 0 < len(typed) < len(lines)
    by_button, by_hand = copied(page, code)
    assert by_button == "\n".join(typed)
    assert ">>>" not in by_hand
    assert len(by_hand.splitlines()) == len(lines)


@pytest.mark.parametrize(
    "reader", [(w, s) for w in (360, 1280) for s in ("light", "dark")], indirect=True
)
def test_the_number_of_tests_opens_their_names(reader: Reader) -> None:
    page = reader.open(CHAPTER)
    foot = page.locator(".chunk-foot:has(summary)").first
    names = foot.locator("details > p")
    expect(names).to_be_hidden()
    line = foot.bounding_box()
    foot.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(names).to_be_visible()
    expect(names).to_contain_text("test_")
    assert violations(page, ".chunk-foot:has(details[open])") == []
    under, summary = names.bounding_box(), foot.locator("summary").bounding_box()
    assert line
    assert under
    assert summary
    assert under["x"] == line["x"]
    assert under["y"] >= summary["y"] + summary["height"] - 4, "they stand under the line"


def test_what_stands_under_a_listing_is_one_line(reader: Reader) -> None:
    page = reader.open(CHAPTER)
    heights = page.locator(".chunk > .chunk-foot").evaluate_all(
        "feet => feet.map((e) => e.getBoundingClientRect().height)"
    )
    assert len(heights) > 20
    assert max(heights) < 1.5 * min(heights)


@pytest.mark.parametrize(
    "reader", [(w, s) for w in (360, 1280) for s in ("light", "dark")], indirect=True
)
def test_a_link_opens_the_imports_that_it_leads_to(reader: Reader) -> None:
    page = reader.open(CHAPTER)
    folds = page.locator("details.chunk-imports")
    assert folds.count() > 3
    expect(page.locator(".chunk-imports pre:visible")).to_have_count(0)
    fold = folds.nth(1)
    anchor = fold.locator(".literal-block-wrapper").get_attribute("id")
    page.locator(f"pre a[href='#{anchor}']").click()
    expect(fold.locator("pre")).to_be_in_viewport()
    expect(fold.locator("summary .caption-number")).to_be_in_viewport(ratio=1)
    assert page.evaluate(
        """(fold) => {
          const { x, y } = fold.querySelector(".caption-number").getBoundingClientRect();
          return fold.contains(document.elementFromPoint(x + 5, y + 5));
        }""",
        fold.element_handle(),
    ), "nothing lies over its number"
    assert violations(page, ".chunk:has(details[open])") == []
    by_button, by_hand = copied(page, fold.locator(".highlight"))
    assert by_button == by_hand.rstrip("\n")
    assert "import " in by_button


def test_printing_the_page_shows_the_imports_and_no_names_of_tests(reader: Reader) -> None:
    page = reader.open(CHAPTER)
    page.emulate_media(media="print")
    seen = "e => e.every((e) => e.checkVisibility() && e.getBoundingClientRect().height > 10)"
    assert page.locator(".chunk-imports pre").evaluate_all(seen)
    expect(page.locator(".chunk-tests > p").first).to_be_hidden()
