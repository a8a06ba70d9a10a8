import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { RouterClient } from "../dist/esm/index.js";
import { FakeSocket, options, pass, settled, useFakes } from "./fakes.js";

useFakes({ beforeEach, afterEach });

const open = (more) => {
  const client = new RouterClient("ws://host/", options(more));
  FakeSocket.last.open();
  return client;
};

const joined = (offset, more = {}) => FakeSocket.last.reply("$join", { topic: "room", epoch: "e1", offset, recovered: false, messages: [], ...more });

const publish = (offset, payload, epoch = "e1", more = {}) => FakeSocket.last.push("said", payload, { topic: "room", epoch, offset, ...more });

// A topic with everything it tells, in one list.
const follow = (client, topicOptions) => {
  const topic = client.topic("room", topicOptions);
  const heard = [];
  topic.on("said", (payload) => heard.push(payload));
  topic.onReset((reason) => heard.push(`reset ${reason}`));
  return { topic, heard };
};

const joins = () => FakeSocket.last.sent.filter(({ route }) => route === "$join").map(({ payload }) => payload);

test("joins, and hears what is published from then on, each event by its name", async () => {
  const client = open();
  const { topic, heard } = follow(client);
  const states = [];
  const all = [];
  topic.onState((state) => states.push(state));
  topic.onMessage((message) => all.push(message));
  assert.deepEqual(joins(), [{ topic: "room" }]);
  assert.equal(topic.state, "joining");
  await joined(2);
  await publish(3, "a");
  await FakeSocket.last.push("left", "b", { topic: "room", epoch: "e1", offset: 4 });
  await FakeSocket.last.push("typing", "c", { topic: "room" });
  await FakeSocket.last.push("said", "not ours", { topic: "elsewhere", epoch: "e1", offset: 5 });
  assert.deepEqual(heard, ["a"]);
  assert.deepEqual(all, [
    { event: "said", payload: "a", position: { epoch: "e1", offset: 3 }, redelivered: false },
    { event: "left", payload: "b", position: { epoch: "e1", offset: 4 }, redelivered: false },
    { event: "typing", payload: "c", position: undefined, redelivered: false },
  ]);
  assert.deepEqual(states, ["joined"]);
  assert.deepEqual(topic.position, { epoch: "e1", offset: 4 });
});

test("comes back to where it was: what was missed, then what comes, each once", async () => {
  const client = open();
  const { heard } = follow(client);
  await joined(2);
  await publish(3, "a");
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  assert.deepEqual(joins(), [{ topic: "room", since: { epoch: "e1", offset: 3 } }]);
  await publish(6, "d"); // overtakes the answer
  await joined(6, { recovered: true, messages: [{ offset: 4, payload: "b", route: "said" }, { offset: 5, payload: "c", route: "said" }, { offset: 6, payload: "d", route: "said" }] });
  await publish(6, "d");
  await publish(7, "e");
  assert.deepEqual(heard, ["a", "b", "c", "d", "e"]);
});

test("topics are joined before requests that have waited are sent", async () => {
  const client = new RouterClient("ws://host/", options());
  client.send("early");
  follow(client);
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.sent.map(({ route }) => route), ["$join", "early"]);
});

test("messages that overtake others are put in order", async () => {
  const client = open();
  const { heard } = follow(client);
  await joined(0);
  await publish(3, "c");
  await publish(1, "a");
  await publish(2, "b");
  await publish(2, "b");
  await pass(10_000);
  assert.deepEqual(heard, ["a", "b", "c"]);
  assert.equal(joins().length, 1);
});

test("a message that stays away is asked for", async () => {
  const client = open();
  const { heard } = follow(client);
  await joined(0);
  await publish(1, "a");
  await publish(3, "c");
  await pass(500);
  assert.deepEqual(joins().at(-1), { topic: "room", since: { epoch: "e1", offset: 1 } });
  await publish(4, "d");
  assert.deepEqual(heard, ["a"]);
  await joined(3, { recovered: true, messages: [{ offset: 2, payload: "b", route: "said" }, { offset: 3, payload: "c", route: "said" }] });
  assert.deepEqual(heard, ["a", "b", "c", "d"]);
});

test("what is gone is told, and it goes on from there", async () => {
  const client = open();
  const { topic, heard } = follow(client);
  await joined(2);
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  await joined(7, { epoch: "e2" });
  await publish(8, "x", "e2");
  assert.deepEqual(heard, ["reset unrecoverable", "x"]);
  await FakeSocket.last.push("$reset", { topic: "room", epoch: "e2", offset: 12, reason: "unrecoverable" });
  await publish(12, "old", "e2");
  await publish(13, "y", "e2");
  assert.deepEqual(heard, ["reset unrecoverable", "x", "reset unrecoverable", "y"]);
  assert.deepEqual(topic.position, { epoch: "e2", offset: 13 });
});

