// Only makes it nicer: every page works without. Copies numbers, and keeps an open tracking page fresh.
const EVERY = 60_000;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = document.getElementById("said");
    if (said) said.textContent = button.dataset.done;
  });
}

const live = document.querySelector("[data-live]");
if (live) {
  let tag = live.dataset.tag || "";
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(live.dataset.live, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", redirect: "error" });
      if (answer.status !== 200) return;
      tag = answer.headers.get("ETag") || "";
      const before = live.querySelector("h1")?.textContent;
      const open = [...live.querySelectorAll("details")].map((d) => d.open);
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      live.replaceChildren(...part.body.childNodes);
      live.querySelectorAll("details").forEach((d, i) => { d.open = open[i] || false; });
      const after = live.querySelector("h1")?.textContent;
      const said = document.getElementById("said");
      if (said && after && after !== before) said.textContent = after;
    } catch { /* the next minute tries again */ }
  };
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
}
