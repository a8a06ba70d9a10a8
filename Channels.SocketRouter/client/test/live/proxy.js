// Between a client and a server: loses, reorders, cuts. Which messages is left to chance with a known seed.
import { WebSocket, WebSocketServer } from "ws";

export class Proxy {
  connections = 0;
  /** Whether a message of the server is lost. */
  loses = () => false;
  /** Whether a message of the server waits until the next one has overtaken it. */
  holds = () => false;
  #clients = new Set();
  #server;
  #target;

  constructor(target) {
    this.#target = target;
  }

  /** @returns the address to use instead of the target. */
  async listen() {
    this.#server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    this.#server.on("connection", (client, request) => this.#join(client, request.url));
    await new Promise((resolve) => this.#server.once("listening", resolve));
    const target = new URL(this.#target);
    target.port = this.#server.address().port;
    return target.href;
  }

  /** Ends all connections without a word. */
  cut() {
    this.#clients.forEach((client) => client.terminate());
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #join(client, path) {
    this.connections++;
    this.#clients.add(client);
    const server = new WebSocket(new URL(path, this.#target));
    const early = [];
    let held;
    client.on("message", (data) => (server.readyState === WebSocket.OPEN ? server.send(`${data}`) : early.push(`${data}`)));
    server.on("open", () => early.forEach((text) => server.send(text)));
    server.on("message", (data) => {
      const text = `${data}`;
      if (this.loses(text)) {
        return;
      }
      if (held === undefined && this.holds(text)) {
        held = text;
        setTimeout(release, 50); // nothing came to overtake it
        return;
      }
      client.send(text);
      release();
    });
    const release = () => {
      if (held !== undefined) {
        client.send(held);
        held = undefined;
      }
    };
    server.on("close", (code, reason) => (code === 1006 || code === 1005 ? client.terminate() : client.close(code, reason)));
    client.on("close", () => {
      this.#clients.delete(client);
      server.terminate();
    });
    server.on("error", () => {});
    client.on("error", () => {});
  }
}

/** Numbers from 0 to 1 that are the same in each run. */
export const chance = (seed) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return seed / 2 ** 32;
};
