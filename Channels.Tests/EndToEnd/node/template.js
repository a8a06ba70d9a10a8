// Usage: node template.js CHROMIUM URL
// Two pages of an app as dotnet new makes it, in one room; what is said is text, whatever is in it.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser.js');

const [executable, url] = process.argv.slice(2);
const account = { errors: [], foreign: [] };

run(async () => {
  const browser = await launch(executable);
  const enter = async () => {
    const page = await browser.newPage();
    watch(page, url, account);
    await page.goto(`${url}room/attic/`);
    await page.getByText('Connected.').waitFor();
    return page;
  };
  const ada = await enter();
  const bob = await enter();
  await ada.fill('#name', 'Ada');
  await ada.fill('#text', '<b id="bold">Hello</b>');
  await ada.click('button');
  await bob.locator('#log li').waitFor();
  assert.strictEqual(await bob.locator('#log li').textContent(), 'Ada<b id="bold">Hello</b>');
  assert.strictEqual(await bob.locator('#bold').count(), 0);
  assert.strictEqual(await ada.locator('#text').inputValue(), '');
  assert.deepStrictEqual(account, { errors: [], foreign: [] });
  await browser.close();
});
