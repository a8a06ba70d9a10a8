// The page of @socket.io/admin-ui in a browser, at an origin of its own, and a client that it shows and commands.
'use strict';
const assert = require('node:assert');
const { io } = require('socket.io-client');
const { launch, run } = require('./browser');

const [executable, address, start] = process.argv.slice(2);
const heard = (client, name) => new Promise((resolve) => client.once(name, (...values) => resolve(values)));

run(async () => {
  const client = io(address, { transports: ['websocket'], reconnection: false });
  await heard(client, 'connect');
  const browser = await launch(executable);
  const page = await (await browser.newContext()).newPage();
  await page.route((url) => url.origin !== new URL(start).origin && url.origin !== new URL(address).origin, (route) => route.abort()); // fonts
  const errors = [];
  page.on('pageerror', (error) => errors.push(`${error}`));
  await page.goto(start);

  // Who has not the password is told so.
  const login = async (password) => {
    await page.getByLabel('Server URL').fill(address);
    await page.getByLabel('Username').fill('root');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
  };
  await login('wrong');
  await page.getByText('Invalid credentials').waitFor();
  await login('right');

  // The server, with its namespaces and its clients: this one, and the administrator.
  await page.getByRole('button', { name: 'Connect', exact: true }).waitFor({ state: 'hidden' });
  await page.goto(`${start}#/servers/`);
  await page.getByRole('cell', { name: 'the server' }).waitFor();
  await page.goto(`${start}#/sockets/`);
  const row = page.getByRole('row', { name: client.id });
  await row.getByText('websocket').waitFor();
  await page.goto(`${start}#/rooms/`);
  await page.getByRole('cell', { name: 'lobby' }).waitFor();

  // What the client does is seen.
  client.emit('say', 'a word');
  await heard(client, 'said');
  await page.goto(`${start}#/events/`);
  await page.getByText('Event received').first().waitFor();
  await page.getByText('said').first().waitFor();

  // The page comes back without the password.
  await page.reload();
  await page.goto(`${start}#/sockets/`);
  await row.waitFor();

  // It sends the client away, and sees it go.
  const left = heard(client, 'disconnect');
  await row.getByRole('button').click();
  assert.deepEqual((await left)[0], 'io server disconnect');
  await page.getByText('disconnected', { exact: true }).first().waitFor(); // the click has led to its page as well
  await page.goto(`${start}#/sockets/`);
  await page.waitForFunction((id) => !document.body.innerText.includes(id), client.id);
  assert.deepEqual(errors, []);
  await browser.close();
});
