"use strict";
// Volumes inside the page: inflated when asked for, made into NIfTI for the viewer.

const HEADER_BYTES = 352;
const TYPES = { 1: [2, Uint8Array], 2: [4, Int16Array] };

function niftiFile(voxels, shape, voxel) {
  const size = voxels.BYTES_PER_ELEMENT;
  const file = new Uint8Array(HEADER_BYTES + voxels.byteLength);
  const header = new DataView(file.buffer);
  header.setInt32(0, 348, true);
  [3, ...shape, 1, 1, 1, 1].forEach((n, i) => header.setInt16(40 + 2 * i, n, true));
  header.setInt16(70, TYPES[size][0], true);
  header.setInt16(72, 8 * size, true);
  [1, ...voxel, 1, 1, 1, 1].forEach((n, i) => header.setFloat32(76 + 4 * i, n, true));
  header.setFloat32(108, HEADER_BYTES, true);
  header.setFloat32(112, 1, true);
  header.setInt16(254, 1, true);
  // RAS, the middle of the box at the origin.
  for (let axis = 0; axis < 3; axis += 1) {
    header.setFloat32(280 + 16 * axis + 4 * axis, voxel[axis], true);
    header.setFloat32(280 + 16 * axis + 12, (-voxel[axis] * (shape[axis] - 1)) / 2, true);
  }
  file.set([0x6e, 0x2b, 0x31, 0], 344);
  file.set(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength), HEADER_BYTES);
  return file;
}

function toBase64(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 0x8000) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  return btoa(parts.join(""));
}

class Volumes {
  constructor(run) {
    this.run = run;
    this.index = JSON.parse(document.getElementById(`${run}-viewer-index`).textContent);
    this.found = new Map();
  }

  read(number) {
    if (!this.found.has(number)) this.found.set(number, inflate(`${this.run}-volume-${number}`));
    return this.found.get(number);
  }

  // Grey levels of what a pane shows. A harmonized image is stored as its difference from the
  // target modulo 256; without harmonization it is the source itself.
  async levels(kind, subject, pair, method) {
    if (kind === "source") return this.read(subject.scans[pair.source]);
    if (kind === "target") return this.read(subject.scans[pair.target]);
    const number = pair.images[method];
    if (number === undefined) return this.read(subject.scans[pair.source]);
    const [residual, target] = await Promise.all([this.read(number), this.levels("target", subject, pair)]);
    return residual.map((value, i) => (value + target[i]) & 255);
  }

  async voxels(kind, subject, pair, method) {
    if (kind !== "error") return this.levels(kind, subject, pair, method);
    const [image, target] = await Promise.all([
      this.levels("harmonized", subject, pair, method), this.levels("target", subject, pair)]);
    return Int16Array.from(image, (value, i) => value - target[i]);
  }
}
