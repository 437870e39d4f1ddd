"use strict";
/* Tips of marks for pointer and keyboard, and arrow keys from picture to picture. */
const $ = (id) => document.getElementById(id);
const pictures = new Map([...$("multiples").querySelectorAll("li")].map((li) => [li.dataset.row, li]));

function rove(to) {
  const all = visible(), now = to || all[0];
  for (const li of pictures.values()) li.tabIndex = li === now ? 0 : -1;
  if (to) to.focus();
}
function visible() {
  return [...$("multiples").querySelectorAll("li:not([hidden])")];
}
(() => {
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
  rove();
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
