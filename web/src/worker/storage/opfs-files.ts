// Files of the origin's private file system (OPFS), usable from several tabs at once.
//
// A browser lets either one synchronous handle of a file be open at a time or, in the mode "readwrite-unsafe", any
// number. In that mode a handle stays open while it is in use, under a shared lock. Otherwise every use opens and
// closes a handle under an exclusive lock, and other tabs wait for it. Removing a file takes the exclusive lock in both
// cases.

import { acquireLock, withLock } from "./locks.js";

/** The members of FileSystemSyncAccessHandle that are used. TypeScript's DOM types do not contain it. */
export interface FileHandle {
  /** The mode in which the handle was opened; undefined in browsers without modes. */
  readonly mode?: string;
  /** Reads bytes from offset `at` on and returns how many. */
  read(into: Uint8Array, options: { at: number }): number;
  /** Writes bytes from offset `at` on and returns how many. */
  write(bytes: Uint8Array, options: { at: number }): number;
  /** Changes the size of the file. */
  truncate(size: number): void;
  /** Makes what was written durable. */
  flush(): void;
  /** Closes the handle. */
  close(): void;
}

type Opener = { createSyncAccessHandle(options?: { mode: string }): Promise<FileHandle> };

/** A handle that stays open, and its lock. */
interface SharedHandle {
  handle: FileHandle;
  release(): Promise<void>;
  idleTimer?: ReturnType<typeof setTimeout>;
}

/** Milliseconds after which an unused handle is closed, so that another tab can remove its file. */
const IDLE_TIMEOUT = 1000;

/** Milliseconds that removing a file waits for other tabs. */
const REMOVE_TIMEOUT = 3000;

/** How often a handle is asked for that another tab still has, and the milliseconds between two attempts. */
const OPEN_ATTEMPTS = 40;
const OPEN_DELAY = 50;

/** A folder of the origin's private file system. */
export class OPFSFiles {
  readonly #folder: string;
  readonly #shareable: boolean;
  readonly #handles = new Map<string, Promise<SharedHandle>>();

  private constructor(folder: string, shareable: boolean) {
    this.#folder = folder;
    this.#shareable = shareable;
  }

  /** Opens a folder; undefined if the browser has no private file system or no synchronous handles. */
  static async open(folder: string): Promise<OPFSFiles | undefined> {
    try {
      return new OPFSFiles(folder, await canShareHandles(await openFolder(folder)));
    } catch {
      return undefined;
    }
  }

  /** Returns the names of all files. */
  async names(): Promise<string[]> {
    const folder = await openFolder(this.#folder);
    return collect((folder as unknown as { keys(): AsyncIterable<string> }).keys());
  }

  /** Creates an empty file unless it exists. */
  async create(name: string): Promise<void> {
    await (await openFolder(this.#folder)).getFileHandle(name, { create: true });
  }

  /** Calls body with a handle of a file that exists. body must not keep the handle. */
  async use<T>(name: string, body: (handle: FileHandle) => T): Promise<T> {
    if (!this.#shareable) return withLock(this.#lockName(name), "exclusive", () => this.#useExclusively(name, body));
    const shared = await this.#sharedHandle(name);
    clearTimeout(shared.idleTimer);
    shared.idleTimer = setTimeout(() => this.#close(name), IDLE_TIMEOUT);
    return body(shared.handle);
  }

  /**
   * Returns how many of `bytes` can be stored now, to a MiB. It makes a file of that size, without bytes, which meets
   * the quota that the browser enforces; what navigator.storage.estimate says is often more.
   */
  async freeSpace(bytes: number): Promise<number> {
    const name = `trial-${crypto.randomUUID()}`;
    await this.create(name);
    try {
      return await this.#useExclusively(name, (handle) => largestFit(handle, bytes));
    } finally {
      await (await openFolder(this.#folder)).removeEntry(name);
    }
  }

  /** Removes a file. If another tab keeps using it, it stays until {@link OPFSBackend.open} removes unknown files. */
  async remove(name: string): Promise<void> {
    await this.#close(name);
    const remove = async () => (await openFolder(this.#folder)).removeEntry(name);
    const timeout = AbortSignal.timeout(REMOVE_TIMEOUT);
    await withLock(this.#lockName(name), "exclusive", remove, timeout).catch(() => {});
  }

  /**
   * Releases the locks of all handles after the browser has cleared what the site stored. It does not close the
   * handles: in Chromium 156 closing the handle of a cleared file never returns.
   */
  abandonHandles(): void {
    for (const opening of this.#handles.values()) {
      void opening.then(({ idleTimer, release }) => {
        clearTimeout(idleTimer);
        release();
      });
    }
    this.#handles.clear();
  }

  async #useExclusively<T>(name: string, body: (handle: FileHandle) => T): Promise<T> {
    const handle = await openHandle(await openFolder(this.#folder), name);
    try {
      return body(handle);
    } finally {
      handle.close();
    }
  }

  /** Returns the open handle of a file, opening it if necessary. */
  #sharedHandle(name: string): Promise<SharedHandle> {
    let opening = this.#handles.get(name);
    if (opening) return opening;
    opening = this.#openShared(name);
    this.#handles.set(name, opening);
    opening.catch(() => this.#handles.delete(name));
    return opening;
  }

  async #openShared(name: string): Promise<SharedHandle> {
    const release = await acquireLock(this.#lockName(name), "shared");
    try {
      const handle = await openHandle(await openFolder(this.#folder), name);
      return { handle, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #close(name: string): Promise<void> {
    const shared = await this.#handles.get(name)?.catch(() => undefined);
    if (!shared) return;
    clearTimeout(shared.idleTimer);
    this.#handles.delete(name);
    shared.handle.close();
    shared.release();
  }

  #lockName(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

/** Opens the folder. It is looked up for each use: the browser removes it when a person clears the site's data. */
async function openFolder(name: string): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
}

/** Opens a handle. One that another tab has just closed may still count as open. */
async function openHandle(folder: FileSystemDirectoryHandle, name: string): Promise<FileHandle> {
  const file = (await folder.getFileHandle(name)) as unknown as Opener;
  for (let attempt = 1; ; attempt++) {
    try {
      return await file.createSyncAccessHandle({ mode: "readwrite-unsafe" });
    } catch (error) {
      const busy = ["NoModificationAllowedError", "InvalidStateError"].includes((error as Error).name);
      if (!busy || attempt === OPEN_ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, OPEN_DELAY));
  }
}

/** Returns the largest size, to a MiB, that a file can have, up to `limit`. The file is empty afterwards. */
function largestFit(handle: FileHandle, limit: number): number {
  let fits = 0;
  let fails = limit + 1;
  for (let size = limit; fails - fits > 1 << 20; size = Math.floor((fits + fails) / 2)) {
    if (canTruncate(handle, size)) fits = size;
    else fails = size;
  }
  handle.truncate(0);
  return fits;
}

function canTruncate(handle: FileHandle, size: number): boolean {
  try {
    handle.truncate(size);
    return true;
  } catch (error) {
    if ((error as Error).name === "QuotaExceededError") return false;
    throw error;
  }
}

/** Reports whether handles can be shared: browsers without modes ignore the option and leave handle.mode undefined. */
async function canShareHandles(folder: FileSystemDirectoryHandle): Promise<boolean> {
  const name = `trial-${crypto.randomUUID()}`;
  await folder.getFileHandle(name, { create: true });
  const handle = await openHandle(folder, name);
  handle.close();
  await folder.removeEntry(name);
  return handle.mode === "readwrite-unsafe";
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
