// A plain consumer with a history: nothing is lost and nothing comes twice over cut connections.
import assert from "node:assert/strict";
import { JsonClient } from "../../dist/esm/index.js";
import { Proxy } from "./proxy.js";
import { quick, run, until } from "./steps.js";

const [target] = process.argv.slice(2);
const total = 300;

run(async () => {
  const proxy = new Proxy(target);
  const address = await proxy.listen();
  const here = (base) => (position) => `${base}history/client${position ? `?since=${encodeURIComponent(position)}` : ""}`;
  const reader = new JsonClient(here(address), { ...quick, position: ({ type, epoch, offset }) => (type === "message" ? `${epoch}:${offset}` : undefined) });
  const writer = new JsonClient(here(target), quick);
  const texts = [];
  reader.on("message", ({ text }) => texts.push(text));
  await new Promise((resolve) => reader.on("joined", resolve));

  for (let i = 1; i <= total; i++) {
    assert.ok(writer.send(`n${i}`));
    if (i % 100 === 0) {
      await until([reader.onMessage], () => texts.length > i - 50);
      proxy.cut();
    }
  }

  await until([reader.onMessage], () => texts.length >= total);
  assert.deepEqual(texts, Array.from({ length: total }, (_, i) => JSON.stringify(`n${i + 1}`)));
  assert.ok(proxy.connections > 2);
  proxy.close();
});
