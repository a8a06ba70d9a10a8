// Tells news of comings and goings from such that newer ones have overtaken. Each run of the server counts for itself.
export class News {
  #epoch = "";
  #change = 0;
  #seen = new Map(); // by person: the last that came

  // A list of those present shows all changes up to this one.
  begin(epoch, change) {
    this.#epoch = epoch;
    this.#change = change;
    this.#seen.clear();
  }

  isNew({ person, epoch, change }) {
    const last = this.#seen.get(person.id);
    const known = last?.epoch === epoch ? last.change : this.#epoch === epoch ? this.#change : 0;
    if (change <= known) {
      return false;
    }
    this.#seen.set(person.id, { epoch, change });
    return true;
  }
}
