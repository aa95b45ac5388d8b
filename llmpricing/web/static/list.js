// The list at once: what its form, its links and its marks ask is fetched as the page it is, whose form and table take
// the place of those shown. Without this script the same addresses work as pages of their own.
"use strict";
(() => {
  const PARTS = ["ages", "filtering", "results"];
  const MARKED = "models";
  const TYPING_PAUSE_MS = 250;
  const SLOW_MS = 300; // an answer sooner than that needs no word
  const CONTROLS = "a, input, select, textarea, button, summary";
  let shown = location.pathname + location.search;
  let wanted = shown; // what was asked for last, though its page may not have come yet
  let typedInto = ""; // the field whose typing made the newest entry of the history
  let asking = new AbortController();
  let pause = 0, slow = 0;

  const form = () => document.querySelector("#filtering form");
  const isOurs = (one) => Boolean(one?.closest("#filtering"));

  function addressOf(pairs) {
    const query = new URLSearchParams(pairs.map(([name, text]) => [name, text.trim()]).filter(([, text]) => text));
    return query.size ? `/?${query}` : "/";
  }

  const pairsWanted = () => [...new URL(wanted, location.href).searchParams];

  function halt() {
    clearTimeout(pause);
    asking.abort();
    wait(false);
  }

  // That an answer is under way: at once for who hears the page, in a word for all where it is slow.
  function wait(isUnderWay) {
    clearTimeout(slow);
    const told = document.getElementById("told"), table = document.querySelector("#results table");
    for (const one of [document.getElementById("results"), table]) one?.toggleAttribute("aria-busy", false);
    if (told.className !== "sr") told.textContent = "";
    told.className = "sr";
    if (!isUnderWay) return;
    for (const one of [document.getElementById("results"), table]) one?.setAttribute("aria-busy", "true");
    slow = setTimeout(() => {
      told.className = "slow";
      told.textContent = "Loading …";
    }, SLOW_MS);
  }

  async function show(address, entry, field = "") {
    halt();
    wanted = address;
    const mine = asking = new AbortController();
    wait(true);
    let page = null, reached = address;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: mine.signal });
      if (answer.redirected) reached = answer.url;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { /* a page of its own says what is wrong */ }
    if (mine.signal.aborted) return;
    wait(false);
    if (!page || !PARTS.every((id) => page.getElementById(id))) {
      location.assign(address);
      return;
    }
    if (entry) history[entry](null, "", reached);
    shown = wanted = location.pathname + location.search;
    typedInto = field;
    document.title = page.title;
    swap(page);
  }

  function swap(page) {
    const held = document.activeElement?.closest("#filtering, #results") ? document.activeElement : null;
    const caret = held && held.selectionStart != null ? [held.selectionStart, held.selectionEnd] : null;
    linksOf(page).forEach((link, place) => linksOf(document)[place].setAttribute("href", link.getAttribute("href")));
    for (const id of PARTS) {
      const old = document.getElementById(id), fresh = document.adoptNode(page.getElementById(id));
      if (id !== "results") {
        const unfolded = [...old.querySelectorAll("details")].map((one) => one.open);
        fresh.querySelectorAll("details").forEach((one, place) => { one.open ||= unfolded[place]; });
      }
      old.replaceWith(fresh);
    }
    document.getElementById("told").textContent = document.getElementById("count")?.textContent ?? "";
    if (held) focusLike(held, caret);
  }

  // The links to other pages carry the month and the needs along.
  function linksOf(page) {
    return page.querySelectorAll("header.site nav a");
  }

  function focusLike(held, caret) {
    const inPager = held.closest(".pager");
    const found = inPager ? null : [...document.querySelectorAll(CONTROLS)].find((one) => isSame(one, held));
    const taken = found ?? document.getElementById("count") ?? document.getElementById("main");
    taken.focus({ preventScroll: true });
    if (found && caret) found.setSelectionRange(...caret);
    if (inPager) taken.scrollIntoView();
  }

  function isSame(one, held) {
    if (one.tagName !== held.tagName) return false;
    if (held.id) return one.id === held.id;
    if (held.name) return one.name === held.name && one.value === held.value;
    return one.textContent === held.textContent;
  }

  function ask(asked, field = "") {
    const stated = [...new FormData(asked)].filter(([name]) => name !== MARKED);
    const address = addressOf([...stated, ...pairsWanted().filter(([name]) => name === MARKED)]);
    if (address !== shown) {
      show(address, field && field === typedInto ? "replaceState" : "pushState", field);
      return;
    }
    halt();
    wanted = shown;
  }

  function mark(box) {
    const others = pairsWanted().filter(([, text]) => text !== box.value);
    show(addressOf(box.checked ? [...others, [box.name, box.value]] : others), "replaceState");
  }

  function typed(event) {
    const field = event.target;
    if (field.form !== form() || !field.matches("[type=text], [type=search]")) return;
    halt(); // what is under way does not know the newest letter
    const isWhole = field.name !== "usage" || event.inputType === "insertFromPaste";
    if (!event.isComposing && isWhole) pause = setTimeout(() => ask(form(), field.name), TYPING_PAUSE_MS);
  }

  document.addEventListener("input", typed);
  document.addEventListener("compositionend", typed);
  document.addEventListener("change", ({ target }) => {
    if (target.matches(".mark")) mark(target);
    else if (isOurs(target.form) && target.matches("select, [type=checkbox], [type=radio], [name=usage]")) ask(target.form);
  });
  // The marked ones in the order of marking, wherever in the list each stands.
  function compare(asked) {
    const order = pairsWanted().filter(([name]) => name === MARKED).map(([, id]) => id);
    const place = ([, id]) => (order.indexOf(id) + 1) || order.length + 1;
    const stated = [...new FormData(asked)], isMark = ([name]) => name === MARKED;
    const marks = stated.filter(isMark).sort((one, other) => place(one) - place(other));
    const pairs = [...stated.filter((pair) => !isMark(pair)), ...marks];
    location.assign(`${asked.getAttribute("action")}?${new URLSearchParams(pairs)}`);
  }

  document.addEventListener("submit", (event) => {
    const asked = event.target;
    if (!isOurs(asked) && asked.id !== "comparing") return;
    event.preventDefault();
    if (isOurs(asked)) ask(asked);
    else compare(asked);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#filtering a, #results a");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
    event.preventDefault();
    show(link.pathname + link.search, "pushState");
  });
  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) show(location.href, "");
  });
  document.addEventListener("keydown", (event) => {
    const written = event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea");
    if (event.key !== "/" || written || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.getElementById("q").select();
  });
})();
