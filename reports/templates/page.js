"use strict";
// Theme, place in the page, copying; then everything starts.

function startTheme() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const set = (name) => { root.dataset.theme = name; };
  set(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => set(dark.matches ? "dark" : "light"));
  button.hidden = false;
  button.addEventListener("click", () => set(root.dataset.theme === "dark" ? "light" : "dark"));
}

function startNavigation() {
  const links = new Map();
  for (const link of document.querySelectorAll(".bar nav a")) links.set(link.hash.slice(1), link);
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const link = links.get(entry.target.id);
      if (!link || !entry.isIntersecting) continue;
      links.forEach((other) => other.removeAttribute("aria-current"));
      link.setAttribute("aria-current", "true");
      link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.clientWidth / 2;
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  document.querySelectorAll("section[id]").forEach((section) => watch.observe(section));
}

function startCopying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.closest("section").querySelector("[data-paste]").innerText;
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    });
  }
}

startTheme();
startTables();
startSubjects();
startViewer();
startFilters();
startNavigation();
startCopying();
