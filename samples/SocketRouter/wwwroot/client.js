// src/listeners.ts
var Listeners = class {
  #all = /* @__PURE__ */ new Set();
  #failed;
  constructor(failed) {
    this.#failed = failed;
  }
  get size() {
    return this.#all.size;
  }
  /** @returns what takes the listener away again. The same function added twice is two listeners. */
  add(listener) {
    const own = (...args) => listener(...args);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }
  /** @returns when all that returned a promise are done. */
  tell(...args) {
    let pending;
    for (const listener of [...this.#all]) {
      try {
        const result = listener(...args);
        if (result instanceof Promise) {
          (pending ??= []).push(result.catch(this.#failed));
        }
      } catch (error) {
        this.#failed(error);
      }
    }
    return pending && Promise.all(pending);
  }
};

// src/connection.ts
var stable = 5e3;
var Connection = class {
  #options;
  #url;
  #states;
  #state = "closed";
  #socket;
  #attempts = 0;
  #retryAt = 0;
  #openedAt = 0;
  #heard = false;
  #timer;
  #lastClose;
  #current;
  // the attempt under way
  /**
   * @param url Where to: absolute, or relative to the page; `http` means `ws`. A function is asked before every attempt, for
   * addresses with a token that expires, say; when it throws, the attempt has failed.
   */
  constructor(url, options = {}) {
    this.#options = options;
    this.#states = new Listeners(this.failed);
    if (typeof url === "function") {
      this.#url = url;
    } else {
      const address = absolute(url);
      this.#url = () => address;
    }
  }
  get state() {
    return this.#state;
  }
  /** When the next attempt will be, in milliseconds since 1970; 0 unless the state is `waiting`. */
  get retryAt() {
    return this.#state === "waiting" ? this.#retryAt : 0;
  }
  /** How the connection ended last. */
  get lastClose() {
    return this.#lastClose;
  }
  /** Hears every change of the state. @returns what ends that. */
  onState = (listener) => this.#states.add(listener);
  /** Connects; at once when it waits for the next attempt. Nothing happens when it is open or about to be. */
  connect() {
    if (this.#state === "closed") {
      this.#attempts = 0;
      globalThis.addEventListener?.("online", this.#online);
    }
    if (this.#state === "closed" || this.#state === "waiting") {
      void this.#open();
    }
  }
  /** Ends the connection, and does not come back. */
  close(code = 1e3, reason = "") {
    const socket = this.#socket;
    if (this.#state !== "closed") {
      this.#ended({ code, reason }, true);
      socket?.close(code, reason);
    }
  }
  /** Whether the connection will be there by itself, or has not been asked for yet. */
  get awaited() {
    return this.#state !== "closed" || this.#lastClose === void 0;
  }
  get maxQueued() {
    return this.#options.maxQueued ?? 1e3;
  }
  /** Sends JSON over the open connection. */
  write(json) {
    this.#socket.send(json);
  }
  /** Tells of an error that is nobody's to catch. */
  failed = (error) => {
    (this.#options.onError ?? console.error)(error);
  };
  // Back on a network: the next attempt need not wait, and an old connection may be gone without a word.
  #online = () => {
    if (this.#state === "waiting") {
      this.connect();
    } else if (this.#state === "open") {
      clearTimeout(this.#timer);
      this.#beat(0);
    }
  };
  async #open() {
    clearTimeout(this.#timer);
    const attempt = {};
    this.#current = attempt;
    this.#set("connecting");
    this.#timer = setTimeout(() => this.#ended({ code: 1006, reason: "connect timeout" }), this.#options.connectTimeout ?? 1e4);
    try {
      const url = this.#url();
      const address = typeof url === "string" || url instanceof URL ? url : await url;
      if (this.#current === attempt) {
        this.#attach(new (this.#options.WebSocket ?? globalThis.WebSocket)(absolute(address), this.#options.protocols));
      }
    } catch (error) {
      if (this.#current === attempt) {
        this.failed(error);
        this.#ended({ code: 1006, reason: `${error}` });
      }
    }
  }
  #attach(socket) {
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = Date.now();
      clearTimeout(this.#timer);
      this.#beat();
      this.#state = "open";
      this.opened();
      this.#states.tell("open");
    };
    socket.onmessage = (event) => {
      this.#heard = true;
      let message;
      try {
        message = JSON.parse(event.data);
      } catch (error) {
        this.failed(error);
        return;
      }
      this.received(message);
    };
    socket.onerror = () => {
    };
    socket.onclose = (event) => this.#ended({ code: event.code, reason: `${event.reason}` });
  }
  #beat(after = this.#options.heartbeat ?? 25e3) {
    if (this.#options.heartbeat !== 0) {
      this.#timer = setTimeout(() => {
        this.#heard = false;
        if (this.ping()) {
          this.#timer = setTimeout(
            () => this.#heard ? this.#beat() : this.#ended({ code: 1006, reason: "heartbeat timeout" }),
            this.#options.heartbeatTimeout ?? 1e4
          );
        }
      }, after);
    }
  }
  // Does not wait for the socket: closing a connection that leads nowhere takes minutes.
  #ended(close, final = false) {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#current = this.#socket = void 0;
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
      const { retryDelay = 1e3, maxRetryDelay = 3e4 } = this.#options;
      const delay = Math.min(maxRetryDelay, retryDelay * 2 ** this.#attempts++) * (0.5 + Math.random() / 2);
      this.#retryAt = Date.now() + delay;
      this.#timer = setTimeout(() => void this.#open(), delay);
      this.#set("waiting");
    }
    this.lost(close, final);
  }
  #set(state) {
    if (this.#state !== state) {
      this.#state = state;
      this.#states.tell(state);
    }
  }
};
function absolute(url) {
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

// src/errors.ts
var RouterError = class extends Error {
  constructor(fault, message, status = 0, payload = void 0, headers = null) {
    super(message);
    this.fault = fault;
    this.status = status;
    this.payload = payload;
    this.headers = headers;
  }
  fault;
  status;
  payload;
  headers;
  name = "RouterError";
};

// src/json.ts
var JsonClient = class extends Connection {
  #options;
  #types = /* @__PURE__ */ new Map();
  #all;
  #queue = [];
  #position;
  /** @param url As for every connection; a function gets the place of the last message, to put it into the address. */
  constructor(url, options = {}) {
    super(typeof url === "function" ? () => url(this.#position) : url, options);
    this.#options = options;
    this.#all = new Listeners(this.failed);
    if (options.autoConnect !== false) {
      this.connect();
    }
  }
  /** The place of the last message that has one. */
  get position() {
    return this.#position;
  }
  /** Hears messages of a type. @returns what ends that. */
  on(type, listener) {
    let listeners = this.#types.get(type);
    if (!listeners) {
      this.#types.set(type, listeners = new Listeners(this.failed));
    }
    return listeners.add(listener);
  }
  /** Hears all messages. */
  onMessage = (listener) => this.#all.add(listener);
  /** Sends a message; while the connection is away it waits. @returns false when too many wait already, or the client is closed. */
  send(message) {
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
  opened() {
    const { hello } = this.#options;
    if (hello) {
      this.write(JSON.stringify(hello(this.#position)));
    }
    for (const json of this.#queue.splice(0)) {
      this.write(json);
    }
  }
  received(message) {
    if (typeof message !== "object" || message === null) {
      return;
    }
    const typed = message;
    const { position: placeOf = (any) => any.position } = this.#options;
    const position = placeOf(typed);
    if (position !== void 0) {
      if (follows(this.#position, position)) {
        this.#position = position;
      } else {
        return;
      }
    }
    this.#types.get(typed.type)?.tell(typed);
    this.#all.tell(typed);
  }
  lost(_, final) {
    if (final) {
      this.#queue.length = 0;
    }
  }
  ping() {
    const { ping } = this.#options;
    if (ping) {
      this.write(JSON.stringify(ping()));
    }
    return ping !== void 0;
  }
};
function follows(last, next) {
  const [epoch, offset] = split(last ?? "");
  const [nextEpoch, nextOffset] = split(next);
  return epoch !== nextEpoch || nextOffset > offset;
}
function split(position) {
  const colon = position.lastIndexOf(":");
  return [position.slice(0, colon), Number(position.slice(colon + 1))];
}

// src/requests.ts
var Requests = class {
  #line;
  #timeout;
  #prefix = Math.random().toString(36).slice(2, 10);
  #pending = /* @__PURE__ */ new Map();
  // in the order of the calls
  #count = 0;
  constructor(line, timeout) {
    this.#line = line;
    this.#timeout = timeout;
  }
  /** A name that no other request of this client has. */
  name() {
    return `${this.#prefix}-${++this.#count}`;
  }
  ask(route, payload, options, item) {
    const { signal, idempotencyKey, timeout = this.#timeout } = options;
    return new Promise((resolve, reject) => {
      const refusal = signal?.aborted ? signal.reason : this.#line.refusal(options, this.#pending.size);
      if (signal?.aborted || refusal) {
        return reject(refusal);
      }
      const uuid = this.name();
      const headers = this.#line.headers({ ...options.headers, ...idempotencyKey === void 0 ? {} : { idempotencyKey } });
      let timer;
      const wait = () => {
        clearTimeout(timer);
        if (timeout > 0) {
          timer = setTimeout(() => this.#giveUp(pending, new RouterError("timeout", `${route}: no answer within ${timeout} ms`)), timeout);
        }
      };
      const abort = () => this.#giveUp(pending, signal.reason);
      const pending = {
        uuid,
        route,
        json: JSON.stringify({ uuid, route, headers, payload }),
        // as it is now, and wrong where it is written when it is no JSON
        noReply: headers["noReply"] === true,
        again: idempotencyKey !== void 0,
        item: item && ((frame) => {
          wait();
          item(frame);
        }),
        sent: false,
        items: 0,
        settle: (error, reply) => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          this.#pending.delete(uuid);
          reply ? resolve(reply) : reject(error);
        }
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
  opened() {
    for (const pending of [...this.#pending.values()]) {
      if (!pending.sent) {
        this.#write(pending);
      }
    }
  }
  /** Nothing that was sent will be answered; when the end is final, nothing that waits will be sent. */
  lost(why, final) {
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
  answered(frame) {
    const pending = this.#pending.get(frame.uuid);
    if (pending) {
      this.#answer(pending, frame);
    }
    return pending !== void 0;
  }
  /** An item of a stream. */
  item(frame) {
    const stream = this.#pending.get(frame.headers?.["stream"]);
    if (stream?.item) {
      stream.items++;
      stream.item(frame);
      if (stream.end) {
        this.#answer(stream, stream.end);
      }
    }
  }
  #answer(pending, frame) {
    const { status = 200, payload, headers = null } = frame;
    const retryAfter = headers?.["retryAfterMs"];
    if (pending.item && headers?.["items"] > pending.items) {
      pending.end = frame;
    } else if (status === 409 && pending.again && typeof retryAfter === "number") {
      pending.sent = false;
      setTimeout(() => this.#line.open && !pending.sent && this.#pending.get(pending.uuid) === pending && this.#write(pending), retryAfter);
    } else {
      pending.settle(void 0, { status, ok: status < 400, payload, headers });
    }
  }
  // Who has waited in vain tells the server, so that it does not work in vain.
  #giveUp(pending, error) {
    pending.settle(error);
    if (pending.sent && this.#line.open) {
      this.#line.write(JSON.stringify({ uuid: "", route: "$cancel", headers: { noReply: true }, payload: { uuid: pending.uuid } }));
    }
  }
  #write(pending) {
    pending.sent = true;
    this.#line.write(pending.json);
    if (pending.noReply) {
      pending.settle(void 0, { status: 204, ok: true, payload: null, headers: null });
    }
  }
};

// src/presence.ts
var patience = 1e3;
var Present = class {
  constructor(ask, tell, failed) {
    this.ask = ask;
    this.tell = tell;
    this.failed = failed;
  }
  ask;
  tell;
  failed;
  /** Whether the snapshot had no room for all. */
  more = false;
  #metas = /* @__PURE__ */ new Map();
  #current;
  #at;
  #held = /* @__PURE__ */ new Map();
  #timer;
  get current() {
    return this.#current ??= new Map(this.#metas);
  }
  set({ epoch, version, state, more = false }) {
    if (this.#at?.epoch === epoch && this.#at.version > version) {
      return;
    }
    const before = this.#metas;
    this.#at = { epoch, version };
    this.more = more;
    this.#metas = new Map(Object.entries(state).map(([key, { metas }]) => [key, metas]));
    this.#changed(before);
    this.#drain();
  }
  receive(diff) {
    this.#held.set(diff.version, diff);
    if (this.#at) {
      this.#drain();
    }
  }
  forget() {
    clearTimeout(this.#timer);
    this.#held.clear();
    this.#at = void 0;
  }
  #drain() {
    const at = this.#at;
    clearTimeout(this.#timer);
    for (let next; (next = this.#held.get(at.version + 1))?.epoch === at.epoch; ) {
      this.#held.delete(next.version);
      at.version = next.version;
      this.#apply(next);
    }
    let foreign = false;
    for (const [version, { epoch }] of this.#held) {
      if (epoch === at.epoch && version <= at.version) {
        this.#held.delete(version);
      }
      foreign ||= epoch !== at.epoch;
    }
    if (this.#held.size > 0) {
      this.#timer = setTimeout(() => this.#refresh(), foreign ? 0 : patience);
    }
  }
  #refresh() {
    this.#held.clear();
    this.ask().then((snapshot) => snapshot && this.set(snapshot)).catch(() => {
    });
  }
  #apply({ joins, leaves }) {
    const before = this.#metas;
    this.#metas = new Map(before);
    for (const [key, { metas }] of Object.entries(joins)) {
      const refs = new Set(metas.map((meta) => meta.ref));
      this.#metas.set(key, [...(this.#metas.get(key) ?? []).filter((meta) => !refs.has(meta.ref)), ...metas]);
    }
    for (const [key, { metas }] of Object.entries(leaves)) {
      const refs = new Set(metas.map((meta) => meta.ref));
      const rest = (this.#metas.get(key) ?? []).filter((meta) => !refs.has(meta.ref));
      if (rest.length > 0) {
        this.#metas.set(key, rest);
      } else {
        this.#metas.delete(key);
      }
    }
    this.#changed(before);
  }
  #changed(before) {
    const now = this.#metas;
    this.#current = void 0;
    this.tell({ joined: [...now.keys()].filter((key) => !before.has(key)), left: [...before.keys()].filter((key) => !now.has(key)) });
  }
};

// src/sequence.ts
var patience2 = 500;
var mostHeld = 1e3;
var Sequence = class {
  #deliver;
  #repeated;
  #missing;
  #held = /* @__PURE__ */ new Map();
  #position;
  #open = false;
  #timer;
  /**
   * @param deliver Takes a message whose turn it is.
   * @param repeated Hears that a message has come again.
   * @param missing Asks for what follows the position, as it does not come by itself.
   */
  constructor(deliver, repeated, missing) {
    this.#deliver = deliver;
    this.#repeated = repeated;
    this.#missing = missing;
  }
  /** The place of the last message that was delivered. */
  get position() {
    return this.#position;
  }
  /** Holds everything until it goes on. */
  pause() {
    this.#open = false;
    this.#stop();
  }
  /** Goes on: at a new place, or where it was. */
  resume(position, messages = []) {
    this.#position = position ?? this.#position;
    this.#open = true;
    for (const message of messages) {
      this.#held.set(message.offset, message);
    }
    this.#drain();
  }
  /** Forgets what it holds. */
  clear() {
    this.#held.clear();
  }
  add(message) {
    if (this.#held.size >= mostHeld) {
      this.#held.clear();
    }
    this.#held.set(message.offset, message);
    if (this.#open) {
      this.#drain();
    }
  }
  #drain() {
    let position = this.#position;
    for (let next; (next = this.#held.get(position.offset + 1))?.epoch === position.epoch; ) {
      this.#position = position = { epoch: position.epoch, offset: next.offset };
      this.#held.delete(next.offset);
      this.#deliver(next);
      if (!this.#open || this.#position !== position) {
        return;
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
      this.#timer ??= setTimeout(this.#missing, patience2);
    }
  }
  #stop() {
    clearTimeout(this.#timer);
    this.#timer = void 0;
  }
};

// src/topic.ts
var ackDelay = 100;
var Topic = class {
  /** @internal */
  constructor(name, options, link) {
    this.name = name;
    this.#options = options;
    this.#link = link;
    this.#messages = new Listeners(link.failed);
    this.#resets = new Listeners(link.failed);
    this.#states = new Listeners(link.failed);
    this.#changes = new Listeners(link.failed);
    this.#sequence = new Sequence(
      (message) => this.#numbered(message),
      () => this.#acknowledge(),
      // the one before was lost
      () => this.join()
    );
    this.#present = new Present(
      () => link.ask("$presence", { topic: name }).then((reply) => reply.ok ? reply.payload : void 0),
      (change) => this.#changes.tell(this.presence, change),
      link.failed
    );
  }
  name;
  #link;
  #options;
  #events = /* @__PURE__ */ new Map();
  #messages;
  #resets;
  #states;
  #changes;
  #present;
  #sequence;
  #state = "joining";
  #error;
  #uses = 0;
  #turn;
  // the join under way
  #timer;
  // the next join
  #work = Promise.resolve();
  // with acknowledgements: messages one after another
  #done;
  #acking;
  get state() {
    return this.#state;
  }
  /** Why the server refused. */
  get error() {
    return this.#error;
  }
  /** The place of the last message; may be kept, and given as `since` by the next visit. */
  get position() {
    return this.#sequence.position;
  }
  /** Who is there, with what each of their connections tells; another object after every change. Empty without the option `presence`. */
  get presence() {
    return this.#present.current;
  }
  /** Whether there are others beside those in `presence`: the server lists at most 1,000. */
  get more() {
    return this.#present.more;
  }
  /** Hears the messages of an event. @returns what ends that. */
  on(event, listener) {
    let listeners = this.#events.get(event);
    if (!listeners) {
      this.#events.set(event, listeners = new Listeners(this.#link.failed));
    }
    return listeners.add(listener);
  }
  /** Hears all messages. */
  onMessage = (listener) => this.#messages.add(listener);
  /** Hears that messages were missed which the server no longer has: load anew what they were about. It goes on with the next ones. */
  onReset = (listener) => this.#resets.add(listener);
  onState = (listener) => this.#states.add(listener);
  /** Hears who came and went. */
  onPresence = (listener) => this.#changes.add(listener);
  /** Gives up one use; the last one leaves the topic. */
  leave() {
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
  use() {
    this.#uses++;
  }
  /** @internal The connection has ended. */
  lost() {
    this.#stop();
    this.#sequence.clear();
    this.#set("joining");
  }
  /** @internal Joins, again after a reconnect, and again to fetch what is missing. */
  join() {
    this.#stop();
    const turn = this.#turn = {};
    const { presence, ack } = this.#options;
    const since = this.position ?? this.#options.since;
    this.#link.ask("$join", { topic: this.name, since, presence, ack: ack === true ? {} : ack }).then(
      (reply) => {
        if (this.#turn !== turn) {
          return;
        }
        const { status, payload, headers } = reply;
        if (reply.ok) {
          this.#turn = void 0;
          this.#joined(payload, since !== void 0 && since !== "last");
        } else if (status >= 500 || status === 429 || status === 408) {
          this.#later(headers?.["retryAfterMs"]);
        } else {
          this.#error = new RouterError("status", `${this.name}: ${status} ${payload?.error ?? ""}`.trim(), status, payload, headers);
          this.#set("refused");
        }
      },
      (error) => {
        if (this.#turn === turn && error instanceof RouterError && error.fault === "timeout") {
          this.#later(0);
        }
      }
    ).catch(this.#link.failed);
  }
  /** @internal */
  received({ route = "message", headers, payload }) {
    const { epoch, offset, version, redelivered } = headers ?? {};
    if (this.#state === "left") {
      return;
    }
    if (route === "$presence.diff") {
      this.#present.receive({ epoch, version, ...payload });
    } else if (route === "$presence.state") {
      this.#present.set(payload);
    } else if (route === "$reset") {
      this.#reset(payload);
    } else if (offset === void 0) {
      void this.#deliver({ event: route, payload, position: void 0, redelivered: false });
    } else {
      this.#sequence.add({ epoch, offset, event: route, payload, redelivered: redelivered === true });
    }
  }
  #joined({ epoch, offset, recovered = false, messages = [], presence }, asked) {
    this.#error = void 0;
    this.#set("joined");
    if (asked && !recovered) {
      this.#resets.tell("unrecoverable");
    }
    const goesOn = recovered && this.position?.epoch === epoch;
    const from = goesOn ? void 0 : { epoch, offset: messages[0] ? messages[0].offset - 1 : offset };
    this.#sequence.resume(from, messages.map((message) => ({ epoch, offset: message.offset, event: message.route ?? "message", payload: message.payload, redelivered: false })));
    if (presence) {
      this.#present.set(presence);
    }
  }
  #reset({ epoch, offset, reason }) {
    if (reason === "unavailable") {
      this.#stop();
      this.#set("joining");
      this.#later();
    } else {
      this.#sequence.clear();
      this.#resets.tell(reason);
      this.#sequence.resume({ epoch, offset });
    }
  }
  #later(after = 1e3 + 1e3 * Math.random()) {
    this.#timer = setTimeout(() => this.join(), after);
  }
  #numbered({ epoch, offset, event, payload, redelivered }) {
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
  #deliver(message) {
    return Promise.all([this.#events.get(message.event)?.tell(message.payload, message), this.#messages.tell(message)]);
  }
  #acknowledge() {
    if (this.#options.ack && this.#done) {
      this.#acking ??= setTimeout(() => {
        this.#acking = void 0;
        this.#link.tell("$ack", { topic: this.name, ...this.#done });
      }, ackDelay);
    }
  }
  #stop() {
    this.#turn = void 0;
    this.#sequence.pause();
    clearTimeout(this.#timer);
  }
  #set(state) {
    if (this.#state !== state) {
      this.#state = state;
      this.#states.tell(state);
    }
  }
};

// src/router.ts
var RouterClient = class extends Connection {
  #options;
  #requests;
  #topics = /* @__PURE__ */ new Map();
  #pushes = /* @__PURE__ */ new Map();
  constructor(url, options = {}) {
    super(url, options);
    this.#options = options;
    const client = this;
    this.#requests = new Requests(
      {
        get open() {
          return client.state === "open";
        },
        refusal: (request, waiting) => this.#refusal(request, waiting),
        headers: (own) => this.#headers(own),
        write: (json) => this.write(json)
      },
      options.timeout ?? 3e4
    );
    if (options.autoConnect !== false) {
      this.connect();
    }
  }
  /** Asks, and gives the whole answer, whatever its status. Rejects with a `RouterError` when none comes. */
  request(route, ...[payload, options]) {
    return this.#ask(route, payload, options);
  }
  /** Asks, and gives the payload of the answer. Rejects with a `RouterError` for a status of 400 and more, too. */
  async call(route, ...[payload, options]) {
    return passed(route, await this.#ask(route, payload, options)).payload;
  }
  /** Sends a request that nobody answers. While the connection is away it waits, as others do, and is dropped where they would fail. */
  send(route, ...[payload, options]) {
    void this.#ask(route, payload, { ...options, headers: { ...options?.headers, noReply: true } }).catch(() => {
    });
  }
  /**
   * Asks for a stream: gives the items as they come, and returns the payload of the answer that ends it. It begins with the first
   * `next`; leaving the loop tells the server to stop. An end of the connection ends the stream with an error.
   */
  async *stream(route, ...[payload, options]) {
    const items = /* @__PURE__ */ new Map();
    let next = 1;
    let wake = () => {
    };
    let reply;
    let failure;
    const stop = new AbortController();
    const outer = options?.signal;
    const abort = () => stop.abort(outer.reason);
    outer?.aborted ? abort() : outer?.addEventListener("abort", abort);
    this.#ask(route, payload, { ...options, signal: stop.signal, headers: { ...options?.headers, stream: true } }, (item) => {
      items.set(item.headers?.["seq"], item.payload);
      wake();
    }).then((whole) => reply = whole, (error) => failure = { error }).then(() => wake());
    try {
      while (true) {
        for (; items.has(next); next++) {
          yield items.get(next);
          items.delete(next);
        }
        if (failure) {
          throw failure.error;
        }
        if (reply) {
          return passed(route, reply).payload;
        }
        await new Promise((resolve) => wake = resolve);
      }
    } finally {
      outer?.removeEventListener("abort", abort);
      stop.abort();
    }
  }
  /** Hears what the server sends to this connection unasked. @returns what ends that. */
  on(route, listener) {
    let listeners = this.#pushes.get(route);
    if (!listeners) {
      this.#pushes.set(route, listeners = new Listeners(this.failed));
    }
    return listeners.add(listener);
  }
  /**
   * Joins a topic and stays in it over reconnects, from where it was. Every call is one use, and the topic is left when each has
   * called `leave()`; the options count where it is joined first.
   */
  topic(name, options) {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = new Topic(name, options ?? {}, {
        ask: (route, payload) => this.#ask(route, payload, { queue: false }),
        tell: (route, payload) => this.state === "open" && this.send(route, ...[payload]),
        failed: this.failed,
        gone: () => this.#topics.delete(name)
      });
      this.#topics.set(name, topic);
      if (this.state === "open") {
        topic.join();
      }
    }
    topic.use();
    return topic;
  }
  opened() {
    for (const topic of this.#topics.values()) {
      topic.join();
    }
    this.#requests.opened();
  }
  lost({ code, reason }, final) {
    this.#requests.lost(`${code} ${reason}`.trim(), final);
    for (const topic of this.#topics.values()) {
      topic.lost();
    }
  }
  ping() {
    this.write(JSON.stringify({ uuid: this.#requests.name(), route: "PING" }));
    return true;
  }
  received(message) {
    const frame = message;
    if (frame === null || typeof frame !== "object" || frame.route === "PONG") {
      return;
    }
    const { route } = frame;
    if (route === "$item") {
      this.#requests.item(frame);
    } else if (!this.#requests.answered(frame)) {
      const topic = frame.headers?.["topic"] ?? (route?.startsWith("$") ? frame.payload?.topic : void 0);
      if (topic !== void 0) {
        this.#topics.get(topic)?.received(frame);
      } else if (route !== void 0) {
        this.#pushes.get(route)?.tell(frame.payload, frame);
      }
    }
  }
  #ask(route, payload, options = {}, item) {
    return this.#requests.ask(route, payload, options, item);
  }
  #refusal({ queue }, waiting) {
    return this.state === "open" ? void 0 : !this.awaited ? new RouterError("closed", "The client is closed: connect() opens it.") : queue === false ? new RouterError("offline", "The connection is not open.") : waiting >= this.maxQueued ? new RouterError("full", `${this.maxQueued} requests wait for the connection already.`) : void 0;
  }
  #headers(own) {
    const { headers } = this.#options;
    return { ...typeof headers === "function" ? headers() : headers, ...own };
  }
};
function passed(route, reply) {
  if (!reply.ok) {
    const { error } = reply.payload ?? {};
    throw new RouterError("status", `${route}: ${reply.status}${error === void 0 ? "" : ` ${error}`}`, reply.status, reply.payload, reply.headers);
  }
  return reply;
}
export {
  Connection,
  JsonClient,
  RouterClient,
  RouterError
};
