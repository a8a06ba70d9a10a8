import { Listeners } from "./listeners.js";
import type { CloseInfo, ConnectionOptions, ConnectionState, Socket, SocketConstructor, Url } from "./options.js";

// An end after less than this is no success: a server that lets in and closes at once is not asked ever faster.
const stable = 5_000;

/** A WebSocket of JSON messages that comes back when it breaks. What the messages mean is for those who derive from it. */
export abstract class Connection {
  readonly #options: ConnectionOptions;
  readonly #url: () => Url | Promise<Url>;
  readonly #states: Listeners<[ConnectionState]>;
  #state: ConnectionState = "closed";
  #socket: Socket | undefined;
  #attempts = 0;
  #retryAt = 0;
  #openedAt = 0;
  #heard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastClose: CloseInfo | undefined;
  #current: object | undefined; // the attempt under way

  /**
   * @param url Where to: absolute, or relative to the page; `http` means `ws`. A function is asked before every attempt, for
   * addresses with a token that expires, say; when it throws, the attempt has failed.
   */
  protected constructor(url: Url | (() => Url | Promise<Url>), options: ConnectionOptions = {}) {
    this.#options = options;
    this.#states = new Listeners(this.failed);
    if (typeof url === "function") {
      this.#url = url;
    } else {
      const address = absolute(url); // a wrong one throws here, where it is written
      this.#url = () => address;
    }
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the next attempt will be, in milliseconds since 1970; 0 unless the state is `waiting`. */
  get retryAt(): number {
    return this.#state === "waiting" ? this.#retryAt : 0;
  }

  /** How the connection ended last. */
  get lastClose(): CloseInfo | undefined {
    return this.#lastClose;
  }

  /** Hears every change of the state. @returns what ends that. */
  readonly onState = (listener: (state: ConnectionState) => void): (() => void) => this.#states.add(listener);

  /** Connects; at once when it waits for the next attempt. Nothing happens when it is open or about to be. */
  connect(): void {
    if (this.#state === "closed") {
      this.#attempts = 0;
      globalThis.addEventListener?.("online", this.#online);
    }
    if (this.#state === "closed" || this.#state === "waiting") {
      void this.#open();
    }
  }

  /** Ends the connection, and does not come back. */
  close(code = 1000, reason = ""): void {
    const socket = this.#socket;
    if (this.#state !== "closed") {
      this.#ended({ code, reason }, true);
      socket?.close(code, reason);
    }
  }

  /** The connection is there, for the first time or again: what is sent now goes first. */
  protected abstract opened(): void;

  /** A message has come. */
  protected abstract received(message: unknown): void;

  /** The connection has ended; `final` when it will not come back by itself. */
  protected abstract lost(close: CloseInfo, final: boolean): void;

  /** Sends something that the server answers. @returns false when there is nothing to send. */
  protected abstract ping(): boolean;

  /** Whether the connection will be there by itself, or has not been asked for yet. */
  protected get awaited(): boolean {
    return this.#state !== "closed" || this.#lastClose === undefined;
  }

  protected get maxQueued(): number {
    return this.#options.maxQueued ?? 1_000;
  }

  /** Sends JSON over the open connection. */
  protected write(json: string): void {
    this.#socket!.send(json);
  }

  /** Tells of an error that is nobody's to catch. */
  protected readonly failed = (error: unknown): void => {
    (this.#options.onError ?? console.error)(error);
  };

  // Back on a network: the next attempt need not wait, and an old connection may be gone without a word.
  readonly #online = (): void => {
    if (this.#state === "waiting") {
      this.connect();
    } else if (this.#state === "open") {
      clearTimeout(this.#timer);
      this.#beat(0);
    }
  };

  async #open(): Promise<void> {
    clearTimeout(this.#timer);
    // Who closes, or connects again, while the address is being made has started something newer.
    const attempt = {};
    this.#current = attempt;
    this.#set("connecting");
    this.#timer = setTimeout(() => this.#ended({ code: 1006, reason: "connect timeout" }), this.#options.connectTimeout ?? 10_000);
    try {
      const url = this.#url();
      const address = typeof url === "string" || url instanceof URL ? url : await url;
      if (this.#current === attempt) {
        this.#attach(new (this.#options.WebSocket ?? (globalThis as any).WebSocket as SocketConstructor)(absolute(address), this.#options.protocols));
      }
    } catch (error) {
      if (this.#current === attempt) {
        this.failed(error);
        this.#ended({ code: 1006, reason: `${error}` });
      }
    }
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = Date.now();
      clearTimeout(this.#timer);
      this.#beat();
      this.#state = "open";
      this.opened(); // what has waited goes before what those send who hear of the state
      this.#states.tell("open");
    };
    socket.onmessage = (event: { data: unknown }) => {
      this.#heard = true;
      let message: unknown;
      try {
        message = JSON.parse(event.data as string);
      } catch (error) {
        this.failed(error);
        return;
      }
      this.received(message);
    };
    socket.onerror = () => {}; // the end follows, and tells more
    socket.onclose = (event: CloseInfo) => this.#ended({ code: event.code, reason: `${event.reason}` });
  }

  #beat(after = this.#options.heartbeat ?? 25_000): void {
    if (this.#options.heartbeat !== 0) {
      this.#timer = setTimeout(() => {
        this.#heard = false;
        if (this.ping()) {
          this.#timer = setTimeout(
            () => (this.#heard ? this.#beat() : this.#ended({ code: 1006, reason: "heartbeat timeout" })),
            this.#options.heartbeatTimeout ?? 10_000,
          );
        }
      }, after);
    }
  }

  // Does not wait for the socket: closing a connection that leads nowhere takes minutes.
  #ended(close: CloseInfo, final = false): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#current = this.#socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (!final) {
        socket.close();
      }
    }
    this.#lastClose = close;
    final ||= !(this.#options.reconnect ?? ((end) => end.code !== 1008))(close);
    if (this.#state === "open" && Date.now() - this.#openedAt >= stable) {
      this.#attempts = 0;
    }
    if (final) {
      globalThis.removeEventListener?.("online", this.#online);
      this.#set("closed");
    } else {
      const { retryDelay = 1_000, maxRetryDelay = 30_000 } = this.#options;
      const delay = Math.min(maxRetryDelay, retryDelay * 2 ** this.#attempts++) * (0.5 + Math.random() / 2);
      this.#retryAt = Date.now() + delay;
      this.#timer = setTimeout(() => void this.#open(), delay);
      this.#set("waiting");
    }
    this.lost(close, final);
  }

  #set(state: ConnectionState): void {
    if (this.#state !== state) {
      this.#state = state;
      this.#states.tell(state);
    }
  }
}

function absolute(url: Url): string {
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}
