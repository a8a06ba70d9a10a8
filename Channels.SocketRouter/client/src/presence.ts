/** What one connection of somebody tells of itself. */
export interface PresenceMeta {
  readonly ref?: string;
  readonly [name: string]: unknown;
}

/** Who is there: a key for each, such as a user's id, with one entry per connection. */
export type Presence = ReadonlyMap<string, readonly PresenceMeta[]>;

type Entries = Readonly<Record<string, { readonly metas: readonly PresenceMeta[] }>>;

export interface PresenceSnapshot {
  readonly epoch: string;
  readonly version: number;
  readonly state: Entries;
  readonly more?: boolean;
}

export interface PresenceDiff {
  readonly joins: Entries;
  readonly leaves: Entries;
}

/** Keys that were not there before, and that are there no longer. */
export interface PresenceChange {
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

interface Versioned extends PresenceDiff {
  readonly epoch: string;
  readonly version: number;
}

const patience = 1_000; // what overtakes another change waits this long for it

/** Follows who is there: a snapshot, and changes that are numbered without a hole; where one is missing another snapshot is asked for. */
export class Present {
  /** Whether the snapshot had no room for all. */
  more = false;
  #metas = new Map<string, readonly PresenceMeta[]>();
  #current: Presence | undefined;
  #at: { epoch: string; version: number } | undefined;
  #held = new Map<number, Versioned>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly ask: () => Promise<PresenceSnapshot | undefined>,
    readonly tell: (change: PresenceChange) => void,
    readonly failed: (error: unknown) => void,
  ) {}

  get current(): Presence {
    return (this.#current ??= new Map(this.#metas));
  }

  set({ epoch, version, state, more = false }: PresenceSnapshot): void {
    if (this.#at?.epoch === epoch && this.#at.version > version) {
      return; // made before what has been heard since
    }
    const before = this.#metas;
    this.#at = { epoch, version };
    this.more = more;
    this.#metas = new Map(Object.entries(state).map(([key, { metas }]) => [key, metas]));
    this.#changed(before);
    this.#drain();
  }

  receive(diff: Versioned): void {
    this.#held.set(diff.version, diff);
    if (this.#at) {
      this.#drain();
    } // else the snapshot is under way
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
    this.#at = undefined;
  }

  #drain(): void {
    const at = this.#at!;
    clearTimeout(this.#timer);
    for (let next; (next = this.#held.get(at.version + 1))?.epoch === at.epoch; ) {
      this.#held.delete(next!.version);
      at.version = next!.version;
      this.#apply(next!);
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

  #refresh(): void {
    this.#held.clear(); // the snapshot is newer
    this.ask().then((snapshot) => snapshot && this.set(snapshot)).catch(() => {}); // the next join brings one
  }

  #apply({ joins, leaves }: PresenceDiff): void {
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

  #changed(before: Presence): void {
    const now = this.#metas;
    this.#current = undefined;
    this.tell({ joined: [...now.keys()].filter((key) => !before.has(key)), left: [...before.keys()].filter((key) => !now.has(key)) });
  }
}
