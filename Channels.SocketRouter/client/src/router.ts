import { Connection, type CloseInfo, type ConnectionOptions } from "./connection.js";
import { RouterError } from "./errors.js";
import { Listeners } from "./listeners.js";
import type { Arguments, Contract, ItemOf, Message, Reply, RequestOf, RequestOptions, ResponseOf, TopicEvents, Untyped } from "./protocol.js";
import { Topic, type TopicOptions } from "./topic.js";

export interface RouterClientOptions extends ConnectionOptions {
  /** Headers of all requests, heartbeats included; a function is asked for each. */
  headers?: Record<string, unknown> | (() => Record<string, unknown>);
  /** Milliseconds until a request fails with the fault `timeout`; for a stream between two items. Default 30,000; 0 for no limit. */
  timeout?: number;
}

interface Pending {
  readonly message: Message;
  readonly again: boolean; // may be sent once more on the next connection
  sent: boolean;
  items: number; // that have come
  end?: Message; // the answer, which has overtaken items
  settle(error: unknown, reply?: Reply): void;
  item?: ((frame: Message) => void) | undefined;
}

/**
 * The client of a socket router: requests with answers, pushes, topics with what was missed and who is there, and streams, over one
 * WebSocket that comes back by itself. Requests wait while it is away.
 */
export class RouterClient<C extends Contract = Untyped> extends Connection {
  readonly #options: RouterClientOptions;
  readonly #pending = new Map<string, Pending>(); // in the order of the calls
  readonly #topics = new Map<string, Topic>();
  readonly #pushes = new Map<string, Listeners<[any, Message]>>();
  readonly #prefix = Math.random().toString(36).slice(2, 10);
  #count = 0;

  constructor(url: string | URL | (() => string | URL | Promise<string | URL>), options: RouterClientOptions = {}) {
    super(url, options);
    this.#options = options;
    if (options.autoConnect !== false) {
      this.connect();
    }
  }

  /** Asks, and gives the whole answer, whatever its status. Rejects with a `RouterError` when none comes. */
  request<Route extends keyof C["routes"] & string>(route: Route, ...[payload, options]: Arguments<RequestOf<C, Route>>): Promise<Reply<ResponseOf<C, Route>>> {
    return this.ask(route, payload, options) as Promise<Reply<ResponseOf<C, Route>>>;
  }

  /** Asks, and gives the payload of the answer. Rejects with a `RouterError` for a status of 400 and more, too. */
  async call<Route extends keyof C["routes"] & string>(route: Route, ...[payload, options]: Arguments<RequestOf<C, Route>>): Promise<ResponseOf<C, Route>> {
    return passed(route, await this.ask(route, payload, options)).payload as ResponseOf<C, Route>;
  }

  /** Sends a request that nobody answers. While the connection is away it waits, as others do, and is dropped where they would fail. */
  send<Route extends keyof C["routes"] & string>(route: Route, ...[payload, options]: Arguments<RequestOf<C, Route>>): void {
    void this.ask(route, payload, { ...options, headers: { ...options?.headers, noReply: true } }).catch(() => {});
  }

