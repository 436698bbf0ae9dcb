// Sphinx's search, with sections for pages: search.py names them "page#anchor" in its index.
"use strict";

{
  // Sphinx leaves out numbers.
  const parseQuery = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parts = parseQuery(query);
    const [, terms, , highlighted] = parts;
    for (const number of splitQuery(query).filter((term) => /^\d+$/.test(term))) {
      terms.add(number);
      if (number.length > 2) highlighted.add(number);
    }
    if (SPHINX_HIGHLIGHT_ENABLED) {
      localStorage.setItem("sphinx_highlight_terms", [...highlighted].join(" "));
    }
    return parts;
  };

  // The index as Sphinx makes it: all words of a page's sections are the page's.
  const byPage = (index) => {
    const page = index.docnames.map((name) => index.docnames.indexOf(name.split("#")[0]));
    const joined = (words) =>
      Object.fromEntries(
        Object.entries(words).map(([word, found]) => [
          word,
          [...new Set([found].flat().map((place) => page[place]))],
        ]),
      );
    return { ...index, terms: joined(index.terms), titleterms: joined(index.titleterms) };
  };

  // Sections that hold all words, then pages that hold them in no one section.
  const performTermsSearch = Search.performTermsSearch;
  Search.performTermsSearch = (...terms) => {
    const places = performTermsSearch(...terms).map(([name, title, , text, score, ...others]) => {
      const [page, anchor] = name.split("#");
      if (!anchor) return [page, title, "", text, score, ...others];
      // In its text, a section holds the words closer together than a page does.
      const close = score <= Scorer.term ? 1 : 0;
      return [page, title, "#" + anchor, text, score + close, ...others];
    });
    const index = Search._index;
    Search._index = byPage(index);
    const pages = performTermsSearch(...terms);
    Search._index = index;
    const found = new Set(places.map(([page]) => page));
    const apart = pages.filter(([page]) => !found.has(page));
    for (const result of apart) result[4] = Math.min(result[4], Scorer.partialTerm);
    return [...places, ...apart];
  };

  // Many results lie on one page, which is loaded and parsed once.
  const load = window.fetch;
  const loaded = new Map();
  window.fetch = async (address) => {
    if (!loaded.has(address)) loaded.set(address, load(address).then((answer) => answer.text()));
    const html = await loaded.get(address);
    return { text: () => html };
  };
  const parsed = new Map();
  Search.htmlToText = (html, anchor) => {
    if (!parsed.has(html)) {
      const page = new DOMParser().parseFromString(html, "text/html");
      for (const part of page.querySelectorAll(".headerlink, .as-written, script, style")) part.remove();
      parsed.set(html, page);
    }
    const page = parsed.get(html);
    const place = anchor && page.getElementById(anchor.slice(1));
    return (place || page.querySelector("[role=main]")).textContent;
  };

  // Sphinx speaks of pages, in English as in its translations.
  if (Documentation.LOCALE === "unknown") {
    Documentation.TRANSLATIONS["Search finished, found one page matching the search query."] = [
      "Search finished, found one place matching the search query.",
      "Search finished, found ${resultCount} places matching the search query.",
    ];
  }
}
