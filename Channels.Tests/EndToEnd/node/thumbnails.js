// Usage: node thumbnails.js CHROMIUM URL
// The button draws a picture, a worker makes its thumbnails, the page shows them; then they are deleted again.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser.js');

const [executable, url] = process.argv.slice(2);
const account = { errors: [], foreign: [] };

run(async () => {
  const browser = await launch(executable);
  const page = await browser.newPage();
  watch(page, url, account);
  await page.goto(url);
  await page.click('#demo');
  for (const size of [32, 64, 128, 256]) {
    const image = page.locator(`#size-${size} img`);
    await image.waitFor();
    assert.deepStrictEqual(await image.evaluate(async (i) => { await i.decode(); return [i.naturalWidth, i.naturalHeight]; }), [size, size]);
  }
  await page.getByText('Done.').waitFor();
  if (process.env.SCREENSHOTS) {
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/thumbnails.png` });
  }
  await page.click('#delete');
  await page.getByText('The thumbnails are gone.').waitFor();
  assert.strictEqual(await page.locator('#sizes li').count(), 0);

  // A photograph goes as it is and comes back as what it was, whatever way its rows lie.
  await page.setInputFiles('#file', `${__dirname}/../Pictures/upright.jpg`);
  await page.getByText('Done.').waitFor();
  const photograph = page.locator('#size-32 img');
  assert.match(await photograph.getAttribute('src'), /^data:image\/jpeg;base64,/);
  assert.deepStrictEqual(await photograph.evaluate(async (i) => { await i.decode(); return [i.naturalWidth, i.naturalHeight]; }), [32, 21]);

  // A file that is no picture is refused with a text, and the page goes on working.
  await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not a picture') });
  await page.getByText('This did not work').waitFor();
  await page.click('#demo');
  await page.getByText('Done.').waitFor();
  assert.deepStrictEqual(account, { errors: [], foreign: [] });
  await browser.close();
});
