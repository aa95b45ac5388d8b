// Looks again while something runs, and shows how far it is; the whole page once it has ended.
"use strict";
(() => {
  const PAUSE_MS = 2000;
  async function look() {
    const shown = document.getElementById("reading");
    if (!shown || !("runs" in shown.dataset)) return;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("reading");
      if (!answer.ok || !fresh) return; // signed out: the page itself says so when it is asked for
      if (!("runs" in fresh.dataset)) {
        location.assign(location.pathname);
        return;
      }
      shown.replaceChildren(...fresh.childNodes);
    } catch { /* the server is away: look again */ }
    setTimeout(look, PAUSE_MS);
  }
  setTimeout(look, PAUSE_MS);
})();
