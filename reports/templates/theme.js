"use strict";
// Dark or light, as the machine is set until somebody chooses.

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
