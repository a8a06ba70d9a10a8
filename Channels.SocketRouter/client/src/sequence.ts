import type { Position } from "./protocol.js";

/** A message of a history, as it came. */
export interface Numbered extends Position {
  readonly event: string;
  readonly payload: unknown;
  readonly redelivered: boolean;
}

const patience = 500; // what overtakes another message waits this long for it
const mostHeld = 1_000;

/** Puts the messages of one history in order, each once. What has overtaken others is held until they come, or are asked for. */
export class Sequence {
  readonly #deliver: (message: Numbered) => void;
  readonly #repeated: () => void;
  readonly #missing: () => void;
  readonly #held = new Map<number, Numbered>();
  #position: Position | undefined;
  #open = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param deliver Takes a message whose turn it is.
   * @param repeated Hears that a message has come again.
   * @param missing Asks for what follows the position, as it does not come by itself.
   */
  constructor(deliver: (message: Numbered) => void, repeated: () => void, missing: () => void) {
    this.#deliver = deliver;
    this.#repeated = repeated;
    this.#missing = missing;
  }

  /** The place of the last message that was delivered. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Holds everything until it goes on. */
  pause(): void {
    this.#open = false;
    this.#stop();
  }

  /** Goes on: at a new place, or where it was. */
  resume(position: Position | undefined, messages: Iterable<Numbered> = []): void {
    this.#position = position ?? this.#position;
    this.#open = true;
    for (const message of messages) {
      this.#held.set(message.offset, message);
    }
    this.#drain();
  }

  /** Forgets what it holds. */
  clear(): void {
    this.#held.clear();
  }

  add(message: Numbered): void {
    if (this.#held.size >= mostHeld) {
      this.#held.clear(); // they come again when they are asked for
    }
    this.#held.set(message.offset, message);
    if (this.#open) {
      this.#drain();
    }
  }

  #drain(): void {
    let position = this.#position!;
    for (let next; (next = this.#held.get(position.offset + 1))?.epoch === position.epoch; ) {
      this.#position = position = { epoch: position.epoch, offset: next!.offset };
      this.#held.delete(next!.offset);
      this.#deliver(next!);
      if (!this.#open || this.#position !== position) {
        return; // who took it has left, or more
      }
    }
    for (const [at, { epoch, offset }] of this.#held) {
      if (epoch === position.epoch && offset <= position.offset) {
        this.#held.delete(at);
        this.#repeated();
      }
    }
    if (this.#held.size === 0) {
      this.#stop();
    } else {
      this.#timer ??= setTimeout(this.#missing, patience);
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
