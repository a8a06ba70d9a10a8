import { Connection } from "./connection.js";
import { RouterError } from "./errors.js";
import { Listeners } from "./listeners.js";
import type { CloseInfo, ConnectionOptions, Url } from "./options.js";
import type { Arguments, Contract, ItemOf, Message, Reply, RequestOf, RequestOptions, ResponseOf, TopicEvents, TopicOptions, Untyped } from "./protocol.js";
import { Requests } from "./requests.js";
import { Topic } from "./topic.js";

export interface RouterClientOptions extends ConnectionOptions {
  /** Headers of all requests; a function is asked for each. */
  headers?: Record<string, unknown> | (() => Record<string, unknown>);
  /** Milliseconds until a request fails with the fault `timeout`; for a stream between two items. Default 30,000; 0 for no limit. */
  timeout?: number;
}

/**
 * The client of a socket router: requests with answers, pushes, topics with what was missed and who is there, and streams, over one
 * WebSocket that comes back by itself. Requests wait while it is away.
 */
export class RouterClient<C extends Contract = Untyped> extends Connection {
  readonly #options: RouterClientOptions;
  readonly #requests: Requests;
  readonly #topics = new Map<string, Topic>();
  readonly #pushes = new Map<string, Listeners<[any, Message]>>();

  constructor(url: Url | (() => Url | Promise<Url>), options: RouterClientOptions = {}) {
    super(url, options);
    this.#options = options;
    const client = this;
    this.#requests = new Requests(
      {
        get open() {
          return client.state === "open";
        },
        refusal: (request, waiting) => this.#refusal(request, waiting),
        headers: (own) => this.#headers(own),
        write: (json) => this.write(json),
      },
      options.timeout ?? 30_000,
    );
    if (options.autoConnect !== false) {
      this.connect();
    }
  }

  /** Asks, and gives the whole answer, whatever its status. Rejects with a `RouterError` when none comes. */
  request<Route extends keyof C["routes"] & string>(route: Route, ...[payload, options]: Arguments<RequestOf<C, Route>>): Promise<Reply<ResponseOf<C, Route>>> {
    return this.#ask(route, payload, options) as Promise<Reply<ResponseOf<C, Route>>>;
  }

  /** Asks, and gives the payload of the answer. Rejects with a `RouterError` for a status of 400 and more, too. */
  async call<Route extends keyof C["routes"] & string>(route: Route, ...[payload, options]: Arguments<RequestOf<C, Route>>): Promise<ResponseOf<C, Route>> {
    return passed(route, await this.#ask(route, payload, options)).payload as ResponseOf<C, Route>;
  }

  /** Sends a request that nobody answers. While the connection is away it waits, as others do, and is dropped where they would fail. */
  send<Route extends keyof C["routes"] & string>(route: Route, ...[payload, options]: Arguments<RequestOf<C, Route>>): void {
    void this.#ask(route, payload, { ...options, headers: { ...options?.headers, noReply: true } }).catch(() => {});
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
    this.#ask(route, payload, { ...options, signal: stop.signal, headers: { ...options?.headers, stream: true } }, (item) => {
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
        ask: (route, payload) => this.#ask(route, payload, { queue: false }),
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

  protected override opened(): void {
    for (const topic of this.#topics.values()) {
      topic.join();
    }
    this.#requests.opened();
  }

  protected override lost({ code, reason }: CloseInfo, final: boolean): void {
    this.#requests.lost(`${code} ${reason}`.trim(), final);
    for (const topic of this.#topics.values()) {
      topic.lost();
    }
  }

  protected override ping(): boolean {
    this.write(JSON.stringify({ uuid: this.#requests.name(), route: "PING" }));
    return true;
  }

  protected override received(message: unknown): void {
    const frame = message as Message | null;
    if (frame === null || typeof frame !== "object" || frame.route === "PONG") {
      return;
    }
    const { route } = frame;
    if (route === "$item") {
      this.#requests.item(frame);
    } else if (!this.#requests.answered(frame)) {
      const topic = frame.headers?.["topic"] ?? (route?.startsWith("$") ? (frame.payload as any)?.topic : undefined);
      if (topic !== undefined) {
        this.#topics.get(topic as string)?.received(frame);
      } else if (route !== undefined) {
        this.#pushes.get(route)?.tell(frame.payload, frame);
      }
    }
  }

  #ask(route: string, payload: unknown, options: RequestOptions = {}, item?: (frame: Message) => void): Promise<Reply> {
    return this.#requests.ask(route, payload, options, item);
  }

  #refusal({ queue }: RequestOptions, waiting: number): RouterError | undefined {
    return this.state === "open" ? undefined
      : !this.awaited ? new RouterError("closed", "The client is closed: connect() opens it.")
      : queue === false ? new RouterError("offline", "The connection is not open.")
      : waiting >= this.maxQueued ? new RouterError("full", `${this.maxQueued} requests wait for the connection already.`)
      : undefined;
  }

  #headers(own: Record<string, unknown>): Record<string, unknown> {
    const { headers } = this.#options;
    return { ...(typeof headers === "function" ? headers() : headers), ...own };
  }
}

function passed(route: string, reply: Reply): Reply {
  if (!reply.ok) {
    const { error } = (reply.payload ?? {}) as { error?: unknown };
    throw new RouterError("status", `${route}: ${reply.status}${error === undefined ? "" : ` ${error}`}`, reply.status, reply.payload, reply.headers);
  }
  return reply;
}
