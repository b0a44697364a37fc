"use strict";
// A table of subjects for the current choice, and a window for each of them.
// Names are data: they only ever become text nodes.

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function runData(run) {
  if (!run.scores) run.scores = JSON.parse(document.getElementById(`${run.dataset.run}-data`).textContent);
  return run.scores;
}

function score(data, split, measure, direction, subject, method) {
  const people = data.subjects[split].length;
  const flat = data.values[split]?.[measure];
  return flat ? flat[(direction * people + subject) * data.methods.length + method] : null;
}

function meanScore(data, split, measure, direction, subject, method) {
  const chosen = direction === "" ? data.shared : [data.directions.indexOf(direction)];
  const known = chosen.map((index) => score(data, split, measure, index, subject, method))
    .filter((value) => value !== null && value !== undefined);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
}

function printed(value, measure) {
  return value === null ? "–" : value.toFixed(measure.digits).replace("-", "−");
}

function badness(value, measure) {
  if (measure.higher === true) return -value;
  return measure.higher === false ? value : Math.abs(value - (measure.best ?? 0));
}

function bestOf(values, measure) {
  const known = values.filter((value) => value !== null);
  if (!measure.judged || !known.length) return null;
  return known.reduce((a, b) => (badness(b, measure) < badness(a, measure) ? b : a));
}

function methodHead(method) {
  const head = element("th", undefined, { scope: "col", class: "number" });
  const button = element("button", undefined, { type: "button" });
  const dot = element("span", undefined, { class: "dot" });
  dot.style.background = method.colour;
  button.append(dot, method.label);
  head.append(button);
  return head;
}

function scoreRow(first, values, measure) {
  const row = element("tr");
  row.append(first);
  const best = bestOf(values, measure);
  for (const value of values) {
    const cell = element("td", printed(value, measure), { class: "number" });
    if (value !== null) cell.dataset.sort = value;
    if (value !== null && value === best) cell.classList.add("best");
    row.append(cell);
  }
  return row;
}

function scoreTable(data, title, firstHead, rows, measure) {
  const table = element("table", undefined, { class: "sortable" });
  table.append(element("caption", title));
  const head = element("tr");
  const corner = element("th", undefined, { scope: "col" });
  corner.append(element("button", firstHead, { type: "button" }));
  head.append(corner, ...data.methods.map(methodHead));
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  body.append(...rows.map(([first, values]) => scoreRow(first, values, measure)));
  table.append(top, body);
  const scroll = element("div", undefined, { class: "scroll", tabindex: "0" });
  scroll.append(table);
  return scroll;
}

function subjectTable(run) {
  const place = run.querySelector("[data-subjects]");
  const data = runData(run);
  const people = data.subjects[choice.split];
  const measure = data.measures[choice.measure];
  if (!place) return;
  place.replaceChildren();
  if (!people || !measure) return;
  const rows = people.map((name, index) => {
    const cell = element("td", undefined, { "data-sort": `sub-${name}` });
    cell.append(element("button", name, {
      type: "button", class: "quiet", "data-open-subject": name, "data-open-split": choice.split,
    }));
    const values = data.methods.map((_, method) =>
      meanScore(data, choice.split, choice.measure, choice.direction, index, method));
    return [cell, values];
  });
  const where = choice.direction === "" ? "mean over directions" : choice.direction;
  const title = `${measure.label} ${measure.arrow}, ${where}`;
  place.append(scoreTable(data, title, "Subject", rows, measure));
}

function subjectThumbnails(run, split, name) {
  if (!run.thumbnails) run.thumbnails = JSON.parse(run.querySelector("[data-thumbnail-index]").textContent);
  const box = element("div", undefined, { class: "thumbnail-rows" });
  const store = run.querySelector("[data-thumbnails]").content;
  run.thumbnails.forEach((row, index) => {
    if (row.split !== split || row.subject !== name) return;
    const found = store.querySelector(`[data-thumbnail="${index}"]`) || run.querySelector(`[data-thumbnail="${index}"]`);
    const item = element("div");
    item.append(element("p", `${row.source} → ${row.target}`), found.cloneNode(true));
    box.append(item);
  });
  return box;
}

function openSubject(run, split, name) {
  const data = runData(run);
  const index = data.subjects[split].indexOf(name);
  const body = document.getElementById("subject-body");
  document.getElementById("subject-title").textContent = `Subject ${name}`;
  body.replaceChildren();
  const keys = [...new Set([choice.measure, ...data.headline])].filter((key) => data.measures[key]);
  for (const key of keys) {
    const measure = data.measures[key];
    const rows = data.directions.map((direction, number) => [
      element("td", direction, { "data-sort": direction }),
      data.methods.map((_, method) => score(data, split, key, number, index, method) ?? null),
    ]).filter(([, values]) => values.some((value) => value !== null));
    body.append(scoreTable(data, `${measure.label} ${measure.arrow}`, "Direction", rows, measure));
  }
  const rows = subjectThumbnails(run, split, name);
  const note = "Images above, signed errors below (red: too bright, blue: too dark).";
  const none = "No pictures of this subject are in this file.";
  body.append(element("p", rows.childElementCount ? note : none, { class: "note" }), rows);
  const dialog = document.getElementById("subject");
  dialog.showModal();
  dialog.scrollTop = 0;
}

function startSubjects() {
  watchers.push(() => document.querySelectorAll(".run").forEach(subjectTable));
  document.getElementById("subject-close").addEventListener("click", () => document.getElementById("subject").close());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-subject]");
    if (button) openSubject(button.closest(".run"), button.dataset.openSplit, button.dataset.openSubject);
    const line = event.target.closest(".hit");
    if (line) {
      const run = line.closest(".run");
      const split = line.closest("figure").dataset.split;
      openSubject(run, split, runData(run).subjects[split][Number(line.dataset.subject)]);
    }
  });
}
