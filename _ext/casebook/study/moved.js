// Follows the link of an old anchor at once; without this file a reader follows it by hand.
"use strict";
const follow = () => {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const link = named?.closest(".moved > li")?.querySelector("a");
  if (link) location.replace(link.href);
};
addEventListener("hashchange", follow);
follow();
