"use strict";
// The slice viewer: four panes of NiiVue under one crosshair, made on click.

const PANES = [["source", "Source"], ["harmonized", "Harmonized"], ["target", "Target"], ["error", "Error"]];
const PLANES = [["0", "axial"], ["1", "coronal"], ["2", "sagittal"], ["3", "three planes"]];
// The axis that a plane's slices follow.
const NORMALS = { 0: 2, 1: 1, 2: 0, 3: 2 };
// Too dark is blue, right is black, too bright is orange.
const ERRORS = { R: [86, 0, 230], G: [180, 0, 159], B: [233, 0, 0], A: [255, 255, 255], I: [0, 128, 255] };
let openedViewer = null;

function hasWebGL() {
  return document.createElement("canvas").getContext("webgl2") !== null;
}

async function loadNiivue() {
  if (window.niivue) return;
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(await inflate("viewer-library"));
  document.head.append(script);
}

function picker(caption, options) {
  const select = element("select");
  for (const [value, text] of options) select.append(element("option", text, { value }));
  const wrap = element("label", `${caption} `);
  wrap.append(select);
  return [wrap, select];
}

class Viewer {
  constructor(place, run) {
    this.place = place;
    this.volumes = new Volumes(run.dataset.run);
    this.run = run;
    this.panes = new Map();
    this.position = [0.5, 0.5, 0.5];
    this.boxes = [...place.parentElement.querySelectorAll("[data-pane]")];
    this.build();
  }

  build() {
    const { subjects, methods } = this.volumes.index;
    const names = [...Object.entries(methods), ["none", "No harmonization"]];
    const parts = [
      picker("Subject", subjects.map((entry, i) => [i, entry.subject])),
      picker("Direction", []), picker("Method", names), picker("Plane", PLANES)];
    [this.subject, this.direction, this.method, this.plane] = parts.map((pair) => pair[1]);
    this.slice = element("input", undefined, { type: "range", min: 0, max: 1000, value: 500 });
    const slice = element("label", "Slice ");
    slice.append(this.slice);
    this.controls = element("div", undefined, { class: "controls" });
    this.controls.append(...parts.map((pair) => pair[0]), slice);
    this.grid = element("div", undefined, { class: "panes" });
    this.status = element("p", "", { class: "note", role: "status" });
    this.place.replaceChildren(this.controls, this.grid, this.status);
    this.subject.addEventListener("change", () => { this.fillDirections(); this.renew(); });
    this.direction.addEventListener("change", () => this.refresh());
    this.method.addEventListener("change", () => this.refresh());
    this.plane.addEventListener("change", () => this.turn());
    this.slice.addEventListener("input", () => this.scroll());
    this.fillDirections();
  }

  get entry() { return this.volumes.index.subjects[Number(this.subject.value)]; }

  get pair() { return this.entry.directions[Number(this.direction.value)]; }

  fillDirections() {
    this.direction.replaceChildren(...this.entry.directions.map((pair, i) =>
      element("option", `${pair.source} → ${pair.target}`, { value: i })));
    const wanted = this.entry.directions.findIndex((d) => `${d.source} → ${d.target}` === choice.direction);
    this.direction.value = String(wanted < 0 ? this.entry.start : wanted);
  }

  async start() {
    for (const box of this.boxes) if (box.checked) await this.add(box.dataset.pane);
    for (const box of this.boxes) {
      box.onchange = () => (box.checked ? this.add(box.dataset.pane) : this.remove(box.dataset.pane));
    }
  }

  async add(kind) {
    const caption = PANES.find((item) => item[0] === kind)[1];
    const pane = element("div", undefined, { class: "pane" });
    const canvas = element("canvas", undefined, { tabindex: "0", "aria-label": caption });
    // NiiVue stretches its canvas to what holds it: that needs a height of its own.
    const frame = element("div", undefined, { class: "frame" });
    frame.append(canvas);
    pane.append(element("span", caption), frame);
    const after = PANES.findIndex((item) => item[0] === kind);
    const next = PANES.slice(after + 1).map((item) => this.panes.get(item[0])).find(Boolean);
    this.grid.insertBefore(pane, next ? next.pane : null);
    const viewer = new niivue.Niivue({
      backColor: [0, 0, 0, 1], crosshairColor: [0.94, 0.89, 0.26, 1], crosshairWidth: 0.3,
      isOrientationTextVisible: true, multiplanarShowRender: niivue.SHOW_RENDER.NEVER,
      isResizeCanvas: true, dragAndDropEnabled: false, loadingText: "", logLevel: "error",
    });
    this.panes.set(kind, { pane, viewer });
    await viewer.attachToCanvas(canvas);
    viewer.addColormap("signed-error", ERRORS);
    viewer.onLocationChange = () => this.follow(viewer);
    await this.show(kind);
    this.turn();
  }

