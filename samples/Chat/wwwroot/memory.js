// What this browser remembers: the name, the theme, the rooms it has been in, and who it is. All its tabs are one person.

const read = (store, key, fallback) => {
  try {
    return JSON.parse(store.getItem(key)) ?? fallback;
  } catch {
    return fallback; // storage is blocked or holds something else: the page works without
  }
};

const write = (store, key, value) => {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    // Private windows may refuse; then the page forgets.
  }
};

export const memory = {
  get name() {
    return read(localStorage, "chat.name", "");
  },
  set name(value) {
    write(localStorage, "chat.name", value);
  },
  get theme() {
    return read(localStorage, "chat.theme", "system");
  },
  set theme(value) {
    write(localStorage, "chat.theme", value);
  },
  get rooms() {
    return read(localStorage, "chat.rooms", []);
  },
  visit(room) {
    write(localStorage, "chat.rooms", [room, ...this.rooms.filter((other) => other !== room)].slice(0, 12));
  },
  get session() {
    let session = read(localStorage, "chat.session", null);
    if (!session) {
      session = newKey();
      write(localStorage, "chat.session", session);
    }
    return session;
  },
};

// Not crypto.randomUUID: browsers offer it to secure pages only, and a chat on the local network is plain HTTP.
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
