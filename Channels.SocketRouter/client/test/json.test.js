import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { JsonClient } from "../dist/esm/index.js";
import { FakeSocket, options, pass, settled, useFakes } from "./fakes.js";

useFakes({ beforeEach, afterEach });

test("messages are heard by their type, and sent as they are", async () => {
  const client = new JsonClient("ws://host/", options());
  const said = [];
  const all = [];
  const end = client.on("said", ({ text }) => said.push(text));
  client.onMessage(({ type }) => all.push(type));
  FakeSocket.last.open();
  assert.equal(client.send({ type: "say", text: "hello" }), true);
  assert.deepEqual(FakeSocket.last.sent, [{ type: "say", text: "hello" }]);
  await FakeSocket.last.receive({ type: "said", text: "a" });
  await FakeSocket.last.receive({ type: "left" });
  await FakeSocket.last.receive("5");
  await FakeSocket.last.receive("null");
  end();
  await FakeSocket.last.receive({ type: "said", text: "b" });
  assert.deepEqual(said, ["a"]);
  assert.deepEqual(all, ["said", "left", "said"]);
});

test("comes back with the place of the last message, and takes none twice", async () => {
  const client = new JsonClient((position) => `ws://host/${position ? `?since=${position}` : ""}`, options());
  const texts = [];
  client.on("message", ({ text }) => texts.push(text));
  await settled();
  assert.equal(FakeSocket.last.url, "ws://host/");
  FakeSocket.last.open();
  await FakeSocket.last.receive({ type: "message", position: "e1:9", text: "a" });
  await FakeSocket.last.receive({ type: "message", position: "e1:10", text: "b" });
  assert.equal(client.position, "e1:10");
  await FakeSocket.last.end();
  await pass(1_000);
  assert.equal(FakeSocket.last.url, "ws://host/?since=e1:10");
  FakeSocket.last.open();
  await FakeSocket.last.receive({ type: "message", position: "e1:10", text: "b" });
  await FakeSocket.last.receive({ type: "message", position: "e1:11", text: "c" });
  await FakeSocket.last.receive({ type: "message", position: "e2:1", text: "d" });
  assert.deepEqual(texts, ["a", "b", "c", "d"]);
});

test("says hello first, with the place, in words of the application", async () => {
  const client = new JsonClient("ws://host/", options({ position: ({ at }) => at, hello: (since) => ({ type: "join", since }) }));
  client.send({ type: "say", text: "early" });
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent, [{ type: "join" }, { type: "say", text: "early" }]);
  await FakeSocket.last.receive({ type: "said", at: "e:4" });
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent, [{ type: "join", since: "e:4" }]);
});

test("what waits for the connection is bounded, and nothing waits for a client that is closed", () => {
  const client = new JsonClient("ws://host/", options({ maxQueued: 1 }));
  assert.deepEqual([client.send({ type: "a" }), client.send({ type: "b" })], [true, false]);
  client.close();
  assert.equal(client.send({ type: "c" }), false);
  client.connect();
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent, []);
});

test("a heartbeat is what the application answers, and none by itself", async () => {
  const client = new JsonClient("ws://host/", options({ ping: () => ({ type: "ping" }) }));
  FakeSocket.last.open();
  await pass(25_000);
  assert.deepEqual(FakeSocket.last.sent, [{ type: "ping" }]);
  await FakeSocket.last.receive({ type: "pong" });
  await pass(10_000);
  assert.equal(client.state, "open");
  await pass(25_000);
  await pass(10_000);
  assert.equal(client.state, "waiting");

  const silent = new JsonClient("ws://host/", options());
  FakeSocket.last.open();
  await pass(200_000);
  assert.equal(silent.state, "open");
});
