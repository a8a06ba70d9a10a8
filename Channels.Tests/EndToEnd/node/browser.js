// What the browser tests share: a Chromium that asks for nothing by itself, and pages that keep account of errors and
// of every request that leaves the server under test.
'use strict';
const readline = require('node:readline');
const { chromium } = require('playwright-core');

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

// No verdict, as in the tests' own waits: only so that a broken test ends.
const patience = 120_000;
exports.patience = patience;

exports.launch = async (executablePath) => {
  const browser = await chromium.launch({ executablePath, args: flags, timeout: patience });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => { // pages of the browser's own come from it, too
    const context = await newContext(options);
    context.setDefaultTimeout(patience);
    return context;
  };
  return browser;
};

exports.watch = (page, origin, account) => {
  page.on('pageerror', (error) => account.errors.push(`${error}`));
  page.on('console', (message) => message.type() === 'error' && account.errors.push(message.text()));
  const look = (url) => {
    if (!url.startsWith('data:') && new URL(url).host !== new URL(origin).host) {
      account.foreign.push(url);
    }
  };
  page.on('request', (request) => look(request.url()));
  page.on('websocket', (socket) => look(socket.url()));
};

// Two-way lines with the test that started the script.
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
exports.tell = async (line) => {
  console.log(line);
  await lines.next();
};

exports.run = (main) => main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
