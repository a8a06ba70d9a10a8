"use strict";

const sizes = document.getElementById("sizes");
const status = document.getElementById("status");
const remove = document.getElementById("delete");
const drop = document.getElementById("drop");
let picture = null;
let socket = null;
let told = false; // by the worker, which may be faster than the answer to the upload

const say = (text) => { status.textContent = text; };

// Watch first, upload then: nothing that the worker tells can be missed.
function watch(id) {
  socket?.close();
  const address = new URL(`/ws/pictures/${id}/`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.onmessage = (event) => show(JSON.parse(event.data));
  return new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("The server cannot be reached."));
  });
}

function show(progress) {
  told = true;
  if (progress.state === "failed") {
    say(progress.error);
  } else if (progress.state === "deleted") {
    sizes.replaceChildren();
    remove.disabled = true;
    say("The thumbnails are gone.");
  } else {
    update(itemOf(progress.size), progress);
  }
}

function itemOf(size) {
  let item = document.getElementById(`size-${size}`);
  if (!item) {
    item = document.createElement("li");
    item.id = `size-${size}`;
    item.append(document.createElement("progress"), document.createElement("span"));
    item.lastChild.textContent = `${size} px`;
    sizes.append(item);
  }
  return item;
}

function update(item, progress) {
  if (progress.state !== "done") { return; }
  const image = new Image();
  image.alt = `Thumbnail of ${progress.size} pixels`;
  image.src = `data:${progress.contentType};base64,${progress.file}`;
  item.querySelector("progress")?.replaceWith(image);
  if (progress.size === 256) {
    remove.disabled = false;
    say("Done.");
  }
}

// What the worker reads goes as it is. Whatever else the browser can show becomes a PNG here.
async function toFile(source) {
  if (["image/jpeg", "image/png", "image/webp"].includes(source.type)) { return source; }
  const bitmap = await createImageBitmap(source);
  const scale = Math.min(1, 1024 / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

async function upload(source) {
  sizes.replaceChildren();
  remove.disabled = true;
  told = false;
  try {
    say("Sending…");
    const file = await toFile(source);
    picture = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.floor(Math.random() * 1e9)}`;
    await watch(picture);
    const answer = await fetch(`/pictures/${picture}`, { method: "POST", body: file });
    const text = await answer.text();
    if (!told) { say(text); }
  } catch (error) {
    say(`This did not work: ${error.message}`);
  }
}

function draw() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 512;
  const pen = canvas.getContext("2d");
  for (let i = 0; i < 64; i++) {
    pen.fillStyle = `hsl(${i * 11} 65% ${30 + (i % 8) * 7}%)`;
    pen.beginPath();
    pen.arc(256 + 180 * Math.cos(i * 2.4) * (i / 64), 256 + 180 * Math.sin(i * 2.4) * (i / 64), 70 - i, 0, 7);
    pen.fill();
  }
  return canvas;
}

document.getElementById("file").addEventListener("change", (event) => {
  if (event.target.files.length > 0) { upload(event.target.files[0]); }
});
document.getElementById("demo").addEventListener("click", () => upload(draw()));
remove.addEventListener("click", () => fetch(`/pictures/${picture}`, { method: "DELETE" }));
drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer.files.length > 0) { upload(event.dataTransfer.files[0]); }
});