test("a subscription that the server could not keep is asked for again", async () => {
  const client = open();
  const { topic, heard } = follow(client);
  await joined(2);
  await FakeSocket.last.push("$reset", { topic: "room", epoch: "e1", offset: 2, reason: "unavailable" });
  assert.equal(topic.state, "joining");
  await pass(2_000);
  assert.deepEqual(joins().at(-1).since, { epoch: "e1", offset: 2 });
  await joined(3, { recovered: true, messages: [{ offset: 3, payload: "a", route: "said" }] });
  assert.deepEqual(heard, ["a"]);
});

test("a visit may begin where another ended, with what was acknowledged, or with the newest", async () => {
  const client = open();
  const { heard } = follow(client, { since: { epoch: "e1", offset: 7 } });
  assert.deepEqual(joins()[0].since, { epoch: "e1", offset: 7 });
  await joined(8, { recovered: true, messages: [{ offset: 8, payload: "h", route: "said" }] });
  assert.deepEqual(heard, ["h"]);
  client.close();

  const newest = follow(open(), { since: "last" });
  assert.equal(joins()[0].since, "last");
  await joined(8, { messages: [{ offset: 8, payload: "h", route: "said" }] });
  await publish(9, "i");
  assert.deepEqual(newest.heard, ["h", "i"]);
});

test("a refusal is told, and asked about again with the next connection only", async () => {
  const client = open();
  const { topic } = follow(client);
  await FakeSocket.last.reply("$join", { error: "CallError.AccessDenied" }, 403);
  assert.equal(topic.state, "refused");
  assert.equal(topic.error.status, 403);
  await pass(20_000);
  assert.equal(joins().length, 1);
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  await joined(0);
  assert.equal(topic.state, "joined");
  assert.equal(topic.error, undefined);
});

test("a server that cannot now is asked again after a while", async () => {
  const client = open();
  const { topic } = follow(client);
  await FakeSocket.last.reply("$join", { error: "CallError.TooManyRequests" }, 429, { retryAfterMs: 300 });
  await pass(300);
  await FakeSocket.last.reply("$join", { error: "CallError.ServiceUnavailable" }, 503);
  await pass(2_000);
  assert.equal(joins().length, 3);
  await joined(0);
  assert.equal(topic.state, "joined");
});

test("is left when all uses have left it", async () => {
  const client = open();
  const { topic, heard } = follow(client);
  assert.equal(client.topic("room"), topic);
  await joined(0);
  topic.leave();
  assert.equal(FakeSocket.last.request("$leave"), undefined);
  topic.leave();
  assert.deepEqual(FakeSocket.last.request("$leave").payload, { topic: "room" });
  assert.equal(topic.state, "left");
  await publish(1, "late");
  assert.deepEqual(heard, []);
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  assert.equal(FakeSocket.last.sent.length, 0);
  assert.notEqual(client.topic("room"), topic);
});

test("acknowledges what listeners are done with, several at once", async () => {
  const client = open();
  const topic = client.topic("room", { ack: { window: 4 } });
  const working = [];
  topic.on("said", (payload) => new Promise((resolve) => working.push([payload, resolve])));
  assert.deepEqual(joins()[0], { topic: "room", ack: { window: 4 } });
  await joined(0);
  await publish(1, "a");
  await publish(2, "b");
  await pass(1_000);
  assert.equal(FakeSocket.last.request("$ack"), undefined);
  assert.deepEqual(working.map(([payload]) => payload), ["a"]); // one after another
  working[0][1]();
  await settled();
  working[1][1]();
  await settled();
  await pass(100);
  const acknowledged = FakeSocket.last.request("$ack");
  assert.deepEqual(acknowledged.payload, { topic: "room", epoch: "e1", offset: 2 });
  assert.equal(acknowledged.headers.noReply, true);

  // Sent again because the acknowledgement was lost: not told again, acknowledged again.
  await publish(2, "b", "e1", { redelivered: true });
  await pass(100);
  assert.equal(working.length, 2);
  assert.equal(FakeSocket.last.sent.filter(({ route }) => route === "$ack").length, 2);
});

