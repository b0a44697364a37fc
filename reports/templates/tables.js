"use strict";
// Sorting, and files that lie compressed inside the page.

function sortKey(cell) {
  const value = cell.dataset.sort;
  if (value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}

function compareKeys(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b));
}

function sortTable(table, head) {
  const index = [...head.parentElement.cells].indexOf(head);
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  for (const body of table.tBodies) {
    const rows = [...body.rows].map((row) => [sortKey(row.cells[index]), row]);
    rows.sort((a, b) => compareKeys(a[0], b[0], up ? 1 : -1));
    body.append(...rows.map((pair) => pair[1]));
  }
}

async function inflate(id) {
  const text = document.getElementById(id).textContent.trim();
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function save(content, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function saveTable(button) {
  const { file, table, kind } = button.dataset;
  const texts = JSON.parse(new TextDecoder().decode(await inflate(`${file}-texts`)));
  save(texts[table][kind], `${table}.${kind}`, kind === "csv" ? "text/csv" : "application/x-tex");
}

function saveFigure(button) {
  const figure = button.closest("figure");
  const svg = figure.querySelector("svg").cloneNode(true);
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  let text = new XMLSerializer().serializeToString(svg);
  // On paper the figure needs colours of its own.
  text = text.replaceAll("currentColor", "#17191c").replaceAll("var(--rule)", "#d9dad6")
    .replaceAll("var(--paper)", "#ffffff");
  save(text, `${figure.dataset.name}.svg`, "image/svg+xml");
}

function startTables() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const head = button.closest("table.sortable th");
    if (head) sortTable(head.closest("table"), head);
    else if (button.dataset.table) saveTable(button);
    else if (button.dataset.svg !== undefined) saveFigure(button);
    else if (button.dataset.download) {
      inflate(button.dataset.download).then((bytes) => save(bytes, button.dataset.name, "text/csv"));
    }
  });
}
