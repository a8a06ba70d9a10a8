import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { RouterClient, RouterError } from "../dist/esm/index.js";
import { FakeSocket, options, pass, settled, useFakes } from "./fakes.js";

useFakes({ beforeEach, afterEach });

const open = (more) => {
  const client = new RouterClient("ws://host/", options(more));
  FakeSocket.last.open();
  return client;
};

const fault = (expected) => (error) => error instanceof RouterError && error.fault === expected;

test("an answer is found by its uuid, whatever the order", async () => {
  const client = open({ headers: { token: "all", z: 1 } });
  const first = client.request("one", { a: 1 }, { headers: { token: "own" } });
  const second = client.request("two");
  assert.deepEqual(FakeSocket.last.sent, [
    { uuid: FakeSocket.last.sent[0].uuid, route: "one", headers: { token: "own", z: 1 }, payload: { a: 1 } },
    { uuid: FakeSocket.last.sent[1].uuid, route: "two", headers: { token: "all", z: 1 } },
  ]);
  await FakeSocket.last.reply("two", 2, 201, { retry: 1 });
  await FakeSocket.last.reply("one", { error: "mine" }, 422);
  assert.deepEqual(await second, { status: 201, ok: true, payload: 2, headers: { retry: 1 } });
  assert.deepEqual(await first, { status: 422, ok: false, payload: { error: "mine" }, headers: null });
});

test("headers may be made for each request", async () => {
  let token = 0;
  const client = open({ headers: () => ({ token: ++token }) });
  client.send("one");
  client.send("two");
  assert.deepEqual(FakeSocket.last.sent.map(({ headers }) => headers), [{ token: 1, noReply: true }, { token: 2, noReply: true }]);
});

test("call gives the payload, and rejects with what the server said", async () => {
  const client = open();
  const good = client.call("good");
  const refused = assert.rejects(client.call("bad"), (error) => {
    assert.equal(error.message, "bad: 429 CallError.TooManyRequests");
    assert.deepEqual([error.name, error.fault, error.status, error.payload, error.headers], ["RouterError", "status", 429, { error: "CallError.TooManyRequests" }, { retryAfterMs: 5 }]);
    return true;
  });
  await FakeSocket.last.reply("good", "Hello, Ali!");
  await FakeSocket.last.reply("bad", { error: "CallError.TooManyRequests" }, 429, { retryAfterMs: 5 });
  assert.equal(await good, "Hello, Ali!");
  await refused;
});

test("a request that nobody answers in time fails, and the server is told", async () => {
  const client = open({ timeout: 1_000 });
  const short = client.call("slow");
  const long = client.call("slower", null, { timeout: 3_000 });
  const endless = client.call("slowest", null, { timeout: 0 });
  const failed = assert.rejects(short, fault("timeout"));
  const { uuid } = FakeSocket.last.request("slow");
  await pass(1_000);
  await failed;
  assert.deepEqual(FakeSocket.last.request("$cancel").payload, { uuid });
  assert.equal(FakeSocket.last.request("$cancel").headers.noReply, true);
  const later = assert.rejects(long, fault("timeout"));
  await pass(2_000);
  await later;
  await pass(100_000);
  await FakeSocket.last.reply("slowest", 1);
  assert.equal(await endless, 1);
});

test("an abort rejects with its reason, and the server is told; before it is sent nothing is", async () => {
  const client = open();
  const controller = new AbortController();
  const running = client.call("slow", null, { signal: controller.signal });
  const failed = assert.rejects(running, (error) => error.name === "AbortError");
  controller.abort();
  await failed;
  assert.equal(FakeSocket.last.request("$cancel").payload.uuid, FakeSocket.last.request("slow").uuid);
  await FakeSocket.last.reply("slow", { error: "CallError.Cancelled" }, 499);

  const sent = FakeSocket.last.sent.length;
  await assert.rejects(client.call("never", null, { signal: AbortSignal.abort("why") }), (error) => error === "why");
  assert.equal(FakeSocket.last.sent.length, sent);
});

test("requests wait for the connection, in their order", async () => {
  const client = new RouterClient("ws://host/", options());
  const first = client.call("one");
  client.send("two");
  const aborted = new AbortController();
  const third = assert.rejects(client.call("three", null, { signal: aborted.signal }), (error) => error === "no more");
  aborted.abort("no more");
  await third;
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent.map(({ route }) => route), ["one", "two"]);
  await FakeSocket.last.reply("one", 1);
  assert.equal(await first, 1);
});

test("what is sent when the state is told goes behind what has waited", () => {
  const client = new RouterClient("ws://host/", options());
  client.onState(() => client.send("late"));
  client.send("early");
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent.map(({ route }) => route), ["early", "late"]);
});

test("a payload is sent as it was at the call; one that is no JSON fails there and stops nothing", async () => {
  const client = new RouterClient("ws://host/", options());
  const payload = { n: 1 };
  client.send("one", payload);
  payload.n = 2;
  const circle = {};
  circle.circle = circle;
  await assert.rejects(client.call("two", circle), TypeError);
  await assert.rejects(client.call("three", 1n), TypeError);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent.map(({ payload: sent }) => sent), [{ n: 1 }]);
});

test("a request that is not to wait fails at once", async () => {
  const client = new RouterClient("ws://host/", options());
  await assert.rejects(client.call("one", null, { queue: false }), fault("offline"));
  FakeSocket.last.open();
  assert.equal(FakeSocket.last.sent.length, 0);
});

