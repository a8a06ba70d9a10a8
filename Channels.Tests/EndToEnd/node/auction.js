// Usage: node auction.js CHROMIUM URL
// A seller opens an auction, two people bid in pages of their own, both see every bid, and who has won in the end.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser.js');

const [executable, url] = process.argv.slice(2);
const account = { errors: [], foreign: [] };

run(async () => {
  const browser = await launch(executable);
  const open = async (address) => {
    const page = await browser.newPage();
    watch(page, url, account);
    await page.goto(address);
    return page;
  };
  const ann = await open(url);
  await ann.fill('[name=title]', 'A <b>bold</b> lamp');
  await ann.fill('[name=price]', '10');
  await ann.fill('[name=seconds]', '15');
  await ann.click('text=Open the auction');
  await ann.getByText('no bid yet').waitFor();
  assert.strictEqual(await ann.locator('h1').textContent(), 'A <b>bold</b> lamp');
  const bob = await open(ann.url());
  await bob.getByText('no bid yet').waitFor();
  assert.match(await bob.locator('#left').textContent(), /^00:00:\d\d left$/);

  const bid = async (page, name, amount) => {
    await page.fill('[name=name]', name);
    await page.fill('[name=amount]', `${amount}`);
    await page.click('#bid button');
  };
  await bid(ann, 'Ann', 11);
  await bob.getByText('by Ann').waitFor();
  await bid(bob, 'Bob', 20);
  await ann.getByText('by Bob').waitFor();
  await bob.getByText('Your bid was taken.').waitFor();
  assert.strictEqual(await ann.locator('#price').textContent(), '20');
  for (const page of [ann, bob]) {
    await page.getByText('Sold to Bob.').waitFor();
    assert.ok(await page.locator('#bid button').isDisabled());
  }
  if (process.env.SCREENSHOTS) {
    await bob.screenshot({ path: `${process.env.SCREENSHOTS}/auction.png` });
  }
  assert.deepStrictEqual(account, { errors: [], foreign: [] });
  await browser.close();
});
