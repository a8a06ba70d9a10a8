import { face } from "./log.js";

// Who is here, who came and who left. Somebody who reloads the page leaves and comes back within a moment: that is
// not worth a line.
const patience = 4_000;
const patienceAfterDrop = 15_000; // the others come back from the same drop one by one
const list = document.getElementById("people");
const count = document.getElementById("people-count");
const leaving = new Map();
let shown = [];

export function add(person, you) {
  show([...shown.filter((other) => other.id !== person.id), person], you);
}

export function remove(person, you) {
  show(shown.filter((other) => other.id !== person.id), you);
}

export function show(people, you) {
  shown = [...people];
  count.textContent = people.length;
  const sorted = [...people].sort((a, b) => (b.id === you) - (a.id === you) || a.name.localeCompare(b.name));
  list.replaceChildren(...sorted.map((person) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.className = "person";
    name.textContent = person.name;
    item.append(face(person), name);
    if (person.id === you) {
      const mark = document.createElement("span");
      mark.className = "you";
      mark.textContent = "you";
      item.append(mark);
    }
    return item;
  }));
}

export function has(person) {
  return shown.some((other) => other.id === person.id);
}

export function joined(person, note) {
  if (leaving.has(person.id)) {
    clearTimeout(leaving.get(person.id).timer);
    leaving.delete(person.id);
    return;
  }
  note(`${person.name} joined`);
}

export function left(person, note, wait = patience) {
  clearTimeout(leaving.get(person.id)?.timer);
  const timer = setTimeout(() => {
    leaving.delete(person.id);
    note(`${person.name} left`);
  }, wait);
  leaving.set(person.id, { person, timer });
}

// The connection is lost: who left in the last moment may only have been dropped a little earlier.
export function drop() {
  leaving.forEach(({ person, timer }) => {
    clearTimeout(timer);
    shown.push(person);
  });
  leaving.clear();
}

// After a drop: whoever was here before and is not yet back gets some time.
export function resume(people, note) {
  const here = new Set(people.map((person) => person.id));
  shown.filter((person) => !here.has(person.id)).forEach((person) => left(person, note, patienceAfterDrop));
}

export function forget() {
  shown = [];
  leaving.forEach(({ timer }) => clearTimeout(timer));
  leaving.clear();
  list.replaceChildren();
  count.textContent = "";
}