test("only so many requests wait, and only as long as they may", async () => {
  const client = new RouterClient("ws://host/", options({ maxQueued: 2, timeout: 1_000 }));
  const waiting = [client.call("one"), client.call("two")].map((call) => assert.rejects(call, fault("timeout")));
  await assert.rejects(client.call("three"), fault("full"));
  await pass(1_000);
  await Promise.all(waiting);
  FakeSocket.last.open();
  assert.equal(FakeSocket.last.sent.length, 0);
});

test("what was sent fails when the connection ends; what waits does not", async () => {
  const client = open();
  const lost = assert.rejects(client.call("sent"), fault("lost"));
  await FakeSocket.last.end(1012, "restart");
  await lost;
  const waits = client.call("waits");
  await pass(1_000);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent.map(({ route }) => route), ["waits"]);
  await FakeSocket.last.reply("waits", 1);
  assert.equal(await waits, 1);
});

test("with an idempotency key a request is sent again after the end of a connection", async () => {
  const client = open();
  const order = client.call("order", { n: 1 }, { idempotencyKey: "k-1" });
  const sent = FakeSocket.last.request("order");
  assert.equal(sent.headers.idempotencyKey, "k-1");
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.request("order"), sent);

  // The first one is still running: asked again after a while.
  await FakeSocket.last.reply("order", { error: "CallError.Conflict" }, 409, { retryAfterMs: 200 });
  await pass(200);
  assert.equal(FakeSocket.last.sent.length, 2);
  await FakeSocket.last.reply("order", "done");
  assert.equal(await order, "done");
});

test("a conflict that the application means is an answer", async () => {
  const client = open();
  const answer = client.request("order", null, { idempotencyKey: "k-1" });
  await FakeSocket.last.reply("order", "taken", 409);
  assert.equal((await answer).status, 409);
});

test("closing fails everything that waits, and what comes after", async () => {
  const client = open();
  const sent = assert.rejects(client.call("sent", null, { idempotencyKey: "k" }), fault("closed"));
  client.close();
  await sent;
  await assert.rejects(client.call("more"), fault("closed"));
});

test("before the first connect requests wait; it need not be at once", async () => {
  const client = new RouterClient("ws://host/", options({ autoConnect: false }));
  const answer = client.call("early");
  assert.equal(FakeSocket.all.length, 0);
  client.connect();
  FakeSocket.last.open();
  await FakeSocket.last.reply("early", 1);
  assert.equal(await answer, 1);
});

test("pushes reach those who listen to their route", async () => {
  const client = open();
  const heard = [];
  const end = client.on("news", (payload, message) => heard.push([payload, message.status]));
  await FakeSocket.last.push("news", { n: 1 });
  await FakeSocket.last.push("other", { n: 2 });
  end();
  await FakeSocket.last.push("news", { n: 3 });
  assert.deepEqual(heard, [[{ n: 1 }, 200]]);
});

test("an answer that carries a route, as old servers send it, is one", async () => {
  const client = open();
  const answer = client.call("one");
  const { uuid } = FakeSocket.last.request("one");
  await FakeSocket.last.receive({ uuid, route: "one", headers: null, payload: 1, status: 200 });
  assert.equal(await answer, 1);
});

const item = (stream, seq, payload) => FakeSocket.last.receive({ headers: { stream, seq }, payload, uuid: "", status: 206, route: "$item" });

const collect = async (stream) => {
  const items = [];
  for (let step = await stream.next(); ; step = await stream.next()) {
    if (step.done) {
      return [items, step.value];
    }
    items.push(step.value);
  }
};

test("a stream gives its items in order, and what ends it", async () => {
  const client = open();
  const all = collect(client.stream("count", { to: 3 }));
  await settled();
  const { uuid, headers } = FakeSocket.last.request("count");
  assert.equal(headers.stream, true);
  await item(uuid, 2, "b");
  await item(uuid, 1, "a");
  await FakeSocket.last.reply("count", "sum", 200, { items: 3 }); // has overtaken the last item
  await item(uuid, 3, "c");
  assert.deepEqual(await all, [["a", "b", "c"], "sum"]);
  assert.equal(FakeSocket.last.request("$cancel"), undefined);
});

test("leaving a stream, or its end by an error, stops the server and the loop", async () => {
  const client = open();
  const stream = client.stream("count");
  const first = stream.next();
  await settled();
  const { uuid } = FakeSocket.last.request("count");
  await item(uuid, 1, "a");
  assert.deepEqual(await first, { value: "a", done: false });
  await stream.return();
  assert.equal(FakeSocket.last.request("$cancel").payload.uuid, uuid);

  const failing = collect(client.stream("boom"));
  await settled();
  const failed = assert.rejects(failing, (error) => error.status === 500);
  await FakeSocket.last.reply("boom", { error: "CallError.InternalServerError" }, 500);
  await failed;

  const stop = new AbortController();
  const aborted = collect(client.stream("long", null, { signal: stop.signal }));
  await settled();
  const reason = assert.rejects(aborted, (error) => error === "enough");
  stop.abort("enough");
  await reason;

  const lost = collect(client.stream("lost"));
  await settled();
  const gone = assert.rejects(lost, fault("lost"));
  await FakeSocket.last.end();
  await gone;
});

test("a stream may last as long as items come", async () => {
  const client = open({ timeout: 1_000 });
  const all = collect(client.stream("count"));
  await settled();
  const { uuid } = FakeSocket.last.request("count");
  for (let seq = 1; seq <= 3; seq++) {
    await pass(900);
    await item(uuid, seq, seq);
  }
  const failed = assert.rejects(all, fault("timeout"));
  await pass(1_000);
  await failed;
});
