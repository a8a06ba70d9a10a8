// A WebSocket without a network, and time without waiting.
import { mock } from "node:test";

/** Everything that a client has opened, the newest last. */
export class FakeSocket {
  static all = [];

  static get last() {
    return FakeSocket.all.at(-1);
  }

  sent = [];
  closed = undefined;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    FakeSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code, reason) {
    this.closed = { code, reason };
  }

  // What the server and the network do.
  open() {
    this.onopen?.({});
    return this;
  }

  receive(message) {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
    return settled();
  }

  end(code = 1006, reason = "") {
    this.onclose?.({ code, reason });
    return settled();
  }

  /** The last request of a route that has been sent. */
  request(route) {
    return this.sent.findLast((message) => message.route === route);
  }

  reply(route, payload, status = 200, headers = null) {
    return this.receive({ headers, payload, uuid: this.request(route).uuid, status });
  }

  push(route, payload, headers = null) {
    return this.receive({ headers, payload, uuid: "", status: 200, route });
  }
}

/** Lets everything run that is ready to. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Options with which nothing is left to chance, and errors of listeners are collected. */
export const options = (more = {}) => {
  const errors = [];
  return { WebSocket: FakeSocket, onError: (error) => errors.push(error), errors, ...more };
};

export const useFakes = (hooks) => {
  hooks.beforeEach(() => {
    FakeSocket.all = [];
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    mock.method(Math, "random", () => 1);
  });
  hooks.afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });
};

export const pass = (milliseconds) => {
  mock.timers.tick(milliseconds);
  return settled();
};
