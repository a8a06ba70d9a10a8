// The routes of the conformance sample, as an application would use them.
import assert from "node:assert/strict";
import { RouterClient, RouterError } from "../../dist/esm/index.js";
import { isOpen, quick, run } from "./steps.js";

const [target] = process.argv.slice(2);

run(async () => {
  const client = new RouterClient(`${target}router/`, quick);
  assert.equal(await client.call("sayHello", { name: "Ali" }), "Hello, Ali!"); // waits for the connection
  assert.deepEqual(await client.call("getThing", { id: 1 }), { id: 1, title: "The only thing" });

  const statuses = async (...calls) => (await Promise.all(calls.map(([route, payload]) => client.request(route, payload)))).map(({ status, payload }) => [status, payload?.error ?? payload]);
  assert.deepEqual(await statuses(["getThing", { id: 2 }], ["create", { a: ["ü", 1e3] }], ["boom"], ["secret"], ["strict", { n: "1" }], ["strict", { n: 1 }], ["nothing"]), [
    [404, null],
    [201, { a: ["ü", 1000] }],
    [500, "CallError.InternalServerError"],
    [403, "CallError.AccessDenied"],
    [400, "CallError.InvalidData"],
    [200, { n: 1 }],
    [404, "CallError.RouteNotFound"],
  ]);

  // Parallel requests overtake; what is not waited for any longer is cancelled.
  const overtaken = new AbortController();
  const slow = assert.rejects(client.call("slow", { ms: 60_000 }, { signal: overtaken.signal }), (error) => error === "overtaken");
  await client.call("slow", { ms: 0 });
  overtaken.abort("overtaken");
  await slow;
  await assert.rejects(client.call("slow", { ms: 60_000 }, { timeout: 50 }), (error) => error instanceof RouterError && error.fault === "timeout");
  const stop = new AbortController();
  const stopped = assert.rejects(client.call("slow", { ms: 60_000 }, { signal: stop.signal }), (error) => error === "enough");
  await client.call("sayHello", { name: "B" });
  stop.abort("enough");
  await stopped;

  // Streams: to the end, and left early; the connection is as good as before.
  const items = [];
  for await (const item of client.stream("count", { to: 500 })) {
    items.push(item);
  }
  assert.deepEqual(items, Array.from({ length: 500 }, (_, i) => i + 1));
  for await (const item of client.stream("count", { to: 1_000_000 })) {
    if (item === 3) {
      break;
    }
  }
  client.send("sayHello", { name: "nobody answers" });
  assert.equal(await client.call("sayHello", { name: "Eve" }), "Hello, Eve!");

  // A request that is under way when the connection ends is lost; what comes then waits for the next one.
  const lost = assert.rejects(client.call("slow", { ms: 60_000 }), (error) => error.fault === "closed");
  client.close();
  await lost;
  const next = client.call("sayHello", { name: "closed" }).catch((error) => error.fault);
  assert.equal(await next, "closed");
  client.connect();
  await isOpen(client);
  assert.equal(await client.call("sayHello", { name: "again" }), "Hello, again!");
});
