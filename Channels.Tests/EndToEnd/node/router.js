// The TypeScript client as one file in a page, against the conformance sample: requests, streams, topics, presence, and a restart.
'use strict';
const assert = require('node:assert');
const { launch, tell, run } = require('./browser');

const [executable, origin, file] = process.argv.slice(2);

const open = async (browser, user) => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${origin}/hello`);
  await page.addScriptTag({ path: file });
  await page.evaluate((name) => {
    const client = new ChannelsRouter.RouterClient(`/router/?user=${name}`, { retryDelay: 100, maxRetryDelay: 300, timeout: 120_000, connectTimeout: 120_000, heartbeat: 0 });
    const topic = client.topic('room.browser', { presence: { meta: {} } });
    const heard = [];
    topic.on('said', ({ text }) => heard.push(text));
    topic.onReset(() => heard.push('reset'));
    Object.assign(window, { client, topic, heard });
  }, user);
  await page.waitForFunction(() => topic.state === 'joined');
  return page;
};

const say = (page, text) => page.evaluate((said) => client.call('publish', { topic: 'room.browser', event: 'said', payload: { text: said } }), text);
const hears = (page, ...texts) => page.waitForFunction((expected) => JSON.stringify(heard) === JSON.stringify(expected), texts);
const sees = (page, ...keys) => page.waitForFunction((expected) => JSON.stringify([...topic.presence.keys()].sort()) === JSON.stringify(expected), keys);

run(async () => {
  const browser = await launch(executable);
  const ann = await open(browser, 'ann');
  const bob = await open(browser, 'bob');

  assert.equal(await ann.evaluate(() => client.call('sayHello', { name: 'Änn' })), 'Hello, Änn!');
  assert.equal(await ann.evaluate(() => client.call('boom').catch((error) => `${error.name} ${error.status}`)), 'RouterError 500');
  assert.equal(await ann.evaluate(() => client.call('slow', { ms: 60_000 }, { timeout: 50 }).catch((error) => error.fault)), 'timeout');
  assert.deepEqual(await ann.evaluate(async () => {
    const items = [];
    for await (const item of client.stream('count', { to: 3 })) {
      items.push(item);
    }
    return items;
  }), [1, 2, 3]);

  await sees(ann, 'ann', 'bob');
  await sees(bob, 'ann', 'bob');
  await say(ann, 'one');
  await hears(bob, 'one');

  await tell('stop'); // the server is away now
  for (const page of [ann, bob]) {
    await page.waitForFunction(() => client.state !== 'open'); // what is said before goes to the server that is away, and is lost
  }
  await bob.waitForFunction(() => client.state === 'waiting');
  const waits = say(ann, 'two');
  await tell('start');
  await waits;
  await sees(bob, 'ann', 'bob');
  await bob.waitForFunction(() => heard.at(-1) === 'two' || heard.at(-1) === 'reset');
  await say(ann, 'three');
  await bob.waitForFunction(() => heard.at(-1) === 'three');

  await bob.evaluate(() => client.close());
  await sees(ann, 'ann');
  await browser.close();
});