  /**
   * Asks for a stream: gives the items as they come, and returns the payload of the answer that ends it. It begins with the first
   * `next`; leaving the loop tells the server to stop. An end of the connection ends the stream with an error.
   */
  async *stream<Route extends keyof C["routes"] & string>(
    route: Route,
    ...[payload, options]: Arguments<RequestOf<C, Route>>
  ): AsyncGenerator<ItemOf<C, Route>, ResponseOf<C, Route>, undefined> {
    const items = new Map<number, unknown>(); // by number: what has overtaken others waits for them
    let next = 1;
    let wake = (): void => {};
    let reply: Reply | undefined;
    let failure: { error: unknown } | undefined;
    const stop = new AbortController();
    const outer = options?.signal;
    const abort = (): void => stop.abort(outer!.reason);
    outer?.aborted ? abort() : outer?.addEventListener("abort", abort);
    this.ask(route, payload, { ...options, signal: stop.signal, headers: { ...options?.headers, stream: true } }, (item) => {
      items.set(item.headers?.["seq"] as number, item.payload);
      wake();
    }).then((whole) => (reply = whole), (error) => (failure = { error })).then(() => wake());
    try {
      while (true) {
        for (; items.has(next); next++) {
          yield items.get(next) as ItemOf<C, Route>;
          items.delete(next);
        }
        if (failure) {
          throw failure.error;
        }
        if (reply) {
          return passed(route, reply).payload as ResponseOf<C, Route>;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      outer?.removeEventListener("abort", abort);
      stop.abort();
    }
  }

  /** Hears what the server sends to this connection unasked. @returns what ends that. */
  on<Route extends keyof NonNullable<C["pushes"]> & string>(route: Route, listener: (payload: NonNullable<C["pushes"]>[Route], message: Message) => void): () => void {
    let listeners = this.#pushes.get(route);
    if (!listeners) {
      this.#pushes.set(route, (listeners = new Listeners(this.failed)));
    }
    return listeners.add(listener);
  }

  /**
   * Joins a topic and stays in it over reconnects, from where it was. Every call is one use, and the topic is left when each has
   * called `leave()`; the options count where it is joined first.
   */
  topic<Name extends string & keyof NonNullable<C["topics"]>>(name: Name, options?: TopicOptions): Topic<TopicEvents<C, Name>> {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = new Topic(name, options ?? {}, {
        ask: (route, payload) => this.ask(route, payload, { queue: false }),
        tell: (route, payload) => this.state === "open" && this.send(route as never, ...([payload] as never)),
        failed: this.failed,
        gone: () => this.#topics.delete(name),
      });
      this.#topics.set(name, topic);
      if (this.state === "open") {
        topic.join();
      }
    }
    topic.use();
    return topic as unknown as Topic<TopicEvents<C, Name>>;
  }

  protected ask(route: string, payload: unknown, options: RequestOptions = {}, item?: (frame: Message) => void): Promise<Reply> {
    const { signal, idempotencyKey, timeout = this.#options.timeout ?? 30_000 } = options;
    return new Promise<Reply>((resolve, reject) => {
      if (signal?.aborted) {
        return reject(signal.reason);
      }
      const refusal = this.#refusal(options);
      if (refusal) {
        return reject(refusal);
      }
      const uuid = `${this.#prefix}-${++this.#count}`;
      const headers = this.#headers({ ...options.headers, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });
      let timer: ReturnType<typeof setTimeout> | undefined;
      // Who has waited in vain tells the server, so that it does not work in vain.
      const giveUp = (error: unknown): void => {
        const { sent } = pending;
        pending.settle(error);
        if (sent && this.state === "open") {
          this.write({ uuid: "", route: "$cancel", headers: this.#headers({ noReply: true }), payload: { uuid } });
        }
      };
      const wait = (): void => {
        clearTimeout(timer);
        if (timeout > 0) {
          timer = setTimeout(() => giveUp(new RouterError("timeout", `${route}: no answer within ${timeout} ms`)), timeout);
        }
      };
      const abort = (): void => giveUp(signal!.reason);
      const pending: Pending = {
        message: { uuid, route, headers, payload },
        again: idempotencyKey !== undefined,
        sent: false,
        items: 0,
        item: item && ((frame) => { wait(); item(frame); }),
        settle: (error, reply) => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          this.#pending.delete(uuid);
          if (reply) {
            resolve(reply);
          } else {
            reject(error);
          }
        },
      };
      wait();
      signal?.addEventListener("abort", abort);
      this.#pending.set(uuid, pending);
      if (this.state === "open") {
        this.#write(pending);
      }
    });
  }

  protected override opened(): void {
    for (const topic of this.#topics.values()) {
      topic.join();
    }
    for (const pending of [...this.#pending.values()]) {
      if (!pending.sent) {
        this.#write(pending);
      }
    }
  }

  protected override lost(close: CloseInfo, final: boolean): void {
    for (const pending of [...this.#pending.values()]) {
      const { route } = pending.message;
      if (final) {
        pending.settle(new RouterError("closed", `${route}: the connection is closed (${close.code} ${close.reason})`));
      } else if (pending.sent && pending.again) {
        pending.sent = false;
      } else if (pending.sent) {
        pending.settle(new RouterError("lost", `${route}: the connection ended before the answer (${close.code} ${close.reason})`));
      }
    }
    for (const topic of this.#topics.values()) {
      topic.lost();
    }
  }

  protected override ping(): boolean {
    this.write({ uuid: `${this.#prefix}-${++this.#count}`, route: "PING", headers: this.#headers() });
    return true;
  }

  protected override received(message: unknown): void {
    const frame = message as Message | null;
    if (frame === null || typeof frame !== "object" || frame.route === "PONG") {
      return;
    }
    const { uuid, route, headers } = frame;
    const answered = this.#pending.get(uuid as string);
    if (answered) {
      this.#answered(answered, frame);
    } else if (route === "$item") {
      this.#item(headers?.["stream"] as string, frame);
    } else {
      const topic = headers?.["topic"] ?? (route?.startsWith("$") ? (frame.payload as any)?.topic : undefined);
      if (topic !== undefined) {
        this.#topics.get(topic as string)?.received(frame);
      } else if (route !== undefined) {
        this.#pushes.get(route)?.tell(frame.payload, frame);
      }
    }
  }

  #item(uuid: string, frame: Message): void {
    const stream = this.#pending.get(uuid);
    if (stream?.item) {
      stream.items++;
      stream.item(frame);
      if (stream.end) {
        this.#answered(stream, stream.end);
      }
    }
  }

  #answered(pending: Pending, frame: Message): void {
    const { status = 200, payload, headers = null } = frame;
    if (pending.item && (headers?.["items"] as number) > pending.items) {
      pending.end = frame;
      return;
    }
    const retryAfter = headers?.["retryAfterMs"];
    if (status === 409 && pending.again && typeof retryAfter === "number") {
      // The first call with this key is still running. Its answer is asked for again, by whoever then is the connection.
      pending.sent = false;
      setTimeout(() => this.state === "open" && !pending.sent && this.#pending.get(pending.message.uuid as string) === pending && this.#write(pending), retryAfter);
    } else {
      pending.settle(undefined, { status, ok: status < 400, payload, headers });
    }
  }

  #refusal({ queue }: RequestOptions): RouterError | undefined {
    if (this.state === "open") {
      return undefined;
    }
    if (!this.awaited) {
      return new RouterError("closed", "The client is closed: connect() opens it.");
    }
    if (queue === false) {
      return new RouterError("offline", "The connection is not open.");
    }
    return this.#pending.size >= this.maxQueued ? new RouterError("full", `${this.maxQueued} requests wait for the connection already.`) : undefined;
  }

  #headers(own: Record<string, unknown> = {}): Record<string, unknown> {
    const { headers } = this.#options;
    return { ...(typeof headers === "function" ? headers() : headers), ...own };
  }

  #write(pending: Pending): void {
    pending.sent = true;
    this.write(pending.message);
    if (pending.message.headers?.["noReply"]) {
      pending.settle(undefined, { status: 204, ok: true, payload: null, headers: null });
    }
  }
}

function passed(route: string, reply: Reply): Reply {
  if (!reply.ok) {
    const { error } = (reply.payload ?? {}) as { error?: unknown };
    throw new RouterError("status", `${route}: ${reply.status}${error === undefined ? "" : ` ${error}`}`, reply.status, reply.payload, reply.headers);
  }
  return reply;
}
