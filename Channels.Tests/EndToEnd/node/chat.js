// Usage: node chat.js CHROMIUM URL
// Two people in a room: they talk, one reloads, the server is restarted by the test (lines "stopped?", "started?"),
// and both go on. Fails on any error in the console and on any request to anywhere else.
'use strict';
const assert = require('node:assert');
const { launch, watch, tell, run, patience } = require('./browser.js');

const [executable, url] = process.argv.slice(2);
const account = { errors: [], foreign: [] };

async function enter(browser, name, room, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  watch(page, url, account);
  await page.goto(url);
  await shot(page, `lobby-${name}`);
  await page.fill('#enter-name', name);
  await page.fill('#enter-room', room);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#status[data-state=open]');
  await page.waitForSelector('#people .you', { state: 'attached' });
  return page;
}

const say = async (page, text) => {
  await page.fill('#composer-text', text);
  await page.press('#composer-text', 'Enter');
};
const bubble = (page, text) => page.getByText(text, { exact: true }).and(page.locator('.bubble'));
const hears = (page, text) => bubble(page, text).waitFor();
const staysInSight = async (page) => {
  const box = (selector) => page.locator(selector).last().boundingBox();
  for (const end = Date.now() + patience; ; await page.waitForTimeout(50)) { // the page lays itself out after its size has changed
    const [newest, banner, composer] = [await box('.message'), await box('#banner'), await box('#composer')];
    if (newest.y >= banner.y + banner.height && newest.y + newest.height <= composer.y) {
      return;
    }
    assert.ok(Date.now() < end, 'the newest message is hidden');
  }
};
const shot = async (page, name) => process.env.SCREENSHOTS && page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });

run(async () => {
  const browser = await launch(executable);
  const ann = await enter(browser, 'Ann', 'Tea Room', { colorScheme: 'light' });
  assert.match(ann.url(), /\/room\/tea-room$/);
  const bob = await enter(browser, 'Bob', 'tea-room', { colorScheme: 'dark' });
  await ann.getByText('Bob joined').waitFor();
  await ann.locator('.person', { hasText: 'Bob' }).waitFor();

  await say(ann, 'Hello, is anybody here?');
  await hears(bob, 'Hello, is anybody here?');
  await say(bob, 'Here I am.\nOn two lines? No: Enter sends.');
  await hears(ann, 'Here I am.\nOn two lines? No: Enter sends.');

  // What people write is never HTML.
  const attack = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
  await say(bob, attack);
  await hears(ann, attack);
  assert.notStrictEqual(await ann.title(), 'owned');
  assert.strictEqual(await ann.locator('.bubble img, .bubble b').count(), 0);

  await say(ann, 'A link: https://example.com/a?b=1.');
  assert.strictEqual(await bob.locator('.bubble a').getAttribute('href'), 'https://example.com/a?b=1');
  await say(ann, 'Somebody told me that a broadcast is framed once here, however many people listen. I had to read that twice.');
  await say(bob, 'And then it simply works 🎉');
  await hears(ann, 'And then it simply works 🎉');
  await shot(ann, 'light');
  await shot(bob, 'dark');

  // A text that is too long is counted and refused, not cut.
  await bob.fill('#composer-text', 'x'.repeat(5000));
  await bob.getByText('3000 characters too many').waitFor();
  await bob.press('#composer-text', 'Enter');
  assert.strictEqual((await bob.inputValue('#composer-text')).length, 5000);
  await bob.fill('#composer-text', '');

  // A second tab is the same person.
  const secondTab = await bob.context().newPage();
  watch(secondTab, url, account);
  await secondTab.goto(bob.url());
  await secondTab.waitForSelector('#people .you', { state: 'attached' });
  assert.strictEqual(await secondTab.locator('#people li').count(), 2);
  assert.strictEqual(await ann.locator('#people li').count(), 2);
  await secondTab.close();

  // Somebody in another room hears nothing of it.
  const eve = await enter(browser, 'Eve', 'attic', { viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
  assert.strictEqual(await eve.locator('.bubble').count(), 0);
  await shot(eve, 'phone');
  await eve.click('#side-open');
  await eve.waitForTimeout(300);
  await shot(eve, 'phone-side');
  await eve.keyboard.press('Escape');

  // A reload keeps the name and the history, and is not worth a line to the others.
  let since = Date.now();
  await bob.reload();
  await hears(bob, 'Hello, is anybody here?');
  await bob.waitForSelector('#people .you', { state: 'attached' });
  let quick = Date.now() - since < 3_000; // a slow machine may show more news, which is right, too
  assert.strictEqual(await bob.locator('.bubble').count(), await ann.locator('.bubble').count());
  assert.strictEqual(await bob.locator('.message.mine .bubble').first().textContent(), 'Here I am.\nOn two lines? No: Enter sends.');

  // The server goes away: both see it and lose nothing they write meanwhile.
  assert.deepStrictEqual(account.errors, []);
  since = Date.now();
  await tell('stop the server');
  await ann.waitForSelector('#status[data-state=waiting]');
  await ann.getByText('The connection is lost').waitFor();

  // The banner takes room of its own: the newest message stays in sight between it and the composer.
  const size = ann.viewportSize();
  await staysInSight(ann);
  await ann.setViewportSize({ width: 390, height: 640 });
  await staysInSight(ann);
  await ann.setViewportSize(size);
  await bob.waitForSelector('#status[data-state=waiting]');
  await say(ann, 'Written while the server was away.');
  await ann.locator('.message.pending').waitFor();
  await shot(ann, 'offline');
  await tell('start the server');
  await ann.waitForSelector('#status[data-state=open]');
  await hears(bob, 'Written while the server was away.');
  await ann.locator('.message.pending').waitFor({ state: 'detached' });
  quick &&= Date.now() - since < 12_000;
  await say(bob, 'We are back.');
  await hears(ann, 'We are back.');
  assert.strictEqual(await bubble(ann, 'Written while the server was away.').count(), 1);

  // Leaving shows after a moment.
  await bob.context().close();
  await ann.getByText('Bob left').waitFor();
  if (quick) {
    assert.strictEqual(await ann.getByText('Bob joined').count(), 1, 'a reload or a restart is no news');
  }

  // The browser logs each failed attempt to connect while the server is away; nothing else may be there.
  const errors = account.errors.filter((error) => !/ERR_CONNECTION_REFUSED|WebSocket connection to .* failed/.test(error));
  assert.deepStrictEqual(errors, []);
  assert.deepStrictEqual(account.foreign, []);
  await browser.close();
});
