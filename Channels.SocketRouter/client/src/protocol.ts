/** A message of the protocol; a request has a route, an answer a status, a push both. */
export interface Message {
  readonly uuid?: string | number;
  readonly route?: string;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly payload?: unknown;
  readonly status?: number;
}

/** What the server answered. */
export interface Reply<T = unknown> {
  readonly status: number;
  /** Whether the status is below 400. */
  readonly ok: boolean;
  readonly payload: T;
  readonly headers: Readonly<Record<string, unknown>> | null;
}

export interface RequestOptions {
  /** Headers of this request; they win over those of the client. */
  headers?: Record<string, unknown>;
  /** Milliseconds until the request fails with the fault `timeout`, waiting for the connection included; 0 for no limit. */
  timeout?: number;
  /** Aborts the request: the promise rejects with the signal's reason, and the server is told to stop. */
  signal?: AbortSignal;
  /**
   * Marks requests that are one: the server runs the first and gives all the same answer. With a key a request that the end of a
   * connection has cut off is sent again by itself.
   */
  idempotencyKey?: string;
  /** False: fail at once with the fault `offline` when the connection is not open. Default true: wait for it. */
  queue?: boolean;
}

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

/** What an application serves: written by the server's verb `contract`, or by hand. */
export interface Contract {
  /** Route names, each with the types `request`, `response`, and `item` for what it streams. */
  routes: object;
  /** Topic names (patterns as template literals), each with its events and the types of their payloads. */
  topics?: object;
  /** Routes of what the server sends unasked, with the types of their payloads. */
  pushes?: object;
}

/** Anything goes. */
export interface Untyped {
  routes: Record<string, { request: any; response: any; item: any }>;
  topics: Record<string, Record<string, any>>;
  pushes: Record<string, any>;
}

type Field<T, Name extends PropertyKey> = Name extends keyof T ? T[Name] : never;

/** The payload that a route takes. */
export type RequestOf<C extends Contract, Route extends keyof C["routes"]> = Field<C["routes"][Route], "request">;

/** The payload of a route's answer. */
export type ResponseOf<C extends Contract, Route extends keyof C["routes"]> = Field<C["routes"][Route], "response">;

/** What a route streams. */
export type ItemOf<C extends Contract, Route extends keyof C["routes"]> = Field<C["routes"][Route], "item">;

/** The events of a topic. */
export type TopicEvents<C extends Contract, Name extends PropertyKey> = Field<NonNullable<C["topics"]>, Name>;

/** The arguments behind the route: the payload may be left out where the route takes none. */
export type Arguments<Request> = [Request] extends [never]
  ? [payload?: undefined, options?: RequestOptions]
  : undefined extends Request
    ? [payload?: Request, options?: RequestOptions]
    : [payload: Request, options?: RequestOptions];
