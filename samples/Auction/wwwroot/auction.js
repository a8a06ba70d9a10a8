"use strict";

const element = (id) => document.getElementById(id);
const id = location.pathname.startsWith("/auctions/") ? location.pathname.split("/")[2] : null;
let auction = null;
let ahead = 0; // milliseconds by which the server's clock is ahead of this one

const say = (text) => { element("status").textContent = text; };

// The first message is the whole state, and so is every other: after a drop nothing needs to be made up for.
function watch() {
  const address = new URL(`/ws/auctions/${id}/`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  socket.onmessage = (event) => {
    const next = JSON.parse(event.data);
    if (!auction || next.version > auction.version) { // states of two processes may overtake each other
      auction = next;
      show();
    }
  };
  socket.onclose = () => setTimeout(watch, 1000 + Math.random() * 2000);
}

function show() {
  document.title = element("title").textContent = auction.title;
  element("price").textContent = auction.price;
  element("leader").textContent = auction.leader ? `by ${auction.leader}` : "no bid yet";
  element("bid").elements.amount.min = auction.price + 1;
  element("auction").hidden = false;
  count();
}

function count() {
  if (!auction) { return; }
  const left = Math.max(0, Date.parse(auction.endsAt) - Date.now() - ahead);
  const seconds = Math.ceil(left / 1000);
  const two = (number) => String(number).padStart(2, "0");
  element("left").textContent = auction.closed ? (auction.leader ? `Sold to ${auction.leader}.` : "Nobody has bidden.")
    : `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)} left`;
  element("bid").querySelector("button").disabled = auction.closed || left === 0;
}

async function post(address, content) {
  const answer = await fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) });
  const body = await answer.json();
  say(answer.ok ? "" : [body.detail, ...Object.values(body.errors ?? {}).flat()].join(" "));
  return answer.ok ? body : null;
}

function onSubmit(form, send) {
  element(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    try {
      await send(fields);
    } catch {
      say("The server cannot be reached.");
    }
  });
}

onSubmit("open", async (fields) => {
  const opened = await post("/auctions", { title: fields.title.value, price: Number(fields.price.value), seconds: Number(fields.seconds.value) });
  if (opened) { location.href = `/auctions/${opened.id}`; }
});
onSubmit("bid", async (fields) => {
  if (await post(`/auctions/${id}/bids`, { name: fields.name.value, amount: Number(fields.amount.value) })) { say("Your bid was taken."); }
});

if (id) {
  element("open").hidden = true;
  fetch(location.href, { method: "HEAD", cache: "no-store" }).then((answer) => { ahead = Date.parse(answer.headers.get("date")) - Date.now(); }).catch(() => {}).finally(watch);
  setInterval(count, 250);
}
