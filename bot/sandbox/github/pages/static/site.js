// Draws mermaid diagrams where the page has any, and copies the clone address. Pages work without it.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  navigator.clipboard.writeText(field.value).then(() => { button.textContent = "Copied"; });
});

async function drawDiagrams() {
  const found = document.querySelectorAll("pre.mermaid");
  if (!found.length || !window.mermaid) return;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  window.mermaid.initialize({
    startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "neutral", fontFamily: "inherit",
    suppressErrorRendering: true, flowchart: { htmlLabels: false, useMaxWidth: false }, htmlLabels: false,
  });
  for (const [index, block] of found.entries()) {
    try {
      const drawn = await window.mermaid.render(`diagram-${index}`, block.textContent);
      const figure = document.createElement("div");
      figure.className = "diagram";
      figure.innerHTML = drawn.svg;
      block.replaceWith(figure);
    } catch (error) {
      const note = document.createElement("p");
      note.className = "muted";
      note.textContent = "This diagram cannot be drawn here; its source is below.";
      block.before(note);
    }
  }
}

document.addEventListener("DOMContentLoaded", drawDiagrams);
