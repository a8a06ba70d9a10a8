// Usage: node news.js FILE
// News of comings and goings as the chat's page sorts them; FILE is its module, which asks nothing of a browser.
'use strict';
const assert = require('node:assert');
const { readFileSync } = require('node:fs');

async function main() {
  const { News } = await import(`data:text/javascript,${encodeURIComponent(readFileSync(process.argv[2], 'utf8'))}`);
  const news = new News();
  const of = (id, epoch, change) => ({ person: { id }, epoch, change });
  news.begin('one', 5);
  assert.strictEqual(news.isNew(of('bob', 'one', 5)), false, 'the list shows it');
  assert.strictEqual(news.isNew(of('bob', 'one', 7)), true);
  assert.strictEqual(news.isNew(of('bob', 'one', 6)), false, 'bob came again before the others heard that he had gone');
  assert.strictEqual(news.isNew(of('eve', 'one', 6)), true, 'each person by itself');
  assert.strictEqual(news.isNew(of('joe', 'two', 1)), true, 'another process counts for itself');
  assert.strictEqual(news.isNew(of('joe', 'two', 1)), false);
  news.begin('one', 9);
  assert.strictEqual(news.isNew(of('bob', 'one', 8)), false, 'older than the list');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
