// The console without this file works the same, by mouse and form. This adds keys, live counts and filters that apply at once.
"use strict";

const rows = () => [...document.querySelectorAll("[data-case]")];
let at = rows().findIndex((row) => `#${row.id}` === location.hash && row.id);

const mark = (next) => {
  const all = rows();
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.max(0, Math.min(all.length - 1, next));
  all[at].classList.add("at");
  all[at].querySelector("a")?.focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
};

const open = (part) => {
  const row = rows()[at];
  if (row) location.assign(row.dataset.href + (part ? `#${part}` : ""));
};

// On a case's page the key goes to the field; in the queue it opens the case there: browsers focus what a fragment names.
const task = (id) => {
  const field = document.getElementById(id);
  if (!field) return open(id);
  field.focus();
};

const claim = () => {
  const here = rows()[at] ?? (document.querySelector(".case-head") || null);
  here?.querySelector("form[data-claim]")?.requestSubmit();
};

const keys = {
  j: () => mark(at + 1),
  k: () => mark(at < 0 ? 0 : at - 1),
  Enter: () => open(),
  c: claim,
  n: () => task("note-text"),
  s: () => task("snooze-hour"),
  r: () => task("outcome-contacted"),
  u: () => document.querySelector("[data-up]")?.click(),
  "/": () => document.getElementById("q")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest("input, textarea, select, dialog");
  if (event.key === "Escape" && typing) return typing.blur();
  if (typing || !keys[event.key]) return;
  if (event.key === "Enter" && (at < 0 || event.target.closest("a, button, summary"))) return;
  event.preventDefault();
  keys[event.key]();
});

if (at >= 0) rows()[at].classList.add("at");

document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll(".prio[open]")) if (!box.contains(event.target)) box.open = false;
});

for (const form of document.querySelectorAll("[data-autosubmit]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => {
    for (const field of form.elements) if (!field.value) field.disabled = true;
    form.submit();
  });
}

// Counts and countdowns are kept fresh; lines never move by themselves. When the order has changed, a note offers it.
const refresh = async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const link of document.querySelectorAll("[data-view]")) {
    const now = fresh.querySelector(`[data-view="${link.dataset.view}"] .count`);
    if (now) link.querySelector(".count").textContent = now.textContent;
  }
  for (const row of rows()) {
    const now = fresh.querySelector(`[data-case="${row.dataset.case}"] [data-due]`);
    const old = row.querySelector("[data-due]");
    if (now && old) {
      old.textContent = now.textContent;
      old.className = now.className;
    }
  }
  const order = (page) => [...page.querySelectorAll("[data-case]")].map((row) => row.dataset.case).join();
  document.querySelector("[data-changed]").hidden = order(fresh) === order(document);
};
if (document.querySelector("[data-changed]")) setInterval(refresh, 15_000);

// The page of something that is being worked on looks again by itself, while somebody looks at it.
if (document.querySelector("[data-watch]")) setInterval(() => document.hidden || location.reload(), 3_000);
