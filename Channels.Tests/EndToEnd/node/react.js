// The React hooks of the TypeScript client in a browser, in strict mode: one connection, one join, and nothing left behind.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser');

const [executable, bundle] = process.argv.slice(2);

run(async () => {
  const browser = await launch(executable);
  const page = await browser.newPage();
  const account = { errors: [], foreign: [] };
  watch(page, 'http://localhost', account);
  await page.addScriptTag({ path: bundle });
  const rooms = page.locator('.room');
  const sent = () => page.evaluate(() => window.page.live()[0].sent.map(({ route, payload }) => `${route} ${payload?.topic ?? ''}`));
  const say = (offset, payload) => page.evaluate(
    (message) => window.page.live()[0].receive(message),
    { uuid: '', status: 200, route: 'said', headers: { topic: 'one', epoch: 'e', offset }, payload },
  );

  // Two components in one topic share it.
  await page.getByText('one joined ali:').first().waitFor();
  assert.equal(await page.locator('b').innerText(), 'open');
  assert.equal(await page.evaluate(() => window.page.sockets.length), 1);
  const joined = await sent();
  assert.equal(joined.filter((line) => line === '$join one').length - joined.filter((line) => line === '$leave one').length, 1);
  await say(1, 'hello');
  await page.getByText('one joined ali: hello').nth(1).waitFor();

  // One leaves: the other stays. Another topic is another join.
  await page.evaluate(() => window.page.setRooms(['one', 'two']));
  await page.getByText('two joined ali:').waitFor();
  await say(2, 'again');
  await page.getByText('one joined ali: hello,again').waitFor();
  await page.evaluate(() => window.page.setRooms(['two']));
  await page.waitForFunction(() => window.page.live()[0].sent.findLast(({ payload }) => payload?.topic === 'one').route === '$leave');
  assert.equal(await rooms.count(), 1);

  // Gone with the component.
  await page.evaluate(() => window.page.root.unmount());
  await page.waitForFunction(() => window.page.live().length === 0);
  assert.equal(await page.evaluate(() => window.page.sockets.length), 1);
  assert.deepEqual(account.errors, []);
  await browser.close();
});
