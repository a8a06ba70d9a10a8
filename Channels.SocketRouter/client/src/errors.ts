/**
 * Why a request got no result:
 * `status` the server answered 400 or more; `timeout` no answer in time; `lost` the connection ended before the answer came;
 * `closed` the client is closed; `full` too many requests wait for the connection; `offline` the request was not to wait for it.
 */
export type RouterFault = "status" | "timeout" | "lost" | "closed" | "full" | "offline";

/** A request without a result. */
export class RouterError extends Error {
  override readonly name = "RouterError";

  constructor(
    readonly fault: RouterFault,
    message: string,
    /** The status of the answer; 0 when none came. */
    readonly status = 0,
    /** The payload of the answer, for example `{ error: "CallError.InvalidData" }`. */
    readonly payload: unknown = undefined,
    /** The headers of the answer, for example `{ retryAfterMs: 500 }`. */
    readonly headers: Readonly<Record<string, unknown>> | null = null,
  ) {
    super(message);
  }
}
