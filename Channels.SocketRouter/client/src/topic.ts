import { RouterError } from "./errors.js";
import { Listeners } from "./listeners.js";
import { Present, type Presence, type PresenceChange, type PresenceDiff, type PresenceSnapshot } from "./presence.js";
import type { Message, Reply } from "./protocol.js";

/** `joining`: asked, or about to be when the connection is back; `refused`: the server does not let this user in; `left`: for good. */
export type TopicState = "joining" | "joined" | "refused" | "left";

/** A place in the history of a topic. Offsets count from 1 without a hole; another epoch is another history. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export interface TopicMessage<T = unknown> {
  readonly event: string;
  readonly payload: T;
  /** Where it stands in the topic's history; undefined for what is in none. */
  readonly position: Position | undefined;
  /** The server has sent it before, and got no acknowledgement. */
  readonly redelivered: boolean;
}

export interface TopicOptions {
  /**
   * Where to begin: behind a position from an earlier visit, behind what was acknowledged last, or with the newest message that is
   * there. Default: with what comes from now on.
   */
  since?: Position | "acked" | "last";
  /** Tell who is there: `true` to watch only, or with what others are to see of this connection. */
  presence?: true | { readonly meta?: Readonly<Record<string, unknown>> };
  /** Acknowledge each message when its listeners, and the promises they return, are done; the server keeps at most `window` on the way. */
  ack?: true | { readonly window?: number; readonly timeoutMs?: number };
}

/** What a topic needs of its client. */
interface Link {
  ask(route: string, payload: unknown): Promise<Reply>;
  tell(route: string, payload: unknown): void;
  failed(error: unknown): void;
  gone(): void;
}

interface Joined extends Position {
  readonly recovered?: boolean;
  readonly messages?: readonly { readonly offset: number; readonly payload: unknown; readonly route?: string }[];
  readonly presence?: PresenceSnapshot;
}

interface Held {
  readonly epoch: string;
  readonly offset: number;
  readonly event: string;
  readonly payload: unknown;
  readonly redelivered: boolean;
}

const gapPatience = 500; // what overtakes another message waits this long for it
const ackDelay = 100; // acknowledgements within this time are one
const mostHeld = 1_000;

/** A topic that was joined: its messages once each and in order, over reconnects too, and who is there. */
export class Topic<Events = Record<string, any>> {
  readonly #link: Link;
  readonly #options: TopicOptions;
  readonly #events = new Map<string, Listeners<[any, TopicMessage<any>]>>();
  readonly #messages: Listeners<[TopicMessage]>;
  readonly #resets: Listeners<[string]>;
  readonly #states: Listeners<[TopicState]>;
  readonly #changes: Listeners<[Presence, PresenceChange]>;
  readonly #present: Present;
  #held = new Map<number, Held>();
  #state: TopicState = "joining";
  #error: RouterError | undefined;
  #position: Position | undefined;
  #uses = 0;
  #turn: object | undefined; // the join under way: until its answer everything is held
  #timer: ReturnType<typeof setTimeout> | undefined; // the next join
  #work: Promise<unknown> = Promise.resolve(); // with acknowledgements: messages one after another
  #done: Position | undefined;
  #acking: ReturnType<typeof setTimeout> | undefined;

