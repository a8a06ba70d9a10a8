// Usage: node auction.js CHROMIUM URL
// A seller opens an auction, two people bid in pages of their own, both see every bid, and who has won in the end.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser.js');

const [executable, url] = process.argv.slice(2);
class Over extends Error {}

// What is waited for, unless the auction is over before Bob has bidden.
const inTime = (page, step) => {
  const over = page.getByText(/^(Nobody has bidden|Sold to Ann)\.$/).waitFor().then(() => { throw new Over(); });
  over.catch(() => {});
  step.catch(() => {});
  return Promise.race([step, over]);
};

const bid = async (page, name, amount) => {
  await page.fill('[name=name]', name);
  await page.fill('[name=amount]', `${amount}`);
  await inTime(page, page.click('#bid button'));
};

const sell = async (context, account, seconds) => {
  const open = async (address) => {
    const page = await context.newPage();
    watch(page, url, account);
    await page.goto(address);
    return page;
  };
  const ann = await open(url);
  await ann.fill('[name=title]', 'A <b>bold</b> lamp');
  await ann.fill('[name=price]', '10');
  await ann.fill('[name=seconds]', `${seconds}`);
  await ann.click('text=Open the auction');
  await ann.getByText('no bid yet').waitFor();
  assert.strictEqual(await ann.locator('h1').textContent(), 'A <b>bold</b> lamp');
  const bob = await open(ann.url());
  await bob.getByText('no bid yet').waitFor();
  await inTime(bob, bob.getByText(/^00:0\d:\d\d left$/).waitFor());

  await bid(ann, 'Ann', 11);
  await inTime(bob, bob.getByText('by Ann').waitFor());
  await bid(bob, 'Bob', 20);
  await inTime(ann, ann.getByText('by Bob').waitFor());
  await inTime(bob, bob.getByText('Your bid was taken.').waitFor());
  assert.strictEqual(await ann.locator('#price').textContent(), '20');
  for (const page of [ann, bob]) {
    await page.getByText('Sold to Bob.').waitFor();
    assert.ok(await page.locator('#bid button').isDisabled());
  }
  return bob;
};

run(async () => {
  const browser = await launch(executable);
  let account, bob;
  for (let seconds = 8; !bob; seconds *= 2) {
    console.log(`an auction of ${seconds} seconds`);
    account = { errors: [], foreign: [] }; // what the pages of an earlier one may still report is not this one's
    const context = await browser.newContext();
    bob = await sell(context, account, seconds).catch(async (error) => {
      assert.ok(error instanceof Over, error); // one that is over too soon was too short for this machine: the next one is longer
      await context.close();
    });
  }
  if (process.env.SCREENSHOTS) {
    await bob.screenshot({ path: `${process.env.SCREENSHOTS}/auction.png` });
  }
  assert.deepStrictEqual(account, { errors: [], foreign: [] });
  await browser.close();
});
