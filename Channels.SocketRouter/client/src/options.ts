export type Url = string | URL;

/** `connecting`: the handshake is under way; `waiting`: until the next attempt; `closed`: for good, until `connect()`. */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

/** How a connection ended. Code 1006: it broke, or the server did not let it in. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

/** What a connection needs of a WebSocket: the browser's, Node's, or the one of the package `ws`. */
export interface Socket {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols?: string | string[]) => Socket;

export interface ConnectionOptions {
  /** Subprotocols to offer. */
  protocols?: string | string[];
  /** Milliseconds before the first attempt to come back; each next one waits twice as long. Half of it is chance. Default 1,000. */
  retryDelay?: number;
  /** The longest wait between two attempts in milliseconds. Default 30,000. */
  maxRetryDelay?: number;
  /** Milliseconds that a handshake may take. Default 10,000. */
  connectTimeout?: number;
  /** Milliseconds between two heartbeats; 0 for none. Default 25,000. */
  heartbeat?: number;
  /** Milliseconds without anything from the server after a heartbeat, after which the connection counts as broken. Default 10,000. */
  heartbeatTimeout?: number;
  /** How many messages may wait for the connection. Default 1,000. */
  maxQueued?: number;
  /** Whether to come back after this end. Default: after all but 1008, by which a server says "do not come again". */
  reconnect?: (close: CloseInfo) => boolean;
  /** Connect at once. Default true; else `connect()` does. */
  autoConnect?: boolean;
  /** Takes what listeners throw, and frames that are no JSON. Default: `console.error`. */
  onError?: (error: unknown) => void;
  /** The WebSocket to use. Default: the global one; Node before 22 has none, so give it that of the package `ws`. */
  WebSocket?: SocketConstructor;
}
