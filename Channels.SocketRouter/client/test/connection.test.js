import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { RouterClient } from "../dist/esm/index.js";
import { FakeSocket, options, pass, settled, useFakes } from "./fakes.js";

useFakes({ beforeEach, afterEach });

const states = (client) => {
  const heard = [client.state];
  client.onState((state) => heard.push(state));
  return heard;
};

test("an address may be relative to the page, and http means ws", () => {
  new RouterClient("https://example.org/router/?a=1", options());
  assert.equal(FakeSocket.last.url, "wss://example.org/router/?a=1");
  globalThis.location = { href: "http://localhost:8000/page/" };
  new RouterClient("../router/", options({ protocols: ["one"] }));
  delete globalThis.location;
  assert.equal(FakeSocket.last.url, "ws://localhost:8000/router/");
  assert.deepEqual(FakeSocket.last.protocols, ["one"]);
  assert.throws(() => new RouterClient("no address", options()), TypeError);
});

test("tells its states, and comes back after an end with waits that double", async () => {
  const client = new RouterClient("ws://host/", options());
  const heard = states(client);
  FakeSocket.last.open();
  await FakeSocket.last.end(1012, "restart");
  assert.deepEqual(client.lastClose, { code: 1012, reason: "restart" });
  assert.equal(client.retryAt, Date.now() + 1_000);
  for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const before = FakeSocket.all.length;
    await pass(wait - 1);
    assert.equal(FakeSocket.all.length, before, `nothing before ${wait}`);
    await pass(1);
    assert.equal(FakeSocket.all.length, before + 1);
    await FakeSocket.last.end();
  }
  assert.deepEqual(heard.slice(0, 5), ["connecting", "open", "waiting", "connecting", "waiting"]);
});

test("half of each wait is chance", async () => {
  Math.random.mock.mockImplementation(() => 0);
  const client = new RouterClient("ws://host/", options());
  await FakeSocket.last.end();
  assert.equal(client.retryAt, Date.now() + 500);
});

test("waits begin anew after a connection that lasted, not after one that ended at once", async () => {
  const client = new RouterClient("ws://host/", options());
  FakeSocket.last.open();
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  await FakeSocket.last.end();
  assert.equal(client.retryAt, Date.now() + 2_000);
  await pass(2_000);
  FakeSocket.last.open();
  await pass(5_000);
  await FakeSocket.last.end();
  assert.equal(client.retryAt, Date.now() + 1_000);
});

test("does not come back after 1008, unless it is told to", async () => {
  const client = new RouterClient("ws://host/", options());
  FakeSocket.last.open();
  await FakeSocket.last.end(1008, "go away");
  assert.equal(client.state, "closed");
  await pass(60_000);
  assert.equal(FakeSocket.all.length, 1);

  const other = new RouterClient("ws://host/", options({ reconnect: ({ code }) => code === 1008 }));
  await FakeSocket.last.end(1008);
  assert.equal(other.state, "waiting");
  other.close();
});

test("closes for good while it is open, while it waits, and while it connects; and can be opened again", async () => {
  const client = new RouterClient("ws://host/", options());
  const heard = states(client);
  FakeSocket.last.open();
  client.close(4000, "bye");
  assert.deepEqual(FakeSocket.last.closed, { code: 4000, reason: "bye" });
  client.connect();
  await FakeSocket.last.end();
  client.close();
  await pass(60_000);
  assert.equal(FakeSocket.all.length, 2);
  client.connect();
  client.close();
  FakeSocket.last.open();
  await settled();
  assert.deepEqual(heard, ["connecting", "open", "closed", "connecting", "waiting", "closed", "connecting", "closed"]);
});

test("a heartbeat without anything from the server ends the connection", async () => {
  const client = new RouterClient("ws://host/", options());
  FakeSocket.last.open();
  await pass(25_000);
  const ping = FakeSocket.last.request("PING");
  await FakeSocket.last.receive({ headers: null, payload: null, uuid: ping.uuid, route: "PONG" });
  await pass(10_000);
  assert.equal(client.state, "open");
  await pass(25_000);
  assert.equal(FakeSocket.last.sent.length, 2);
  await pass(10_000);
  assert.equal(client.state, "waiting");
  assert.ok(FakeSocket.last.closed);
  assert.equal(client.lastClose.reason, "heartbeat timeout");
});

test("no heartbeat when there is to be none", async () => {
  new RouterClient("ws://host/", options({ heartbeat: 0 }));
  FakeSocket.last.open();
  await pass(200_000);
  assert.equal(FakeSocket.last.sent.length, 0);
});

test("a handshake that hangs is given up", async () => {
  const client = new RouterClient("ws://host/", options());
  await pass(10_000);
  assert.equal(client.state, "waiting");
  assert.equal(client.lastClose.reason, "connect timeout");
});

test("back on a network it tries at once, and asks an open connection whether it is still there", async () => {
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  const client = new RouterClient("ws://host/", options());
  await FakeSocket.last.end();
  page.dispatchEvent(new Event("online"));
  assert.equal(client.state, "connecting");
  FakeSocket.last.open();
  page.dispatchEvent(new Event("online"));
  await pass(0);
  assert.ok(FakeSocket.last.request("PING"));
  await pass(10_000);
  assert.equal(client.state, "waiting");
  client.close();
  page.dispatchEvent(new Event("online"));
  assert.equal(client.state, "closed");
  delete globalThis.addEventListener;
  delete globalThis.removeEventListener;
});

test("an address that is a function is asked before each attempt; when it fails, so has the attempt", async () => {
  const answers = [async () => "ws://host/?token=1", async () => { throw new Error("no token"); }, () => "ws://host/?token=3"];
  const given = options();
  const client = new RouterClient(() => answers.shift()(), given);
  await settled();
  assert.equal(FakeSocket.last.url, "ws://host/?token=1");
  await FakeSocket.last.end();
  await pass(1_000);
  assert.equal(client.state, "waiting");
  assert.deepEqual(given.errors.map((error) => error.message), ["no token"]);
  await pass(2_000);
  assert.equal(FakeSocket.last.url, "ws://host/?token=3");
});

test("who closes while the address is being made gets no connection", async () => {
  let give;
  const client = new RouterClient(() => new Promise((resolve) => (give = resolve)), options());
  client.close();
  give("ws://host/");
  await settled();
  assert.equal(FakeSocket.all.length, 0);
});

test("frames that are no JSON and listeners that throw are told, and stop nothing", async () => {
  const given = options();
  const client = new RouterClient("ws://host/", given);
  client.onState(() => {
    throw new Error("listener");
  });
  const heard = states(client);
  const news = [];
  client.on("news", () => {
    throw new Error("push");
  });
  client.on("news", (payload) => news.push(payload));
  FakeSocket.last.open();
  const answer = client.call("r");
  await FakeSocket.last.receive("{");
  await FakeSocket.last.receive("null");
  await FakeSocket.last.receive("5");
  await FakeSocket.last.push("news", 1);
  await FakeSocket.last.reply("r", "done");
  assert.equal(await answer, "done");
  assert.deepEqual(news, [1]);
  assert.deepEqual(heard, ["connecting", "open"]);
  assert.deepEqual(given.errors.map((error) => error.message.split(" ")[0]), ["listener", "Expected", "push"]);
});

test("errors go to the console when nobody takes them", async () => {
  const told = mock.method(console, "error", () => {});
  new RouterClient("ws://host/", { WebSocket: FakeSocket });
  FakeSocket.last.open();
  await FakeSocket.last.receive("{");
  assert.equal(told.mock.callCount(), 1);
});
