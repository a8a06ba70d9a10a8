// Hundreds of runs with chance: messages of a topic are lost, doubled and reordered, connections cut, histories lost.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { RouterClient } from "../dist/esm/index.js";
import { FakeSocket, options, pass, settled, useFakes } from "./fakes.js";
import { chance } from "./live/proxy.js";

useFakes({ beforeEach, afterEach });

// A server with one topic, which answers joins and pushes to the last connection, over a line with faults.
class Server {
  epoch = 1;
  messages = [];
  kept = 0; // of the history: 0 for all
  #random;
  #line = [];
  #answered = 0;
  #joined;

  constructor(random) {
    this.#random = random;
  }

  get top() {
    return this.messages.length;
  }

  publish() {
    this.messages.push(`${this.epoch}:${this.top + 1}`);
    if (this.#joined === FakeSocket.last) {
      this.#line.push({ uuid: "", status: 200, route: "said", headers: { topic: "room", epoch: `${this.epoch}`, offset: this.top }, payload: this.messages.at(-1) });
    }
  }

  loseHistory() {
    this.epoch++;
    this.messages = [];
  }

  cut() {
    this.#line = [];
    this.#joined = undefined;
    return FakeSocket.last.end();
  }

  open() {
    this.#answered = 0;
    FakeSocket.last.open();
  }

  // Answers what has come, and brings what is on the line.
  async work({ faults }) {
    for (; this.#answered < FakeSocket.last.sent.length; this.#answered++) {
      const { route, uuid, payload } = FakeSocket.last.sent[this.#answered];
      if (route === "$join") {
        this.#joined = FakeSocket.last;
        this.#line.push({ uuid, status: 200, headers: null, payload: this.#join(payload) });
      }
    }
    for (const frame of this.#line.splice(0)) {
      const isPush = frame.uuid === "";
      if (faults && isPush && this.#random() < 0.1) {
        continue;
      }
      if (faults && this.#random() < 0.3) {
        this.#line.push(frame); // later
        continue;
      }
      await FakeSocket.last.receive(frame);
      if (faults && isPush && this.#random() < 0.1) {
        await FakeSocket.last.receive(frame);
      }
    }
  }

  #join({ since }) {
    const first = this.kept === 0 ? 1 : Math.max(1, this.top - this.kept + 1);
    const recovered = since?.epoch === `${this.epoch}` && since.offset <= this.top && since.offset + 1 >= first;
    const messages = recovered ? this.messages.slice(since.offset).map((payload, i) => ({ offset: since.offset + 1 + i, payload, route: "said" })) : [];
    return { topic: "room", epoch: `${this.epoch}`, offset: this.top, recovered, messages };
  }
}

const play = async (seed, kept, mayLoseHistory) => {
  const random = chance(seed);
  const server = new Server(random);
  server.kept = kept;
  const given = options({ maxRetryDelay: 1_000, heartbeat: 0 });
  const client = new RouterClient("ws://host/", given);
  server.open();
  const topic = client.topic("room");
  const heard = [];
  topic.on("said", (payload) => heard.push(payload));
  topic.onReset(() => heard.push("reset"));
  await server.work({ faults: false });

  for (let step = 0; step < 60; step++) {
    const what = random();
    if (what < 0.6) {
      server.publish();
    } else if (what < 0.65) {
      await server.cut();
      await pass(1_000);
      server.open();
    } else if (what < 0.67 && mayLoseHistory) {
      server.loseHistory();
      await server.cut();
      await pass(1_000);
      server.open();
    } else if (what < 0.8) {
      await pass(600);
    }
    await server.work({ faults: true });
  }

  // A quiet end: another connection and one more message show what was lost last.
  await server.cut();
  await pass(1_000);
  server.open();
  await server.work({ faults: false });
  server.publish();
  await server.work({ faults: false });
  await settled();
  assert.deepEqual(given.errors, []);
  return { heard, server };
};

// Ascending without a hole, except behind a reset.
const check = (heard, server, seed) => {
  let [epoch, offset] = [1, 0];
  let free = false;
  for (const entry of heard) {
    if (entry === "reset") {
      free = true;
      continue;
    }
    const [nextEpoch, next] = entry.split(":").map(Number);
    assert.ok(free ? nextEpoch > epoch || next > offset : nextEpoch === epoch && next === offset + 1, `seed ${seed}: ${entry} after ${epoch}:${offset} in ${heard}`);
    [epoch, offset, free] = [nextEpoch, next, false];
  }
  assert.deepEqual([epoch, offset], [server.epoch, server.top], `seed ${seed}`);
};

test("every message once and in order, whatever the line does", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    FakeSocket.all = [];
    const { heard, server } = await play(seed, 0, false);
    assert.deepEqual(heard, server.messages, `seed ${seed}`);
  }
});

test("what is gone is always told, and nothing is told to be gone that is not", async () => {
  let resets = 0;
  for (let seed = 1; seed <= 200; seed++) {
    FakeSocket.all = [];
    const { heard, server } = await play(seed, 3, true);
    check(heard, server, seed);
    resets += heard.filter((entry) => entry === "reset").length;
  }
  assert.ok(resets > 50);
});

test("who is there is right in the end, whatever the line does", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    FakeSocket.all = [];
    const random = chance(seed);
    const client = new RouterClient("ws://host/", options({ heartbeat: 0 }));
    FakeSocket.last.open();
    const topic = client.topic("room", { presence: true });
    const there = new Set();
    let version = 0;
    let line = [];
    const entry = (key) => ({ [key]: { metas: [{ ref: key }] } });
    const change = () => {
      const key = `k${Math.floor(random() * 5)}`;
      const comes = !there.has(key);
      comes ? there.add(key) : there.delete(key);
      line.push({ uuid: "", status: 200, route: "$presence.diff", headers: { topic: "room", epoch: "p", version: ++version }, payload: { joins: comes ? entry(key) : {}, leaves: comes ? {} : entry(key) } });
    };
    let answered = 0;
    const work = async (faults) => {
      for (; answered < FakeSocket.last.sent.length; answered++) {
        const { route, uuid } = FakeSocket.last.sent[answered];
        const presence = { epoch: "p", version, state: Object.assign({}, ...[...there].map(entry)) };
        line.push({ uuid, status: 200, headers: null, payload: route === "$join" ? { topic: "room", epoch: "e", offset: 0, recovered: false, messages: [], presence } : presence });
      }
      const frames = line;
      line = [];
      for (const frame of frames) {
        if (faults && random() < 0.3) {
          line.push(frame); // later
        } else if (!(faults && frame.uuid === "" && random() < 0.1)) {
          await FakeSocket.last.receive(frame);
        }
      }
    };
    for (let step = 0; step < 40; step++) {
      random() < 0.7 ? change() : await pass(1_000);
      await work(true);
    }
    change();
    for (let round = 0; round < 3; round++) {
      await work(false);
      await pass(1_000);
    }
    assert.deepEqual([...topic.presence.keys()].sort(), [...there].sort(), `seed ${seed}`);
  }
});
