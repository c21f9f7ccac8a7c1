// How much GPU memory each device has turned out to have, stored in IndexedDB, because a worker has no localStorage. Go
// calls the methods (wasm/memory_js.go); internal/preflight says what the numbers mean.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** The bytes of the largest model that fitted and of the smallest that was refused; 0: never. */
export interface MemoryLimit {
  fits: number;
  refused: number;
}

// The names of the database and of its object store are those that browsers already hold; they must not change.
const DATABASE = "outrider-devices";
const OBJECT_STORE = "rooms";

interface Schema extends DBSchema {
  [OBJECT_STORE]: { key: string; value: MemoryLimit };
}

declare global {
  /** Where Go finds the memory limits; see installMemoryLimits. */
  var outriderMemoryLimits: MemoryLimits | undefined;
}

/** Lets the Go program of this worker store the memory limits of devices. Call it before Go starts. */
export function installMemoryLimits(): void {
  globalThis.outriderMemoryLimits = new MemoryLimits();
}

/** The memory limits of devices. A limit that cannot be read or written is unknown, and found again by trying. */
export class MemoryLimits {
  #opening: Promise<IDBPDatabase<Schema>> | undefined;

  /** Resolves with the limit of a device, named by its adapter's description. */
  async recall(_signal: AbortSignal, device: string): Promise<MemoryLimit> {
    const known = await this.#open()
      .then((db) => db.get(OBJECT_STORE, device))
      .catch(() => undefined);
    return known ?? { fits: 0, refused: 0 };
  }

  /** Stores the limit of a device. */
  async remember(_signal: AbortSignal, device: string, fits: number, refused: number): Promise<void> {
    await this.#open()
      .then((db) => db.put(OBJECT_STORE, { fits, refused }, device))
      .catch(() => {});
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    const forget = () => {
      this.#opening = undefined;
    };
    this.#opening ??= openDB<Schema>(DATABASE, 1, {
      upgrade: (db) => void db.createObjectStore(OBJECT_STORE),
      blocking: (_from, _to, event) => {
        forget();
        (event.target as IDBDatabase).close(); // a newer page waits to upgrade
      },
      terminated: forget,
    });
    this.#opening.catch(forget);
    return this.#opening;
  }
}
