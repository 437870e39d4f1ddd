/* The table of every task: search, filters, sorting. */
(() => {
  const body = $("all").tBodies[0];
  const rows = [...body.rows];
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

  $("controls").addEventListener("input", filter);
  $("controls").addEventListener("submit", (e) => e.preventDefault());
  heads.forEach((head, at) => head.firstChild.addEventListener("click", () => sort(at)));
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
