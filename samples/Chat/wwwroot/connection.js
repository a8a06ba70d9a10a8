// A WebSocket that comes back: after a drop it tries again, each time a little later, until it is told to stop.
// It tells its state as one of: connecting, open, waiting (with the seconds left), closed.

const first = 500;
const most = 15_000;

export class Connection {
  #url;
  #on;
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #nextTry = 0;
  #stopped = false;

  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    addEventListener("online", this.retry);
    addEventListener("offline", this.#dropped);
    document.addEventListener("visibilitychange", this.#seen);
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  retry = () => {
    if (!this.#stopped && !this.#socket) {
      this.#connect();
    }
  };

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.retry);
    removeEventListener("offline", this.#dropped);
    document.removeEventListener("visibilitychange", this.#seen);
    this.#socket?.close(1000, "left the room");
    this.#socket = null;
    this.#on.state("closed", 0);
  }

  #seen = () => {
    if (document.visibilityState === "visible") {
      this.retry();
    }
  };

  // The browser knows before the socket does.
  #dropped = () => this.#socket?.close();

  #connect() {
    clearTimeout(this.#timer);
    this.#on.state("connecting", 0);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#on.state("open", 0);
      this.#on.open();
    };
    socket.onmessage = (event) => {
      this.#attempt = 0; // only a server that answers counts as back
      this.#on.message(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (this.#socket === socket && !this.#stopped) {
        this.#socket = null;
        this.#wait();
      }
    };
  }

  #wait() {
    // Jitter, so that a thousand pages do not come back in the same instant.
    const delay = Math.min(most, first * 2 ** this.#attempt) * (0.7 + Math.random() * 0.6);
    this.#attempt += 1;
    this.#nextTry = Date.now() + delay;
    this.#tick();
  }

  #tick = () => {
    const left = this.#nextTry - Date.now();
    if (left <= 0) {
      this.#connect();
      return;
    }
    this.#on.state("waiting", Math.ceil(left / 1000));
    this.#timer = setTimeout(this.#tick, Math.min(left, 250));
  };
}
