// A server that is restarted under its client: what was published meanwhile is recovered where it is kept, and told to be gone where not.
import assert from "node:assert/strict";
import { RouterClient } from "../../dist/esm/index.js";
import { isJoined, quick, run, tell, until } from "./steps.js";

const [target, expected, code] = process.argv.slice(2);

run(async () => {
  const client = new RouterClient(`${target}router/?user=ali`, quick);
  const topic = client.topic("room.restart", { presence: true });
  const heard = [];
  topic.on("said", ({ n }) => heard.push(n));
  topic.onReset(() => heard.push("reset"));
  await isJoined(topic);
  const publish = (n) => client.call("publish", { topic: "room.restart", event: "said", payload: { n } });
  await publish(1);
  await until([topic.onMessage], () => heard.length === 1);

  const codes = []; // attempts while the server is away end with codes of their own
  client.onState((state) => state === "waiting" && codes.push(client.lastClose.code));
  await tell("stop"); // the server is away now
  await until([client.onState], () => client.state !== "open");
  assert.equal(codes[0], Number(code));
  const waiting = publish(2); // until it is back
  await tell("start");
  await waiting;
  await publish(3);
  await until([topic.onMessage], () => heard.at(-1) === 3);
  assert.deepEqual(heard, expected === "kept" ? [1, 2, 3] : [1, "reset", 2, 3]);
});
