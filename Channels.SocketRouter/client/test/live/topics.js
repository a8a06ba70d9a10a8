// Topics over a proxy that loses a tenth of the messages, reorders, and cuts: each message once, in order; and who is there.
import assert from "node:assert/strict";
import { RouterClient } from "../../dist/esm/index.js";
import { Proxy, chance } from "./proxy.js";
import { isJoined, quick, run, until } from "./steps.js";

const [target] = process.argv.slice(2);
const total = 400;

const everyMessageOnceAndInOrder = async () => {
  const proxy = new Proxy(`${target}`);
  const address = await proxy.listen();
  const random = chance(15);
  const isPush = (text) => text.includes('"topic"') && text.includes('"offset"') && !text.includes("recovered");
  proxy.loses = (text) => isPush(text) && random() < 0.1;
  proxy.holds = (text) => isPush(text) && random() < 0.3;
  const reader = new RouterClient(`${address}router/?user=reader`, quick);
  const writer = new RouterClient(`${target}router/?user=writer`, quick);
  const topic = reader.topic("room.lossy");
  const heard = [];
  const resets = [];
  topic.on("said", ({ n }) => heard.push(n));
  topic.onReset((reason) => resets.push(reason));
  await isJoined(topic);

  for (let n = 1; n <= total; n++) {
    const { offset } = await writer.call("publish", { topic: "room.lossy", event: "said", payload: { n } });
    assert.equal(offset, n);
    if (n % 100 === 50) {
      await isJoined(topic);
      proxy.cut();
    }
  }
  // A lost last message is found by the next one, or by the next connection.
  await isJoined(topic);
  proxy.cut();
  await until([topic.onMessage], () => heard.length >= total);
  assert.deepEqual(heard, Array.from({ length: total }, (_, i) => i + 1));
  assert.deepEqual(resets, []);
  assert.ok(proxy.connections > 4);
  reader.close();
  writer.close();
  proxy.close();
};

const whoIsThere = async () => {
  const proxy = new Proxy(target);
  const eve = new RouterClient(`${await proxy.listen()}router/?user=eve`, quick);
  const ali = new RouterClient(`${target}router/?user=ali`, quick);
  const seen = ali.topic("room.present", { presence: { meta: { name: "Ali" } } });
  const changes = [];
  seen.onPresence((_, { joined, left }) => changes.push(...joined.map((key) => `+${key}`), ...left.map((key) => `-${key}`)));
  await until([seen.onPresence], () => seen.presence.has("ali"));
  const topic = eve.topic("room.present", { presence: { meta: { name: "Eve" } } });
  await until([seen.onPresence], () => seen.presence.has("eve"));
  assert.equal(seen.presence.get("eve")[0].name, "Eve");
  await until([topic.onPresence], () => topic.presence.size === 2);

  // Comes back at once: was never away. Leaves: is gone.
  proxy.cut();
  await until([topic.onState], () => topic.state === "joining");
  await isJoined(topic);
  topic.leave();
  await until([seen.onPresence], () => !seen.presence.has("eve"));
  assert.deepEqual(changes, ["+ali", "+eve", "-eve"]);
  eve.close();
  ali.close();
  proxy.close();
};

const refused = async () => {
  const client = new RouterClient(`${target}router/`, quick);
  const topic = client.topic("secret.room");
  await until([topic.onState], () => topic.state === "refused");
  assert.equal(topic.error.status, 403);
  client.close();
};

const acknowledged = async () => {
  const writer = new RouterClient(`${target}router/?user=writer`, quick);
  const publish = (n) => writer.call("publish", { topic: "room.acked", event: "said", payload: { n } });
  const visit = (user) => new RouterClient(`${target}router/?user=${user}`, quick);
  const first = visit("worker");
  const topic = first.topic("room.acked", { ack: { window: 4, timeoutMs: 60_000 } });
  const done = [];
  topic.on("said", async ({ n }) => done.push(n));
  await isJoined(topic);
  for (let n = 1; n <= 20; n++) {
    await publish(n);
  }
  await until([topic.onMessage], () => done.length === 20);
  assert.deepEqual(done, Array.from({ length: 20 }, (_, i) => i + 1));
  await new Promise((resolve) => setTimeout(resolve, 300)); // the last acknowledgement is on its way
  await first.request("sayHello", { name: "order" });
  first.close();

  await publish(21);
  const second = visit("worker");
  const later = [];
  const again = second.topic("room.acked", { ack: true, since: "acked" });
  again.on("said", ({ n }) => later.push(n));
  await until([again.onMessage], () => later.length > 0);
  assert.deepEqual(later, [21]);
  second.close();
  writer.close();
};

const once = async () => {
  const client = new RouterClient(`${target}router/?user=buyer`, quick);
  const publish = () => client.call("publish", { topic: "room.once", payload: 1 }, { idempotencyKey: "order-1" });
  const [first, second] = [await publish(), await publish()];
  assert.deepEqual(second, first);
  client.close();
};

run(async () => {
  for (const part of [everyMessageOnceAndInOrder, whoIsThere, refused, acknowledged, once]) {
    console.log(part.name); // who runs this gives up after a long silence
    await part();
  }
});