  remove(kind) {
    const found = this.panes.get(kind);
    this.panes.delete(kind);
    if (!found) return;
    found.pane.remove();
    found.viewer.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  async show(kind) {
    const { viewer } = this.panes.get(kind);
    const { entry, pair } = this;
    const voxels = await this.volumes.voxels(kind, entry, pair, this.method.value);
    const present = viewer.volumes[0];
    if (present && present.img.length === voxels.length) {
      present.img = voxels;
      viewer.updateGLVolume();
      return;
    }
    const error = kind === "error";
    const image = await niivue.NVImage.loadFromBase64({
      base64: toBase64(niftiFile(voxels, entry.shape, entry.voxel)), name: `${kind}.nii`,
      colormap: error ? "signed-error" : "gray",
      cal_min: error ? -entry.limit : 0, cal_max: error ? entry.limit : 235,
    });
    viewer.addVolume(image);
  }

  async refresh() {
    await Promise.all([...this.panes.keys()].map((kind) => this.show(kind)));
    this.moveAll(null);
  }

  async renew() {
    for (const { viewer } of this.panes.values()) {
      while (viewer.volumes.length) viewer.removeVolumeByIndex(0);
    }
    await this.refresh();
  }

  follow(viewer) {
    this.position = [...viewer.scene.crosshairPos];
    this.slice.value = String(Math.round(1000 * this.position[NORMALS[this.plane.value]]));
    this.moveAll(viewer);
  }

  scroll() {
    this.position[NORMALS[this.plane.value]] = Number(this.slice.value) / 1000;
    this.moveAll(null);
  }

  moveAll(except) {
    const text = this.position.map((part, axis) => Math.round(part * (this.entry.shape[axis] - 1)));
    this.status.textContent = `Voxel ${text.join(", ")} of ${this.entry.shape.join(" × ")}. `
      + `Error: orange is too bright, blue too dark, full colour from ${this.entry.limit} of 255 grey levels on.`;
    for (const { viewer } of this.panes.values()) {
      if (viewer === except) continue;
      viewer.scene.crosshairPos = [...this.position];
      viewer.drawScene();
    }
  }

  turn() {
    for (const { viewer } of this.panes.values()) viewer.setSliceType(Number(this.plane.value));
    this.slice.value = String(Math.round(1000 * this.position[NORMALS[this.plane.value]]));
    this.moveAll(null);
  }

  close() {
    for (const kind of [...this.panes.keys()]) this.remove(kind);
    for (const box of this.boxes) box.onchange = null;
    delete this.place.dataset.ready;
    this.place.replaceChildren(openButton());
  }
}

function openButton() {
  return element("button", "Open the viewer", { type: "button", "data-open-viewer": "" });
}

// Without WebGL the pictures of the first subject take the viewer's place.
function showPictures(place, run, reason) {
  const index = JSON.parse(document.getElementById(`${run.dataset.run}-viewer-index`).textContent);
  const { subject } = index.subjects[0];
  const split = run.dataset.splitDefault;
  place.replaceChildren(
    element("p", `${reason}: pictures of subject ${subject} take the viewer’s place.`),
    subjectThumbnails(run, split, subject));
}

async function openViewer(button) {
  const place = button.closest("[data-viewer]");
  const run = place.closest(".run");
  if (!hasWebGL()) { showPictures(place, run, "This browser has no WebGL"); return; }
  button.disabled = true;
  button.textContent = "Opening…";
  // Browsers allow few WebGL contexts: one viewer at a time.
  if (openedViewer) openedViewer.close();
  try {
    await loadNiivue();
    openedViewer = new Viewer(place, run);
    await openedViewer.start();
  } catch (error) {
    showPictures(place, run, `The viewer could not start (${error.message})`);
    return;
  }
  openedViewer.subject.focus();
  place.dataset.ready = "true";
}

function startViewer() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-viewer]");
    if (button) openViewer(button);
  });
}
