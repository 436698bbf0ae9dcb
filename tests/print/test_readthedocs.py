"""What the commands of `.readthedocs.yaml` publish from a copy of this checkout."""

from __future__ import annotations

from editions import BOOK, Editions


def test_it_publishes_the_site_one_pdf_and_one_epub(editions: Editions) -> None:
    assert (editions.html / "index.html").is_file()
    assert (editions.html / "elite" / "stripe-api-excellence.html").is_file()
    for kind in ("pdf", "epub"):
        names = [path.name for path in getattr(editions, kind).iterdir()]
        assert names == [f"{BOOK}.{kind}"]
