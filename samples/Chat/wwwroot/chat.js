import { Connection } from "./connection.js";
import { memory, newKey } from "./memory.js";
import { News } from "./news.js";
import { startTheme } from "./theme.js";
import * as log from "./log.js";
import * as people from "./people.js";
import * as rooms from "./rooms.js";

const $ = (id) => document.getElementById(id);
const composer = $("composer-text");
let connection = null;
let room = "";
let you = "";
let position = null; // of the last message in the room's history that this page has
let typingSent = 0;
let typingTimer = 0;
const news = new News();
const longestText = 2_000; // as the server has it

const roomOfPage = () => decodeURIComponent(location.pathname.match(/^\/room\/([^/]+)\/?$/)?.[1] ?? "");

function route() {
  const wanted = roomOfPage();
  if (wanted && rooms.isRoom(wanted) && memory.name) {
    openRoom(wanted);
  } else {
    openLobby(wanted);
  }
}

function go(name) {
  if (name !== room) {
    history.pushState(null, "", `/room/${encodeURIComponent(name)}`);
  }
  closeSide();
  route();
}

// --- the entrance ---

async function openLobby(wanted) {
  leaveRoom();
  $("app").hidden = true;
  $("lobby").hidden = false;
  document.title = "Channels chat";
  $("enter-name").value = memory.name;
  $("enter-room").value = wanted || memory.rooms[0] || "lobby";
  $("enter-name").focus();
  rooms.showOpenRooms(await rooms.fetchRooms(), (name) => {
    $("enter-room").value = name;
    enter();
  });
}

function enter() {
  const name = $("enter-name").value.trim();
  const wanted = rooms.nameOf($("enter-room").value);
  if (!name) {
    $("enter-error").textContent = "Tell the others your name.";
    $("enter-name").focus();
  } else if (!rooms.isRoom(wanted)) {
    $("enter-error").textContent = "A room's name has letters, digits, hyphens and underscores.";
    $("enter-room").focus();
  } else {
    $("enter-error").textContent = "";
    memory.name = name;
    go(wanted);
  }
}

// --- the room ---

function openRoom(name) {
  if (name === room && connection) {
    return;
  }

  leaveRoom();
  room = name;
  memory.visit(name);
  $("lobby").hidden = true;
  $("app").hidden = false;
  $("room-title").textContent = name;
  document.title = `#${name} · Channels chat`;
  composer.placeholder = `Message #${name}`;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  connection = new Connection(`${scheme}//${location.host}/ws/chat/${encodeURIComponent(name)}/`, {
    open: () => connection.send({ type: "join", name: memory.name, session: memory.session, since: position }),
    message: receive,
    state: showState,
  });
  composer.focus();
  refreshRooms();
}

function leaveRoom() {
  connection?.stop();
  connection = null;
  room = "";
  position = null;
  people.forget();
  log.clear();
  $("typing").textContent = "";
  $("banner").hidden = true;
}

async function refreshRooms() {
  if (room) {
    rooms.showRooms(await rooms.fetchRooms(), room, go);
  }
}

function receive(message) {
  if ((message.type === "joined" || message.type === "left") && !news.isNew(message)) {
    return;
  }

  switch (message.type) {
    case "welcome":
      welcome(message);
      break;
    case "message":
      position = message.position ?? position;
      log.addMessage(message, { mine: message.sender === you });
      $("typing").textContent = "";
      break;
    case "joined":
      // Oneself, or somebody the welcome has listed already, is no news.
      if (message.person.id !== you && !people.has(message.person)) {
        people.joined(message.person, log.addNote);
      }
      people.add(message.person, you);
      break;
    case "left":
      people.remove(message.person, you);
      people.left(message.person, log.addNote);
      break;
    case "typing":
      showTyping(message.person);
      break;
    case "problem":
      log.fail(message.key);
      log.addNote(message.text, "bad");
      break;
  }
}

