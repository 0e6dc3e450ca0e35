"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  // --- views: the part of the page that the address names, else the overview, with what it filters by:
  // `#overview?verdict=holds`
  const home = one("#overview");
  let left = 0; // where the overview was scrolled to
  let seeking = false; // whether the search field is to have the focus
  const heading = document.title;
  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; } // such as 100%
  }
  function show(moved) {
    const [part, query] = location.hash.slice(1).split("?");
    const name = decoded(part);
    const target = document.getElementById(name);
    if (name === "main") return;
    const view = (target && target.closest(".page")) || home;
    const nowhere = name && !target ? `No claim '${name.replace(/^claim-/, "")}' on this page.` : "";
    one(".nowhere").textContent = nowhere;
    const before = one(".page.on");
    if (before === home && view !== home) left = scrollY;
    if (before) before.classList.remove("on");
    view.classList.add("on");
    for (const link of all(".top nav a")) {
      if (link.hash === "#" + view.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    openToKeys();
    if (view === home && !nowhere) restore(query);
    if (!moved) return;
    document.title = view === home ? heading : `${one("h2", view).textContent} – ${heading}`;
    scrollTo(0, view === home ? left : 0);
    (seeking ? one(".filter input") : one("#main")).focus({ preventScroll: true });
    seeking = false;
  }
  function openToKeys() {
    for (const box of all(".page.on .scroll")) {
      if (box.scrollWidth <= box.clientWidth || box.tabIndex === 0) continue;
      box.tabIndex = 0; // so that the arrow keys scroll it
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", one("caption", box)?.textContent || "table");
    }
  }
  // --- filter
  const form = one(".filter");
  const body = one(".claims tbody");
  const word = (selector, root) => one(selector, root)?.textContent || "";
  const read = (row) => ({
    row,
    text: row.textContent.toLowerCase(),
    marks: row.dataset, // "urgent" and "quarantine"
    phase: row.dataset.phase,
    change: word(".change", row),
    way: word(".way", row) || word(".change", row) || word(".doubt", row) || word(".v.none", row),
    verdicts: all(".chip", row).map((chip) => [one("b", chip).classList[1], word("small", chip)]),
  });
  const rows = all("tr", body).map(read);
  let pressed = null; // the tile that filters besides the form

  function fits(item, want, words) {
    if (want.phase && item.phase !== want.phase) return false;
    if (want.change && item.change !== want.change) return false;
    if (want.way && item.way !== want.way) return false;
    if (pressed === "urgent" || pressed === "quarantine") {
      if (!(pressed in item.marks)) return false;
    } else if (pressed && item.verdicts[0][0] !== pressed) return false;
    if (want.verdict || want.scale) {
      const at = ([verdict, scale]) =>
        (!want.verdict || verdict === want.verdict) && (!want.scale || scale === want.scale);
      if (!item.verdicts.some(at)) return false;
    }
    return words.every((word) => item.text.includes(word));
  }
  // A page without a query keeps its filters: the links to the overview have none
  function restore(query) {
    if (query !== undefined) {
      const wanted = new URLSearchParams(query);
      for (const field of all("[name]", form)) {
        field.value = wanted.get(field.name) || "";
        if (field.selectedIndex < 0) field.value = "";
      }
      pressed = all(".tile").map((tile) => tile.dataset.value).find((value) => value && value === wanted.get("tile")) || null;
    }
    filter();
  }
  function noted(want) {
    if (!home.classList.contains("on")) return;
    const kept = new URLSearchParams(Object.entries({ ...want, tile: pressed || "" }).filter(([, value]) => value));
    const address = `${kept}` ? `#overview?${kept}` : location.hash.split("?")[0];
    if (address === location.hash) return;
    try { history.replaceState(null, "", address || "#"); } catch { /* too many at once, for some browsers */ }
  }
  function filter() {
    const want = Object.fromEntries(new FormData(form));
    const words = (want.text || "").toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of rows) {
      const shown = fits(item, want, words);
      if (item.row.hidden === shown) item.row.hidden = !shown;
      count += shown;
    }
    const claims = rows.length === 1 ? "claim" : "claims";
    one("output", form).textContent = (count === rows.length ? "" : `${count} of `) + `${rows.length} ${claims}`;
    one(".nofit").hidden = count > 0;
    for (const tile of all(".tile")) {
      tile.setAttribute("aria-pressed", String(Boolean(pressed) && tile.dataset.value === pressed));
    }
    noted(want);
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => { pressed = null; setTimeout(filter); });
  for (const tile of all(".tile")) {
    tile.addEventListener("click", () => {
      const value = tile.dataset.value || null;
      pressed = pressed === value ? null : value;
      filter();
      one("#all-h").scrollIntoView();
    });
  }
  for (const button of all(".ways button")) {
    button.addEventListener("click", () => {
      const select = one("select[name=way]", form);
      if (select) select.value = button.dataset.value;
      filter();
      one("#all-h").scrollIntoView();
    });
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
    event.preventDefault();
    seeking = !home.classList.contains("on");
    if (seeking) location.hash = "#overview";
    else one("input", form).focus();
  });
  addEventListener("hashchange", () => show(true));
  addEventListener("resize", openToKeys);
  show(false);
  filter();

  // --- sort
  const number = (text) => { const value = parseFloat(text); return isNaN(value) ? null : value; };
  const keys = {
    order: (row) => +row.dataset.order,
    rank: (row) => +row.dataset.rank,
    verdict: (row) => all(".chip", row).map((chip) => chip.textContent.trim()).join(),
    effect: (row) => number(one("td:nth-child(3) > span", row)?.textContent),
    memo: (row) => number(row.cells[3].textContent),
  };
  for (const head of all(".claims thead th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of all(".claims thead th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = keys[head.dataset.sort];
      const keyed = rows.map(({ row }) => [key(row), row]);
      // What has no value comes last, whichever way
      keyed.sort(([a], [b]) => (a === null) - (b === null) || (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
      body.append(...keyed.map(([, row]) => row));
    });
  }

  // --- numbers of the lines of a source
  for (const source of all(".yaml pre")) {
    const numbers = source.textContent.split("\n").slice(1).map((_, line) => `${line + 1}\n`);
    source.insertAdjacentHTML("beforebegin", `<pre class=numbers aria-hidden=true>${numbers.join("")}</pre>`);
  }

  // --- tooltips of dots; the tables beside the plots have the same values
  const tip = one(".tip");
  function told(dot) {
    if (dot.dataset.tip) return dot.dataset.tip;
    const plot = dot.closest(".seeds");
    if (!plot) return "";
    const groups = all("g:not([class])", plot);
    const table = one("table", plot.parentNode);
    if (!table) return "";
    const row = table.tBodies[0].rows[groups.indexOf(dot.parentNode)];
    const own = one(".own", row);
    const heads = table.tHead.rows[0].cells;
    const runs = own
      ? own.textContent.split(", ").map((text, run) => [run + 1, text])
      : [...row.cells].slice(1, -2).map((cell) => [heads[cell.cellIndex].textContent, cell.textContent]);
    const measured = runs.filter(([, text]) => text && text !== "–");
    const [run, text] = measured[[...dot.parentNode.children].indexOf(dot)];
    return `${row.cells[0].textContent}, ${table.caption.textContent.split(" by arm and ")[1]} ${run}: ${text}`;
  }
  document.addEventListener("pointerover", (event) => {
    const text = event.target.tagName === "circle" ? told(event.target) : "";
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = event.target.getBoundingClientRect();
    tip.style.left = Math.min(box.left + 12, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.max(box.top - tip.offsetHeight - 6, 4) + "px";
  });

  addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

  // --- a quarantine whose last day is past, on a page that knows no day
  const today = new Date().toISOString().slice(0, 10);
  for (const tag of all("[data-until]:not(.over)")) {
    if (tag.dataset.until >= today) continue;
    tag.classList.add("over");
    tag.textContent = tag.textContent.replace("in quarantine until", "quarantine ended");
  }

  // --- theme
  const button = one(".theme");
  const themes = ["auto", "light", "dark"];
  function paint(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    one("span", button).textContent = theme;
  }
  let theme = "auto";
  try { theme = localStorage.getItem("cbspec-theme") || theme; } catch { /* a file may have no storage */ }
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    paint(theme);
    try { localStorage.setItem("cbspec-theme", theme); } catch { /* the same */ }
  });
  paint(themes.includes(theme) ? theme : "auto");

  // --- print: what is folded away is printed too
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all(".page.on details:not([open])");
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });
})();
