"use strict";
// One scan of a person at a time, so that switching between scanners shows what moves.

const FLICKER_MS = 500;

class Person {
  constructor(article) {
    this.article = article;
    this.figures = [...article.querySelectorAll(".scan")];
    this.timer = null;
    this.bar = article.querySelector(".scan-buttons");
    this.buttons = this.figures.map((figure, index) => this.button(figure.dataset.scan, () => {
      this.stop();
      this.show(index);
    }));
    this.flicker = this.button("Flicker", () => this.toggle());
    this.flicker.classList.add("apart");
    this.flicker.hidden = this.figures.length < 2;
    this.button("Contour", () => document.body.classList.toggle("without-edge"));
    article.addEventListener("pointerdown", () => choose(this));
    article.addEventListener("focusin", () => choose(this));
    this.show(0);
  }

  button(text, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", act);
    this.bar.append(button);
    return button;
  }

  show(index) {
    this.index = (index + this.figures.length) % this.figures.length;
    this.figures.forEach((figure, at) => { figure.hidden = at !== this.index; });
    this.buttons.forEach((button, at) => { button.setAttribute("aria-pressed", String(at === this.index)); });
  }

  toggle() {
    if (this.timer !== null) { this.stop(); return; }
    this.flicker.setAttribute("aria-pressed", "true");
    this.timer = setInterval(() => this.show(this.index + 1), FLICKER_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.flicker.setAttribute("aria-pressed", "false");
  }
}

const people = [...document.querySelectorAll(".person")].map((article) => new Person(article));
let current = null;

function choose(person) {
  if (current === person) return;
  if (current) { current.article.classList.remove("current"); current.stop(); }
  current = person;
  current.article.classList.add("current");
}

function step(by) {
  const index = Math.min(Math.max(people.indexOf(current) + by, 0), people.length - 1);
  choose(people[index]);
  people[index].article.scrollIntoView({ block: "start" });
}

const KEYS = {
  ArrowRight: () => { current.stop(); current.show(current.index + 1); },
  ArrowLeft: () => { current.stop(); current.show(current.index - 1); },
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  " ": () => { if (current.figures.length > 1) current.toggle(); },
  c: () => document.body.classList.toggle("without-edge"),
};

document.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  const busy = event.target.closest("button, a, .scroll") && (event.key === " " || event.key.startsWith("Arrow"));
  if (!act || !current || busy || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});

if (people.length) {
  document.getElementById("keys").hidden = false;
  choose(people[0]);
}
