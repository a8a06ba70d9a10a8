// The list of messages. Everything people write goes through textContent: it is never read as HTML.

const list = document.getElementById("log");
const scroll = document.getElementById("scroll");
const newest = document.getElementById("newest");
const pending = new Map(); // messages of our own that the server has not confirmed yet, by key
const known = new Set(); // keys that are on the page
let atEnd = true; // whether the newest message is in sight
let last = null; // who wrote the newest entry, and when: follow-ups share one head

const together = 3 * 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function hueOf(id) {
  let hash = 7;
  for (const c of id) {
    hash = (hash * 31 + c.charCodeAt(0)) >>> 0;
  }
  return hash % 360;
}

export function face(person) {
  const element = document.createElement("span");
  element.className = "face";
  element.ariaHidden = "true";
  element.style.setProperty("--hue", hueOf(person.id));
  element.textContent = [...person.name.trim()][0]?.toUpperCase() ?? "?";
  return element;
}

export function clear() {
  list.replaceChildren();
  pending.clear();
  known.clear();
  last = null;
  newest.hidden = true;
}

export function isEmpty() {
  return known.size === 0;
}

export function unconfirmed() {
  return [...pending.entries()].map(([key, { text }]) => ({ key, text }));
}

export function addMessage(message, { mine, isPending = false, quiet = false }) {
  if (known.has(message.key)) {
    confirm(message);
    return;
  }

  known.add(message.key);
  list.querySelector(".empty")?.remove();
  const at = new Date(message.at);
  const item = document.createElement("li");
  const follows = last && last.id === message.sender && at - last.at < together;
  item.className = `message${mine ? " mine" : ""}${follows ? " more" : ""}${isPending ? " pending" : ""}${quiet ? "" : " fresh"}`;
  item.style.setProperty("--hue", hueOf(message.sender));

  const head = document.createElement("div");
  head.className = "head";
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = message.name;
  const time = document.createElement("time");
  time.dateTime = at.toISOString();
  time.textContent = clock.format(at);
  head.append(name, time);

  const bubble = document.createElement("div");
  bubble.className = "bubble";
  addText(bubble, message.text);
  item.append(face({ id: message.sender, name: message.name }), head, bubble);
  append(item, mine);
  last = { id: message.sender, at };
  if (isPending) {
    pending.set(message.key, { item, text: message.text });
  }
}

export function addNote(text, kind = "") {
  list.querySelector(".empty")?.remove();
  const item = document.createElement("li");
  item.className = `note fresh ${kind}`;
  item.textContent = text;
  append(item, false);
  last = null;
}

// The server has not said a message of our own, and told why.
export function fail(key) {
  const entry = pending.get(key);
  if (entry) {
    pending.delete(key);
    entry.item.classList.replace("pending", "failed");
  }
}

export function showEmpty(room) {
  const item = document.createElement("li");
  item.className = "empty";
  const title = document.createElement("strong");
  title.textContent = `This is #${room}`;
  item.append(title, "Nobody has said anything yet. Open a second window to talk to yourself.");
  list.append(item);
}

function confirm(message) {
  const entry = pending.get(message.key);
  if (entry) {
    pending.delete(message.key);
    entry.item.classList.remove("pending");
    entry.item.querySelector("time").textContent = clock.format(new Date(message.at));
  }
}

// Only addresses with a known scheme become links, and their text is what was written.
function addText(bubble, text) {
  const address = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/gi;
  let end = 0;
  for (const match of text.matchAll(address)) {
    bubble.append(text.slice(end, match.index));
    const link = document.createElement("a");
    link.href = match[0];
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    link.textContent = match[0];
    bubble.append(link);
    end = match.index + match[0].length;
  }
  bubble.append(text.slice(end));
}

function append(item, mine) {
  const follow = atEnd;
  list.append(item);
  if (follow || mine) {
    toEnd();
  } else {
    newest.hidden = false;
  }
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  atEnd = true;
  newest.hidden = true;
}

newest.addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => {
  atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  newest.hidden ||= atEnd;
});

// The banner, a keyboard or a longer text take room from the list: who saw the newest message goes on seeing it.
new ResizeObserver(() => atEnd && toEnd()).observe(scroll);
