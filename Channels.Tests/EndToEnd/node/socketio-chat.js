// Two people in browsers in the chat over Socket.IO, each at an address of its own, which may be the same.
'use strict';
const assert = require('node:assert');
const { launch, watch, run } = require('./browser');

const [executable, ...addresses] = process.argv.slice(2);

run(async () => {
  const browser = await launch(executable);
  const account = { errors: [], foreign: [] };
  const enter = async (address, name) => {
    const page = await (await browser.newContext()).newPage();
    watch(page, address, account);
    await page.goto(address);
    await page.fill('#name', name);
    await page.fill('#room', 'a room / with "odd" name');
    await page.click('#enter button');
    await page.getByText('connected', { exact: true }).waitFor();
    return page;
  };
  const ann = await enter(addresses[0], 'ann');
  const bob = await enter(addresses[1], 'bob');

  // Each sees the other.
  for (const page of [ann, bob]) {
    await page.getByText('2 here: ann, bob').waitFor();
  }

  // The transport changes to a WebSocket.
  for (const page of [ann, bob]) {
    await page.waitForFunction(() => socket.io.engine.transport.name === 'websocket');
  }

  // Who writes is seen, what is said arrives and is acknowledged.
  // The notice is volatile and shown for a moment: she writes until it was there.
  await bob.evaluate(() => {
    window.typing = [];
    new MutationObserver(() => typing.push($('typing').textContent)).observe($('typing'), { childList: true });
  });
  do {
    await ann.fill('#text', '');
    await ann.locator('#text').pressSequentially('hello');
  } while (!await bob.waitForFunction(() => typing.includes('ann …'), undefined, { timeout: 3_000 }).catch(() => false));
  await ann.click('#say button');
  await bob.getByText('ann: hello').waitFor();
  await ann.locator('li.own.sent', { hasText: 'ann: hello' }).waitFor();
  assert.equal(await bob.locator('#typing').innerText(), '');
  await bob.fill('#text', '<b>ä</b> 😀');
  await bob.click('#say button');
  await ann.getByText('bob: <b>ä</b> 😀').waitFor();
  assert.equal(await ann.locator('li').count(), 2);

  // A connection that breaks while an answer is awaited: what was said is marked, and nothing fails in the page.
  await ann.evaluate(() => {
    const say = (text) => {
      $('text').value = text;
      $('say').requestSubmit();
    };
    say('on its way');
    socket.disconnect();
    say('without a connection');
  });
  for (const text of ['on its way', 'without a connection']) {
    await ann.locator('li.own.unconfirmed', { hasText: text }).waitFor();
  }
  await bob.getByText('1 here: bob').waitFor();

  // Nor when it breaks while the room is entered: the next connection enters it.
  await ann.evaluate(() => {
    socket.io.opts.transports = ['websocket']; // or the break would cut a change of transport, which browsers complain about
    let joins = 0;
    socket.onAnyOutgoing((name) => {
      if (name === 'join' && ++joins === 1) {
        queueMicrotask(() => socket.disconnect().connect());
      }
    });
    socket.connect();
  });
  await ann.getByText('connected', { exact: true }).waitFor(); // who is there, her page may still say from before
  for (const page of [ann, bob]) {
    await page.getByText('2 here: ann, bob').waitFor();
  }
  await ann.fill('#text', 'back');
  await ann.click('#say button');
  await bob.getByText('ann: back').waitFor();
  await ann.locator('li.own.sent', { hasText: 'ann: back' }).waitFor();

  // Who leaves is not there any more.
  await bob.close();
  await ann.getByText('1 here: ann').waitFor();
  assert.deepEqual(account, { errors: [], foreign: [] });
  await browser.close();
});