function welcome(message) {
  if (message.gone) {
    log.addNote("The server does not know any more what was said before; it is only on this page.", "line");
  }
  you = message.you;
  $("me").replaceChildren(log.face({ id: you, name: memory.name }), Object.assign(document.createElement("span"), { textContent: memory.name }));
  people.resume(message.people.concat({ id: you }), log.addNote);
  people.show(message.people, you);
  news.begin(message.epoch, message.change);
  message.history.forEach((said) => log.addMessage(said, { mine: said.sender === you, quiet: true }));
  position = message.history.at(-1)?.position ?? position;
  log.unconfirmed().forEach(({ key, text }) => connection.send({ type: "say", key, text }));
  if (log.isEmpty() && !document.querySelector(".empty")) {
    log.showEmpty(room);
  }
  refreshRooms();
}

function showState(state, seconds) {
  $("status").dataset.state = state;
  $("status-text").textContent = { connecting: "Connecting…", open: "Connected", waiting: "Offline", closed: "" }[state];
  if (state === "waiting") {
    people.drop();
    $("banner").hidden = false;
    $("banner-text").textContent = `The connection is lost. Trying again in ${seconds} s.`;
  } else if (state === "connecting") {
    $("banner-text").textContent = "The connection is lost. Trying again…"; // seen only when the banner is up
  } else {
    $("banner").hidden = true;
  }
}

function showTyping(person) {
  if (person.id !== you) {
    $("typing").textContent = `${person.name} is writing…`;
    clearTimeout(typingTimer);
    typingTimer = setTimeout(() => ($("typing").textContent = ""), 4_000);
  }
}

function say() {
  const text = composer.value.trim();
  if (!text || !room || text.length > longestText) {
    return; // the counter says why
  }

  const key = newKey();
  log.addMessage({ key, sender: you || "me", name: memory.name, text, at: Date.now() }, { mine: true, isPending: true });
  connection.send({ type: "say", key, text }); // offline: it goes out with the next welcome
  composer.value = "";
  typingSent = 0;
  grow();
  count();
}

// A text that is too long is not cut behind the person's back: the page says by how much, and waits.
function count() {
  const left = longestText - composer.value.trim().length;
  $("composer-count").hidden = left > 200;
  $("composer-count").textContent = left < 0 ? `${-left} characters too many` : `${left} characters left`;
  $("composer-send").disabled = left < 0;
  composer.setAttribute("aria-invalid", `${left < 0}`);
}

function grow() {
  composer.style.height = "auto";
  composer.style.height = `${composer.scrollHeight + 2}px`;
}

function closeSide() {
  $("side").classList.remove("open");
  $("shade").hidden = true;
  $("side-open").setAttribute("aria-expanded", "false");
}

// --- hands on the page ---

$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  enter();
});
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
composer.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say();
  }
});
composer.addEventListener("input", () => {
  grow();
  count();
  if (composer.value && Date.now() - typingSent > 2_500) {
    typingSent = Date.now();
    connection?.send({ type: "typing" });
  }
});
$("switch").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = rooms.nameOf($("switch-room").value);
  if (rooms.isRoom(wanted)) {
    $("switch-room").value = "";
    go(wanted);
  }
});
$("rename").addEventListener("click", () => {
  const back = room;
  history.pushState(null, "", "/");
  openLobby(back);
  $("enter-name").select();
});
$("retry").addEventListener("click", () => connection?.retry());
$("side-open").addEventListener("click", () => {
  $("side").classList.add("open");
  $("shade").hidden = false;
  $("side-open").setAttribute("aria-expanded", "true");
  $("side-close").focus();
});
$("side-close").addEventListener("click", closeSide);
$("shade").addEventListener("click", closeSide);
addEventListener("keydown", (event) => {
  const writing = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && room) {
    event.preventDefault();
    $("side-open").offsetParent && $("side-open").click();
    $("switch-room").focus();
  } else if (event.key === "/" && !writing && room) {
    event.preventDefault();
    composer.focus();
  } else if (event.key === "Escape") {
    closeSide();
    if (room) {
      composer.focus();
    }
  }
});
addEventListener("popstate", route);
setInterval(refreshRooms, 20_000);

startTheme();
route();
