import { RouterError } from "./errors.js";
import type { Message, Reply, RequestOptions } from "./protocol.js";

/** What requests need of their connection. */
interface Line {
  /** Whether it is open. */
  readonly open: boolean;
  /** Why a request cannot even wait for it. */
  refusal(options: RequestOptions, waiting: number): RouterError | undefined;
  /** The headers of a request, those of all requests included. */
  headers(own: Record<string, unknown>): Record<string, unknown>;
  write(json: string): void;
}

interface Pending {
  readonly uuid: string;
  readonly route: string;
  readonly json: string;
  /** Whether nobody answers. */
  readonly noReply: boolean;
  /** May be sent once more on the next connection. */
  readonly again: boolean;
  readonly item: ((frame: Message) => void) | undefined;
  sent: boolean;
  /** How many items have come. */
  items: number;
  /** The answer, which has overtaken items. */
  end?: Message;
  settle(error: unknown, reply?: Reply): void;
}

/** The requests that wait for the connection, or for their answers. */
export class Requests {
  readonly #line: Line;
  readonly #timeout: number;
  readonly #prefix = Math.random().toString(36).slice(2, 10);
  readonly #pending = new Map<string, Pending>(); // in the order of the calls
  #count = 0;

  constructor(line: Line, timeout: number) {
    this.#line = line;
    this.#timeout = timeout;
  }

  /** A name that no other request of this client has. */
  name(): string {
    return `${this.#prefix}-${++this.#count}`;
  }

  ask(route: string, payload: unknown, options: RequestOptions, item?: (frame: Message) => void): Promise<Reply> {
    const { signal, idempotencyKey, timeout = this.#timeout } = options;
    return new Promise<Reply>((resolve, reject) => {
      const refusal = signal?.aborted ? signal.reason : this.#line.refusal(options, this.#pending.size);
      if (signal?.aborted || refusal) {
        return reject(refusal);
      }
      const uuid = this.name();
      const headers = this.#line.headers({ ...options.headers, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const wait = (): void => {
        clearTimeout(timer);
        if (timeout > 0) {
          timer = setTimeout(() => this.#giveUp(pending, new RouterError("timeout", `${route}: no answer within ${timeout} ms`)), timeout);
        }
      };
      const abort = (): void => this.#giveUp(pending, signal!.reason);
      const pending: Pending = {
        uuid,
        route,
        json: JSON.stringify({ uuid, route, headers, payload }), // as it is now, and wrong where it is written when it is no JSON
        noReply: headers["noReply"] === true,
        again: idempotencyKey !== undefined,
        item: item && ((frame) => { wait(); item(frame); }),
        sent: false,
        items: 0,
        settle: (error, reply) => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          this.#pending.delete(uuid);
          reply ? resolve(reply) : reject(error);
        },
      };
      wait();
      signal?.addEventListener("abort", abort);
      this.#pending.set(uuid, pending);
      if (this.#line.open) {
        this.#write(pending);
      }
    });
  }

  /** Sends what has waited for the connection. */
  opened(): void {
    for (const pending of [...this.#pending.values()]) {
      if (!pending.sent) {
        this.#write(pending);
      }
    }
  }

  /** Nothing that was sent will be answered; when the end is final, nothing that waits will be sent. */
  lost(why: string, final: boolean): void {
    for (const pending of [...this.#pending.values()]) {
      const { route } = pending;
      if (final) {
        pending.settle(new RouterError("closed", `${route}: the connection is closed (${why})`));
      } else if (pending.sent && pending.again) {
        pending.sent = false;
      } else if (pending.sent) {
        pending.settle(new RouterError("lost", `${route}: the connection ended before the answer (${why})`));
      }
    }
  }

  /** @returns whether the frame is the answer to a request. */
  answered(frame: Message): boolean {
    const pending = this.#pending.get(frame.uuid as string);
    if (pending) {
      this.#answer(pending, frame);
    }
    return pending !== undefined;
  }

  /** An item of a stream. */
  item(frame: Message): void {
    const stream = this.#pending.get(frame.headers?.["stream"] as string);
    if (stream?.item) {
      stream.items++;
      stream.item(frame);
      if (stream.end) {
        this.#answer(stream, stream.end);
      }
    }
  }

  #answer(pending: Pending, frame: Message): void {
    const { status = 200, payload, headers = null } = frame;
    const retryAfter = headers?.["retryAfterMs"];
    if (pending.item && (headers?.["items"] as number) > pending.items) {
      pending.end = frame;
    } else if (status === 409 && pending.again && typeof retryAfter === "number") {
      // The first call with this key is still running. Its answer is asked for again, over whatever then is the connection.
      pending.sent = false;
      setTimeout(() => this.#line.open && !pending.sent && this.#pending.get(pending.uuid) === pending && this.#write(pending), retryAfter);
    } else {
      pending.settle(undefined, { status, ok: status < 400, payload, headers });
    }
  }

  // Who has waited in vain tells the server, so that it does not work in vain.
  #giveUp(pending: Pending, error: unknown): void {
    pending.settle(error);
    if (pending.sent && this.#line.open) {
      this.#line.write(JSON.stringify({ uuid: "", route: "$cancel", headers: { noReply: true }, payload: { uuid: pending.uuid } }));
    }
  }

  #write(pending: Pending): void {
    pending.sent = true;
    this.#line.write(pending.json);
    if (pending.noReply) {
      pending.settle(undefined, { status: 204, ok: true, payload: null, headers: null });
    }
  }
}
