// What the Python package's own client does on the wire, and no more: it is on no registry, so this one is written after its
// description. Its frames have all five fields, answers are found by their uuid alone, and it knows pushes, heartbeats and codes to
// come back after, but no topics.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { run, tell } from "./steps.js";

const [target] = process.argv.slice(2);
const forbidden = [1008, 1011];

class StockClient {
  heard = [];
  pongs = 0;
  codes = [];
  /** When it may try to come back: its five attempts are not spent on how long the test takes to start a server. */
  back = Promise.resolve();
  #url;
  #changed;
  #socket;
  #pending = new Map();
  #attempts = 0;

  constructor(url, changed) {
    this.#url = url;
    this.#changed = changed;
    this.#connect();
  }

  sendAndWait({ uuid = randomUUID(), route, payload, headers = {} }, patience = 120_000) {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Error("WebSocket is not connected."));
    }
    return new Promise((resolve) => {
      const sweep = setTimeout(() => this.#settle(uuid, null), patience);
      this.#pending.set(uuid, { resolve, sweep });
      this.#send({ uuid, route, headers: { token: "XYZ", ...headers }, payload, status: 200 });
    });
  }

  beat() {
    this.#send({ uuid: randomUUID(), route: "PING", headers: { token: "XYZ" }, payload: {}, status: 200 });
  }

  close() {
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #connect() {
    this.#socket = new WebSocket(this.#url);
    this.#socket.onopen = () => {
      this.#attempts = 0;
      this.#changed(true);
    };
    this.#socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      assert.notEqual(message, null);
      if (message.route === "PONG") {
        this.pongs++;
        return;
      }
      this.heard.push(message);
      this.#settle(message.uuid, message);
    };
    this.#socket.onerror = () => {};
    this.#socket.onclose = ({ code }) => {
      this.codes.push(code);
      [...this.#pending.keys()].forEach((uuid) => this.#settle(uuid, null));
      this.#changed(false);
      if (!forbidden.includes(code) && this.#attempts < 5) {
        const wait = Math.min(15_000, 1_000 * 2 ** this.#attempts++);
        this.back.then(() => setTimeout(() => this.#connect(), wait));
      }
    };
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #settle(uuid, message) {
    const pending = this.#pending.get(uuid);
    if (pending) {
      clearTimeout(pending.sweep);
      this.#pending.delete(uuid);
      pending.resolve({ message, success: message !== null });
    }
  }
}

run(async () => {
  let changed;
  const state = (expected) => new Promise((resolve) => (changed = (open) => open === expected && resolve()));
  let next = state(true);
  const client = new StockClient(`${target}router/?user=stock`, (open) => changed(open));
  await next;
  assert.deepEqual(client.heard, []); // nothing before it asks

  const ask = async (route, payload, uuid) => (await client.sendAndWait({ route, payload, uuid })).message;
  assert.deepEqual(await ask("sayHello", { name: "Ali" }, "u-1"), { headers: null, payload: "Hello, Ali!", uuid: "u-1", status: 200 });
  assert.deepEqual(await ask("sayHello", { name: "Ali" }, 77), { headers: null, payload: "Hello, Ali!", uuid: 77, status: 200 });
  assert.deepEqual(await ask("nope", null, "u-2"), { headers: null, payload: { error: "CallError.RouteNotFound" }, uuid: "u-2", status: 404 });
  assert.deepEqual(await ask("boom", null, "u-5"), { headers: null, payload: { error: "CallError.InternalServerError" }, uuid: "u-5", status: 500 });
  assert.deepEqual(await ask("getThing", { id: "zz" }, "u-4"), { headers: null, payload: null, uuid: "u-4", status: 404 });
  assert.deepEqual(await client.sendAndWait({ route: "slow", payload: { ms: 60_000 } }, 100), { message: null, success: false });
  client.beat();
  await ask("slow", { ms: 0 });
  assert.equal(client.pongs, 1);

  // A push that it has not asked for, by way of a topic, which to this client is a request like any other.
  const joined = await ask("$join", { topic: "room.stock" });
  assert.deepEqual([joined.status, joined.payload.offset], [200, 0]);
  await ask("publish", { topic: "room.stock", event: "news", payload: { n: 1 } });
  while (!client.heard.some(({ route }) => route === "news")) {
    await ask("slow", { ms: 10 });
  }
  assert.deepEqual(client.heard.find(({ route }) => route === "news").payload, { n: 1 });

  // The server is restarted: told by 1012, after which it comes back.
  next = state(false);
  const lost = client.sendAndWait({ route: "slow", payload: { ms: 60_000 } });
  let comeBack;
  client.back = new Promise((resolve) => (comeBack = resolve));
  await tell("stop");
  await next;
  assert.deepEqual(await lost, { message: null, success: false });
  assert.equal(client.codes[0], 1012);
  await assert.rejects(client.sendAndWait({ route: "sayHello", payload: { name: "B" } }), /not connected/);
  next = state(true);
  await tell("start");
  comeBack();
  await next;
  assert.equal((await ask("sayHello", { name: "again" })).payload, "Hello, again!");
  client.close();
});
