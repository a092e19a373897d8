// Keeps the page fresh while the run is live: the server renders, this only asks again when something happened.
"use strict";
(() => {
  const here = document.getElementById("run");
  if (!here || here.dataset.live !== "yes") return;
  let due = null;
  const refresh = async () => {
    due = null;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("run");
    const now = document.getElementById("run");
    if (!page || !now) return;
    const open = [...now.querySelectorAll("details")].map((fold) => fold.open);
    page.querySelectorAll("details").forEach((fold, index) => { fold.open = open[index] ?? false; });
    now.replaceWith(page);
  };
  const soon = () => { due ??= setTimeout(refresh, 300); };
  const stream = new EventSource(`${here.dataset.stream}?after=${here.dataset.last}`);
  const types = [
    "status", "node-started", "node-finished", "reason-card", "policy-update", "cost-update", "diff-update",
    "gate-waiting", "proposal-saved", "agent-run", "run-error", "plan_proposed", "critic_passed", "critic_findings",
  ];
  types.forEach((type) => stream.addEventListener(type, soon));
  stream.addEventListener("run-complete", () => { stream.close(); soon(); });
})();