test("a listener that fails stops neither the topic nor its acknowledgements", async () => {
  const given = options();
  const client = new RouterClient("ws://host/", given);
  FakeSocket.last.open();
  const topic = client.topic("room", { ack: true });
  topic.on("said", async (payload) => {
    throw new Error(payload);
  });
  assert.deepEqual(joins()[0].ack, {});
  await joined(0);
  await publish(1, "a");
  await publish(2, "b");
  await pass(100);
  assert.deepEqual(given.errors.map((error) => error.message), ["a", "b"]);
  assert.equal(FakeSocket.last.request("$ack").payload.offset, 2);
});

const state = (...keys) => Object.fromEntries(keys.map((key) => [key, { metas: [{ ref: key }] }]));

const diff = (version, joins, leaves, epoch = "p1") => FakeSocket.last.push("$presence.diff", { joins: state(...joins), leaves: state(...leaves) }, { topic: "room", epoch, version });

const present = async (...keys) => {
  const client = open();
  const topic = client.topic("room", { presence: { meta: { name: "Ali" } } });
  const changes = [];
  topic.onPresence((_, { joined, left }) => changes.push(`+${joined} -${left}`));
  assert.deepEqual(joins()[0].presence, { meta: { name: "Ali" } });
  await joined(0, { presence: { epoch: "p1", version: 3, state: state(...keys) } });
  return { topic, changes, keys: () => [...topic.presence.keys()] };
};

test("who is there: a snapshot, and who comes and goes", async () => {
  const { topic, changes, keys } = await present("ali");
  const before = topic.presence;
  assert.equal(topic.presence, before);
  await diff(4, ["eve"], []);
  assert.deepEqual(keys(), ["ali", "eve"]);
  assert.notEqual(topic.presence, before);
  assert.deepEqual([...before.keys()], ["ali"]);
  await diff(4, ["eve"], []);
  await diff(5, [], ["ali"]);
  assert.deepEqual(changes, ["+ali -", "+eve -", "+ -ali"]);
});

test("new metadata are no arrival, and several connections of one key leave one by one", async () => {
  const { topic, changes } = await present("ali");
  const news = (version, joins, leaves = {}) => FakeSocket.last.push("$presence.diff", { joins, leaves }, { topic: "room", epoch: "p1", version });
  await news(4, { ali: { metas: [{ ref: "ali", mood: "good" }] } });
  assert.deepEqual(topic.presence.get("ali"), [{ ref: "ali", mood: "good" }]);
  await news(5, { ali: { metas: [{ ref: "2" }] } });
  assert.equal(topic.presence.get("ali").length, 2);
  await news(6, { ali: { metas: [{ ref: "3" }] } }, { ali: { metas: [{ ref: "2" }] } });
  assert.deepEqual(topic.presence.get("ali").map(({ ref }) => ref), ["ali", "3"]);
  await news(7, {}, { ali: { metas: [{ ref: "ali" }, { ref: "3" }] } });
  assert.equal(topic.presence.size, 0);
  assert.deepEqual(changes, ["+ali -", "+ -", "+ -", "+ -", "+ -ali"]);
});

test("a change that is missing is waited for, and then the whole is asked for", async () => {
  const { keys } = await present("ali");
  await diff(5, ["eve"], []);
  await diff(4, ["bob"], []);
  assert.deepEqual(keys(), ["ali", "bob", "eve"]);
  await diff(7, ["zoe"], []);
  await pass(999);
  assert.equal(FakeSocket.last.request("$presence"), undefined);
  await pass(1);
  await FakeSocket.last.reply("$presence", { topic: "room", epoch: "p1", version: 7, state: state("zoe") });
  assert.deepEqual(keys(), ["zoe"]);
});

test("another epoch is asked about at once, and a state that is pushed counts", async () => {
  const { keys } = await present("ali");
  await diff(1, ["eve"], [], "p2");
  await pass(0);
  await FakeSocket.last.reply("$presence", { topic: "room", epoch: "p2", version: 1, state: state("eve") });
  assert.deepEqual(keys(), ["eve"]);
  await FakeSocket.last.push("$presence.state", { topic: "room", epoch: "p3", version: 1, state: state("bob") });
  assert.deepEqual(keys(), ["bob"]);
});

test("after a reconnect the list is the server's, and what has changed is told", async () => {
  const { topic, changes, keys } = await present("ali", "bob");
  assert.equal(topic.more, false);
  await FakeSocket.last.end();
  await pass(1_000);
  FakeSocket.last.open();
  assert.deepEqual(keys(), ["ali", "bob"]);
  await joined(0, { recovered: true, presence: { epoch: "p1", version: 9, state: state("bob", "eve"), more: true } });
  assert.deepEqual(keys(), ["bob", "eve"]);
  assert.equal(changes.at(-1), "+eve -ali");
  assert.equal(topic.more, true);
});