  /** @internal */
  constructor(
    readonly name: string,
    options: TopicOptions,
    link: Link,
  ) {
    this.#options = options;
    this.#link = link;
    this.#messages = new Listeners(link.failed);
    this.#resets = new Listeners(link.failed);
    this.#states = new Listeners(link.failed);
    this.#changes = new Listeners(link.failed);
    this.#present = new Present(
      () => link.ask("$presence", { topic: name }).then((reply) => (reply.ok ? (reply.payload as PresenceSnapshot) : undefined)),
      (change) => this.#changes.tell(this.presence, change),
      link.failed,
    );
  }

  get state(): TopicState {
    return this.#state;
  }

  /** Why the server refused. */
  get error(): RouterError | undefined {
    return this.#error;
  }

  /** The place of the last message; may be kept, and given as `since` by the next visit. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Who is there, with what each of their connections tells; another object after every change. Empty without the option `presence`. */
  get presence(): Presence {
    return this.#present.current;
  }

  /** Hears the messages of an event. @returns what ends that. */
  on<Event extends keyof Events & string>(event: Event, listener: (payload: Events[Event], message: TopicMessage<Events[Event]>) => unknown): () => void {
    let listeners = this.#events.get(event);
    if (!listeners) {
      this.#events.set(event, (listeners = new Listeners(this.#link.failed)));
    }
    return listeners.add(listener);
  }

  /** Hears all messages. */
  readonly onMessage = (listener: (message: TopicMessage) => unknown): (() => void) => this.#messages.add(listener);

  /** Hears that messages were missed which the server no longer has: load anew what they were about. It goes on with the next ones. */
  readonly onReset = (listener: (reason: string) => unknown): (() => void) => this.#resets.add(listener);

  readonly onState = (listener: (state: TopicState) => void): (() => void) => this.#states.add(listener);

  /** Hears who came and went. */
  readonly onPresence = (listener: (presence: Presence, change: PresenceChange) => void): (() => void) => this.#changes.add(listener);

  /** Gives up one use; the last one leaves the topic. */
  leave(): void {
    if (--this.#uses === 0) {
      const joined = this.#state !== "refused";
      this.#stop();
      this.#present.forget();
      this.#set("left");
      this.#link.gone();
      if (joined) {
        this.#link.tell("$leave", { topic: this.name });
      }
    }
  }

  /** @internal */
  use(): void {
    this.#uses++;
  }

  /** @internal The connection has ended. */
  lost(): void {
    this.#stop();
    this.#held.clear();
    this.#set("joining");
  }

  /** @internal Joins, again after a reconnect, and again to fetch what is missing. */
  join(): void {
    this.#stop();
    const turn = (this.#turn = {});
    const { presence, ack } = this.#options;
    const since = this.#position ?? this.#options.since;
    this.#link.ask("$join", { topic: this.name, since, presence, ack: ack === true ? {} : ack }).then(
      (reply) => {
        if (this.#turn !== turn) {
          return;
        }
        const { status, payload, headers } = reply;
        if (reply.ok) {
          this.#turn = undefined;
          this.#joined(payload as Joined, since !== undefined && since !== "last");
        } else if (status >= 500 || status === 429 || status === 408) {
          this.#later(headers?.["retryAfterMs"] as number | undefined);
        } else {
          this.#error = new RouterError("status", `${this.name}: ${status} ${(payload as any)?.error ?? ""}`.trim(), status, payload, headers);
          this.#set("refused");
        }
      },
      (error: unknown) => {
        if (this.#turn === turn && error instanceof RouterError && error.fault === "timeout") {
          this.#later(0);
        }
      },
    ).catch(this.#link.failed);
  }

  /** @internal */
  received({ route = "message", headers, payload }: Message): void {
    const { epoch, offset, version, redelivered } = (headers ?? {}) as any;
    if (this.#state === "left") {
      return;
    }
    if (route === "$presence.diff") {
      this.#present.receive({ epoch, version, ...(payload as PresenceDiff) });
    } else if (route === "$presence.state") {
      this.#present.set(payload as PresenceSnapshot);
    } else if (route === "$reset") {
      this.#reset(payload as Position & { reason: string });
    } else if (offset === undefined) {
      this.#deliver({ event: route, payload, position: undefined, redelivered: false });
    } else {
      if (this.#held.size >= mostHeld) {
        this.#held.clear(); // they come again with the answer to the next join
      }
      this.#held.set(offset, { epoch, offset, event: route, payload, redelivered: redelivered === true });
      if (!this.#turn && this.#state === "joined") {
        this.#drain();
      }
    }
  }

  #joined({ epoch, offset, recovered = false, messages = [], presence }: Joined, asked: boolean): void {
    const before = this.#position;
    if (!before || before.epoch !== epoch || !recovered) {
      // What is listed follows the place that was asked for; where nothing was, the topic begins here.
      this.#position = { epoch, offset: messages[0] ? messages[0].offset - 1 : offset };
    }
    this.#error = undefined;
    this.#set("joined");
    if (asked && !recovered) {
      this.#resets.tell("unrecoverable");
    }
    for (const { offset: at, route: event = "message", payload } of messages) {
      this.#held.set(at, { epoch, offset: at, event, payload, redelivered: false });
    }
    this.#drain();
    if (presence) {
      this.#present.set(presence);
    }
  }

  // Delivers what follows without a hole. What stays waits for what is missing, and then asks for it.
  #drain(): void {
    let position = this.#position!;
    for (let next; (next = this.#held.get(position.offset + 1))?.epoch === position.epoch; ) {
      const { event, payload, redelivered } = next!;
      this.#position = position = { epoch: position.epoch, offset: next!.offset };
      this.#held.delete(next!.offset);
      this.#deliver({ event, payload, position, redelivered });
      if (this.#state !== "joined" || this.#position !== position) {
        return; // a listener has left, or more
      }
    }
    for (const [at, { epoch, offset }] of this.#held) {
      if (epoch === position.epoch && offset <= position.offset) {
        this.#held.delete(at);
        this.#acknowledge(); // sent again: the acknowledgement was lost
      }
    }
    if (this.#held.size > 0) {
      this.#timer ??= setTimeout(() => this.join(), gapPatience);
    } else {
      this.#stopTimer();
    }
  }

  #deliver(message: TopicMessage<any>): void {
    const tell = (): Promise<unknown> => Promise.all([this.#events.get(message.event)?.tell(message.payload, message), this.#messages.tell(message)]);
    if (this.#options.ack && message.position) {
      this.#work = this.#work.then(tell).then(() => {
        this.#done = message.position;
        this.#acknowledge();
      });
    } else {
      void tell();
    }
  }

  #acknowledge(): void {
    if (this.#options.ack && this.#done) {
      this.#acking ??= setTimeout(() => {
        this.#acking = undefined;
        this.#link.tell("$ack", { topic: this.name, ...this.#done });
      }, ackDelay);
    }
  }

  #reset({ epoch, offset, reason }: Position & { reason: string }): void {
    this.#stop();
    if (reason === "unavailable") {
      this.#set("joining"); // the server has let go of it
      this.#later();
    } else {
      this.#held.clear();
      this.#position = { epoch, offset };
      this.#resets.tell(reason);
    }
  }

  #later(after = 1_000 + 1_000 * Math.random()): void {
    this.#timer = setTimeout(() => this.join(), after);
  }

  #stop(): void {
    this.#turn = undefined;
    this.#stopTimer();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #set(state: TopicState): void {
    if (this.#state !== state) {
      this.#state = state;
      this.#states.tell(state);
    }
  }
}
