// Two readers of the sample's articles: what one writes the other sees, and who reads along; over a restart of the server, too.
'use strict';
const assert = require('node:assert');
const { launch, watch, tell, run } = require('./browser');

const [executable, origin] = process.argv.slice(2);
const account = { errors: [], foreign: [] };

const open = async (browser, user) => {
  const page = await (await browser.newContext()).newPage();
  watch(page, origin, account);
  await page.goto(`${origin}/?user=${user}`);
  await page.getByText('open', { exact: true }).waitFor();
  return page;
};

const write = async (page, title, text) => {
  await page.fill('#create [name=title]', title);
  await page.fill('#create [name=text]', text);
  await page.click('#create button');
};

run(async () => {
  const browser = await launch(executable);
  const [ann, bob] = [await open(browser, 'ann'), await open(browser, 'bob')];

  await write(ann, 'First <b>article</b>', 'Its text.');
  await ann.getByText('Published.').waitFor();
  await ann.getByText('Reading: ann', { exact: true }).waitFor();
  await bob.getByText('First <b>article</b>').click();
  await bob.getByText('Its text.').waitFor();
  await ann.getByText('Reading: ann, bob').waitFor();
  await bob.fill('#change [name=text]', 'Another text.');
  await bob.click('#change button');
  await ann.locator('#text').getByText('Another text.').waitFor();

  // Restarted under both: what is written meanwhile waits, what was written is there, and who reads is known again.
  await tell('stop');
  await ann.getByText('waiting').waitFor();
  await bob.getByText('waiting').waitFor();
  await write(bob, 'Second article', 'Written without a server.');
  await tell('start');
  await bob.getByText('Published.').waitFor();
  await bob.getByText('Written without a server.').waitFor();
  await ann.locator('#list').getByText('Second article').waitFor();
  await ann.locator('#list').getByText('First <b>article</b>').waitFor();
  await ann.getByText('Reading: ann', { exact: true }).waitFor();
  await ann.locator('#list').getByText('Second article').click();
  await bob.getByText('Reading: ann, bob').waitFor();
  await bob.locator('#list li').nth(1).waitFor();
  assert.equal(await bob.locator('#list li').count(), 2);

  // What the browser writes down about attempts while the server was away is no fault of the page.
  assert.deepEqual(account.errors.filter((error) => !error.includes('WebSocket')), []);
  assert.deepEqual(account.foreign, []);
  await browser.close();
});
