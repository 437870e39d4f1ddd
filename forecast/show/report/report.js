"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const body = $("all").tBodies[0];
  const rows = [...body.rows];
  const pictures = new Map([...$("multiples").querySelectorAll("li")].map((li) => [li.dataset.row, li]));
  const heads = [...$("all").tHead.rows[0].cells];
  const facts = rows.map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    benchmark: row.cells[1].textContent,
    trend: row.cells[row.cells.length - 1].textContent,
  }));

  function filter() {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const benchmark = $("by-benchmark").value, trend = $("by-trend").value;
    let shown = 0;
    for (const f of facts) {
      const fits = words.every((w) => f.text.includes(w)) && (!benchmark || f.benchmark === benchmark) &&
        (!trend || f.trend === trend);
      f.row.hidden = !fits;
      const picture = pictures.get(f.row.dataset.row);
      if (picture) picture.hidden = !fits;
      shown += fits;
    }
    for (const group of $("multiples").children) group.hidden = !group.querySelector("li:not([hidden])");
    $("count").textContent = `${shown} of ${rows.length} tasks`;
    rove();
  }

  function sort(at) {
    const descending = heads[at].getAttribute("aria-sort") !== "descending";
    const first = rows.length && rows[0].cells[at].dataset.v === undefined;
    const down = first ? !descending : descending;
    heads.forEach((h, i) => h.setAttribute("aria-sort", i === at ? (down ? "descending" : "ascending") : "none"));
    const key = (row) => {
      const cell = row.cells[at], v = cell.dataset.v;
      return v === undefined ? cell.textContent.toLowerCase() : v === "" ? null : Number(v);
    };
    const keyed = rows.map((row, i) => [key(row), i, row]);
    keyed.sort((a, b) => {
      if (a[0] === null || b[0] === null) return (a[0] === null) - (b[0] === null) || a[1] - b[1];
      const order = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
      return (down ? -order : order) || a[1] - b[1];
    });
    body.append(...keyed.map((k) => k[2]));
    for (const k of keyed) {
      const picture = pictures.get(k[2].dataset.row);
      if (picture) picture.parentNode.append(picture);
    }
  }

  function visible() {
    return [...$("multiples").querySelectorAll("li:not([hidden])")];
  }

  function rove(to) {
    const all = visible(), now = to || all[0];
    for (const li of pictures.values()) li.tabIndex = li === now ? 0 : -1;
    if (to) to.focus();
  }

  const tip = $("tip");
  function show(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - box.width - 4)) + "px";
    tip.style.top = Math.max(4, y + 16 + box.height > innerHeight ? y - box.height - 8 : y + 16) + "px";
  }
  const hide = () => { tip.hidden = true; };

  document.addEventListener("pointermove", (e) => {
    const mark = e.target.closest && e.target.closest("[data-tip]");
    if (mark) show(mark.dataset.tip, e.clientX, e.clientY); else hide();
  });
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") hide(); });
  $("multiples").addEventListener("focusin", (e) => {
    const li = e.target.closest("li"), box = li.getBoundingClientRect();
    rove();
    for (const other of pictures.values()) other.tabIndex = other === li ? 0 : -1;
    show(li.querySelector("svg").getAttribute("aria-label"), box.left, box.top + box.height / 2);
  });
  $("multiples").addEventListener("focusout", hide);
  $("multiples").addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (!step) return;
    const all = visible(), at = all.indexOf(e.target.closest("li")) + step;
    if (all[at]) { e.preventDefault(); rove(all[at]); }
  });
  $("controls").addEventListener("input", filter);
  $("controls").addEventListener("submit", (e) => e.preventDefault());
  heads.forEach((head, at) => head.firstChild.addEventListener("click", () => sort(at)));
  rove();
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
