"use strict";
// What the reader looks at: one choice for the whole page.
const choice = { split: "", direction: "", measure: "" };
const watchers = [];

function isShown(element) {
  const own = element.dataset;
  const is = (name) => own[name] === undefined || own[name] === choice[name];
  const among = own.among === undefined || choice.direction === "" || own.among === choice.direction;
  return is("split") && is("direction") && is("measure") && among;
}

function showColumns(table) {
  const run = table.closest(".run");
  const headline = JSON.parse(document.getElementById(`${run.dataset.run}-data`).textContent).headline;
  const seen = new Set();
  const visible = [];
  table.querySelectorAll("thead th").forEach((head, index) => {
    const measure = head.dataset.col;
    // The first column of a measure is its mean, the second its rank: that one is for whom asks.
    const first = !seen.has(measure);
    seen.add(measure);
    visible[index] = measure === undefined || measure === choice.measure
      || (first && headline.includes(measure));
    head.hidden = !visible[index];
  });
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.cells].forEach((cell, index) => { cell.hidden = !visible[index]; });
  }
}

function applyChoice() {
  for (const element of document.querySelectorAll("[data-f]")) element.hidden = !isShown(element);
  document.querySelectorAll(".leaderboard").forEach(showColumns);
  for (const note of document.querySelectorAll("[data-empty]")) {
    const group = note.closest(".group, section");
    const items = [...group.querySelectorAll("[data-f]")].filter((item) => !item.matches("p"));
    note.hidden = items.length === 0 || items.some((item) => !item.hidden);
  }
  watchers.forEach((watcher) => watcher());
}

function startFilters() {
  const form = document.getElementById("filters");
  form.hidden = false;
  const read = () => {
    for (const name of Object.keys(choice)) choice[name] = form.elements[name].value;
    applyChoice();
  };
  form.addEventListener("change", read);
  form.addEventListener("submit", (event) => event.preventDefault());
  read();
}
