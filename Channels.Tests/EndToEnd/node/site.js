// Two people with a browser each: they register, talk, whisper, and one logs out in one of two tabs.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser');

const [executable, origin] = process.argv.slice(2);
const account = { errors: [], foreign: [] };

const open = async (browser) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  watch(page, origin, account);
  await page.goto(origin);
  return { context, page };
};

const register = async (page, name) => {
  await page.fill('#account [name=name]', name);
  await page.fill('#account [name=password]', 'password');
  await page.click('button[value=register]');
  await page.getByText('In the room lobby.').waitFor();
};

const say = async (page, text, to = '') => {
  await page.fill('#say [name=to]', to);
  await page.fill('#say [name=text]', text);
  await page.click('#say button');
};

run(async () => {
  const browser = await launch(executable);
  const [ann, bob] = [await open(browser), await open(browser)];
  await register(ann.page, 'ann');
  await register(bob.page, 'bob');

  await say(ann.page, 'hello <b>all</b>');
  await bob.page.getByText('hello <b>all</b>').waitFor();
  await say(bob.page, 'only you', 'ann');
  await ann.page.getByText('only you').waitFor();
  assert.equal(await bob.page.getByText('only you').count(), 0);

  // A second tab of the same browser is logged in too; a logout in one ends both.
  const second = await ann.context.newPage();
  watch(second, origin, account);
  await second.goto(origin);
  await second.getByText('In the room lobby.').waitFor();
  await second.click('#logout');
  await ann.page.locator('#account').waitFor({ state: 'visible' });
  await say(bob.page, 'who is there?');
  await bob.page.getByText('who is there?').waitFor();

  await ann.page.fill('#account [name=name]', 'ann');
  await ann.page.fill('#account [name=password]', 'wrong password');
  await ann.page.click('button[value=login]');
  await ann.page.getByText('Name or password is wrong.').waitFor();
  await ann.page.fill('#account [name=password]', 'password');
  await ann.page.click('button[value=login]');
  await ann.page.getByText('In the room lobby.').waitFor();

  // Being nobody yet is answered with 401, which browsers write down.
  assert.deepEqual(account.errors.filter((error) => !error.includes('401')), []);
  assert.deepEqual(account.foreign, []);
  await browser.close();
});
