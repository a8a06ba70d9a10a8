import { Connection } from "./connection.js";
import { Listeners } from "./listeners.js";
import type { CloseInfo, ConnectionOptions, Url } from "./options.js";

/** A message that says what it is. */
export interface Typed {
  readonly type: string;
}

type Of<M extends Typed, Type extends M["type"]> = Extract<M, { type: Type }>;

export interface JsonClientOptions<In extends Typed = any, Out = unknown> extends ConnectionOptions {
  /**
   * The place of a message in its history as text, `EPOCH:OFFSET`; undefined where it has none, as in what
   * tells only how far the history has come. Default: the message's `position`. What is not behind the last one is dropped.
   */
  position?: (message: In) => string | undefined;
  /** The message that is sent first on each connection, such as one that joins with the place of the last message. */
  hello?: (position: string | undefined) => Out;
  /** A heartbeat that the server answers. Default: none, then a connection counts as broken when the socket ends. */
  ping?: () => Out;
}

/**
 * The client of a consumer that talks in JSON messages with a `type`. It comes back by itself, with the place of the last message;
 * what is sent meanwhile waits.
 */
export class JsonClient<In extends Typed = any, Out = unknown> extends Connection {
  readonly #options: JsonClientOptions<In, Out>;
  readonly #types = new Map<string, Listeners<[any]>>();
  readonly #all: Listeners<[In]>;
  readonly #queue: string[] = [];
  #position: string | undefined;

  /** @param url As for every connection; a function gets the place of the last message, to put it into the address. */
  constructor(url: Url | ((position: string | undefined) => Url | Promise<Url>), options: JsonClientOptions<In, Out> = {}) {
    super(typeof url === "function" ? () => url(this.#position) : url, options);
    this.#options = options;
    this.#all = new Listeners(this.failed);
    if (options.autoConnect !== false) {
      this.connect();
    }
  }

  /** The place of the last message that has one. */
  get position(): string | undefined {
    return this.#position;
  }

  /** Hears messages of a type. @returns what ends that. */
  on<Type extends In["type"] & string>(type: Type, listener: (message: Of<In, Type>) => unknown): () => void {
    let listeners = this.#types.get(type);
    if (!listeners) {
      this.#types.set(type, (listeners = new Listeners(this.failed)));
    }
    return listeners.add(listener);
  }

  /** Hears all messages. */
  readonly onMessage = (listener: (message: In) => unknown): (() => void) => this.#all.add(listener);

  /** Sends a message; while the connection is away it waits. @returns false when too many wait already, or the client is closed. */
  send(message: Out): boolean {
    const json = JSON.stringify(message);
    if (this.state === "open") {
      this.write(json);
      return true;
    }
    const fits = this.awaited && this.#queue.length < this.maxQueued;
    if (fits) {
      this.#queue.push(json);
    }
    return fits;
  }

  protected override opened(): void {
    const { hello } = this.#options;
    if (hello) {
      this.write(JSON.stringify(hello(this.#position)));
    }
    for (const json of this.#queue.splice(0)) {
      this.write(json);
    }
  }

  protected override received(message: unknown): void {
    if (typeof message !== "object" || message === null) {
      return;
    }
    const typed = message as In;
    const { position: placeOf = (any: any) => any.position } = this.#options;
    const position = placeOf(typed);
    if (position !== undefined) {
      if (follows(this.#position, position)) {
        this.#position = position;
      } else {
        return;
      }
    }
    this.#types.get(typed.type)?.tell(typed);
    this.#all.tell(typed);
  }

  protected override lost(_: CloseInfo, final: boolean): void {
    if (final) {
      this.#queue.length = 0;
    }
  }

  protected override ping(): boolean {
    const { ping } = this.#options;
    if (ping) {
      this.write(JSON.stringify(ping()));
    }
    return ping !== undefined;
  }
}

function follows(last: string | undefined, next: string): boolean {
  const [epoch, offset] = split(last ?? "");
  const [nextEpoch, nextOffset] = split(next);
  return epoch !== nextEpoch || nextOffset > offset;
}

function split(position: string): [string, number] {
  const colon = position.lastIndexOf(":");
  return [position.slice(0, colon), Number(position.slice(colon + 1))];
}
