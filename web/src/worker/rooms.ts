// How much GPU memory each device has turned out to have, kept in IndexedDB, because a worker has no localStorage. Go
// (wasm/room_js.go) calls the methods; what the numbers mean is internal/preflight's business.

import { openDB, type DBSchema, type IDBPDatabase } from "idb";

/** Bytes: the most that fitted, the least that was refused; 0: never. */
export interface Room {
  fits: number;
  refused: number;
}

interface Schema extends DBSchema {
  rooms: { key: string; value: Room };
}

declare global {
  /** Where Go finds the rooms; see installRooms. */
  var outriderRooms: Rooms | undefined;
}

/** Gives the Go program of this worker a memory for devices. Call it before Go starts. */
export function installRooms(): Rooms {
  return (globalThis.outriderRooms = new Rooms());
}

/** What cannot be read or written is as if it had never been known: it is found again, by trying. */
export class Rooms {
  #opening: Promise<IDBPDatabase<Schema>> | undefined;

  async recall(_signal: AbortSignal, device: string): Promise<Room> {
    const known = await this.#open().then((db) => db.get("rooms", device)).catch(() => undefined);
    return known ?? { fits: 0, refused: 0 };
  }

  async remember(_signal: AbortSignal, device: string, fits: number, refused: number): Promise<void> {
    await this.#open().then((db) => db.put("rooms", { fits, refused }, device)).catch(() => {});
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    const forget = () => (this.#opening = undefined);
    this.#opening ??= openDB<Schema>("outrider-devices", 1, {
      upgrade: (db) => void db.createObjectStore("rooms"),
      blocking: (_from, _to, event) => (forget(), (event.target as IDBDatabase).close()), // a newer page waits to upgrade
      terminated: forget,
    });
    this.#opening.catch(forget);
    return this.#opening;
  }
}
