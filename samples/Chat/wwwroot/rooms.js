import { memory } from "./memory.js";

// The rooms that are open now, as the server knows them, and those this browser has been in.

export function nameOf(text) {
  return text.trim().toLowerCase().replace(/^#/, "").replace(/\s+/g, "-");
}

export function isRoom(text) {
  return /^[-a-z0-9_]{1,40}$/.test(text);
}

export async function fetchRooms() {
  try {
    const response = await fetch("/rooms", { headers: { accept: "application/json" } });
    return response.ok ? await response.json() : [];
  } catch {
    return []; // the server is away; the connection says so
  }
}

export function showOpenRooms(rooms, enter) {
  document.getElementById("open-rooms-none").hidden = rooms.length > 0;
  document.getElementById("open-rooms").replaceChildren(...rooms.map((room) => {
    const button = document.createElement("button");
    button.type = "button";
    const name = document.createElement("span");
    name.textContent = `# ${room.name}`;
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = room.people === 1 ? "1 person" : `${room.people} people`;
    button.append(name, count);
    button.addEventListener("click", () => enter(room.name));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

export function showRooms(open, current, enter) {
  const people = new Map(open.map((room) => [room.name, room.people]));
  const names = [...new Set([current, ...memory.rooms, ...people.keys()])].sort();
  document.getElementById("rooms").replaceChildren(...names.map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    if (name === current) {
      button.setAttribute("aria-current", "page");
    }
    const label = document.createElement("span");
    label.className = "room-label";
    label.textContent = name;
    button.append(label);
    if (people.has(name)) {
      const count = document.createElement("span");
      count.className = "count";
      count.textContent = people.get(name);
      count.title = people.get(name) === 1 ? "1 person" : `${people.get(name)} people`;
      button.append(count);
    }
    button.addEventListener("click", () => enter(name));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}
