"use strict";
// Place in the page, copying; then everything starts.

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
