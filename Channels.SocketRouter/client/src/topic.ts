import { RouterError } from "./errors.js";
import { Listeners } from "./listeners.js";
import { Present, type Presence, type PresenceChange, type PresenceDiff, type PresenceSnapshot } from "./presence.js";
import type { Message, Position, Reply, TopicMessage, TopicOptions, TopicState } from "./protocol.js";
import { Sequence, type Numbered } from "./sequence.js";

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

const ackDelay = 100; // acknowledgements within this time are one

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
  readonly #sequence: Sequence;
  #state: TopicState = "joining";
  #error: RouterError | undefined;
  #uses = 0;
  #turn: object | undefined; // the join under way
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
    this.#sequence = new Sequence(
      (message) => this.#numbered(message),
      () => this.#acknowledge(), // the one before was lost
      () => this.join(),
    );
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
    return this.#sequence.position;
  }

  /** Who is there, with what each of their connections tells; another object after every change. Empty without the option `presence`. */
  get presence(): Presence {
    return this.#present.current;
  }

  /** Whether there are others beside those in `presence`: the server lists at most 1,000. */
  get more(): boolean {
    return this.#present.more;
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
    this.#sequence.clear();
    this.#set("joining");
  }

  /** @internal Joins, again after a reconnect, and again to fetch what is missing. */
  join(): void {
    this.#stop();
    const turn = (this.#turn = {});
    const { presence, ack } = this.#options;
    const since = this.position ?? this.#options.since;
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
      void this.#deliver({ event: route, payload, position: undefined, redelivered: false });
    } else {
      this.#sequence.add({ epoch, offset, event: route, payload, redelivered: redelivered === true });
    }
  }

  #joined({ epoch, offset, recovered = false, messages = [], presence }: Joined, asked: boolean): void {
    this.#error = undefined;
    this.#set("joined");
    if (asked && !recovered) {
      this.#resets.tell("unrecoverable");
    }
    // What is listed follows the place that was asked for; where nothing was, the topic begins here.
    const goesOn = recovered && this.position?.epoch === epoch;
    const from = goesOn ? undefined : { epoch, offset: messages[0] ? messages[0].offset - 1 : offset };
    this.#sequence.resume(from, messages.map((message) => ({ epoch, offset: message.offset, event: message.route ?? "message", payload: message.payload, redelivered: false })));
    if (presence) {
      this.#present.set(presence);
    }
  }

  #reset({ epoch, offset, reason }: Position & { reason: string }): void {
    if (reason === "unavailable") {
      this.#stop();
      this.#set("joining"); // the server has let go of it
      this.#later();
    } else {
      this.#sequence.clear();
      this.#resets.tell(reason);
      this.#sequence.resume({ epoch, offset });
    }
  }

  #later(after = 1_000 + 1_000 * Math.random()): void {
    this.#timer = setTimeout(() => this.join(), after);
  }

  #numbered({ epoch, offset, event, payload, redelivered }: Numbered): void {
    const position = { epoch, offset };
    const message = { event, payload, position, redelivered };
    if (this.#options.ack) {
      this.#work = this.#work.then(() => this.#deliver(message)).then(() => {
        this.#done = position;
        this.#acknowledge();
      });
    } else {
      void this.#deliver(message);
    }
  }

  #deliver(message: TopicMessage<any>): Promise<unknown> {
    return Promise.all([this.#events.get(message.event)?.tell(message.payload, message), this.#messages.tell(message)]);
  }

  #acknowledge(): void {
    if (this.#options.ack && this.#done) {
      this.#acking ??= setTimeout(() => {
        this.#acking = undefined;
        this.#link.tell("$ack", { topic: this.name, ...this.#done });
      }, ackDelay);
    }
  }

  #stop(): void {
    this.#turn = undefined;
    this.#sequence.pause();
    clearTimeout(this.#timer);
  }

  #set(state: TopicState): void {
    if (this.#state !== state) {
      this.#state = state;
      this.#states.tell(state);
    }
  }
}
