/** Functions that hear of something. What one throws reaches neither the others nor who tells. */
export class Listeners<Arguments extends unknown[]> {
  readonly #all = new Set<(...args: Arguments) => unknown>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  get size(): number {
    return this.#all.size;
  }

  /** @returns what takes the listener away again. The same function added twice is two listeners. */
  add(listener: (...args: Arguments) => unknown): () => void {
    const own = (...args: Arguments) => listener(...args);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  /** @returns when all that returned a promise are done. */
  tell(...args: Arguments): Promise<unknown> | undefined {
    let pending: Promise<unknown>[] | undefined;
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
}
