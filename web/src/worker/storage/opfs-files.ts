// Files of the origin's private file system (OPFS), open for several tabs at once.
//
// A browser gives out a synchronous handle either to one holder at a time or, in the mode "readwrite-unsafe", to any
// number. In that mode handles stay open while they are in use, each under a shared lock; otherwise every use opens and
// closes its own under an exclusive lock, and other tabs wait for it. Removing a file takes the exclusive lock in both.

import { acquireLock, withLock } from "./locks.js";

/** A FileSystemSyncAccessHandle, as far as it is used. TypeScript's types of the page do not have it. */
export interface FileHandle {
  readonly mode?: string;
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

type Opener = { createSyncAccessHandle(options?: { mode: string }): Promise<FileHandle> };

/** A handle that stays open, and its lock. */
interface Shared {
  handle: FileHandle;
  release(): void;
  idle?: ReturnType<typeof setTimeout>;
}

/** Milliseconds after which an unused handle is closed, so that another tab can remove its file. */
const IDLE = 1000;

/** Milliseconds that removing a file waits for other tabs. */
const PATIENCE = 3000;

export class OPFSFiles {
  readonly #name: string;
  readonly #sharing: boolean;
  readonly #open = new Map<string, Promise<Shared>>();

  private constructor(name: string, sharing: boolean) {
    this.#name = name;
    this.#sharing = sharing;
  }

  /** Opens a folder of the private file system; undefined where the browser has none or no synchronous handles. */
  static async open(name: string): Promise<OPFSFiles | undefined> {
    try {
      return new OPFSFiles(name, await canShare(await openFolder(name)));
    } catch {
      return undefined;
    }
  }

  async names(): Promise<string[]> {
    const folder = await openFolder(this.#name);
    return collect((folder as unknown as { keys(): AsyncIterable<string> }).keys());
  }

  async create(name: string): Promise<void> {
    await (await openFolder(this.#name)).getFileHandle(name, { create: true });
  }

  /** Gives body a handle of a file that exists; it must not keep it. */
  async use<T>(name: string, body: (handle: FileHandle) => T): Promise<T> {
    if (!this.#sharing) return withLock(this.#lock(name), "exclusive", () => this.#useOnce(name, body));
    const shared = await this.#share(name);
    clearTimeout(shared.idle);
    shared.idle = setTimeout(() => this.#close(name), IDLE);
    return body(shared.handle);
  }

  /** Removes a file when no tab uses it. One that stays in use stays; it is removed when the folder is next swept. */
  async remove(name: string): Promise<void> {
    await this.#close(name);
    const remove = async () => (await openFolder(this.#name)).removeEntry(name);
    await withLock(this.#lock(name), "exclusive", remove, AbortSignal.timeout(PATIENCE)).catch(() => {});
  }

  /**
   * Lets go of every handle when the browser has cleared what the site stored. They are not closed: Chromium 156 does not
   * return from closing a handle of a file that it has cleared away.
   */
  abandon(): void {
    for (const opening of this.#open.values()) {
      void opening.then(({ idle, release }) => (clearTimeout(idle), release()));
    }
    this.#open.clear();
  }

  async #useOnce<T>(name: string, body: (handle: FileHandle) => T): Promise<T> {
    const handle = await openHandle(await openFolder(this.#name), name);
    try {
      return body(handle);
    } finally {
      handle.close();
    }
  }

  #share(name: string): Promise<Shared> {
    let sharing = this.#open.get(name);
    if (sharing) return sharing;
    sharing = this.#openShared(name);
    this.#open.set(name, sharing);
    sharing.catch(() => this.#open.delete(name));
    return sharing;
  }

  async #openShared(name: string): Promise<Shared> {
    const release = await acquireLock(this.#lock(name), "shared");
    try {
      const handle = await openHandle(await openFolder(this.#name), name);
      return { handle, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #close(name: string): Promise<void> {
    const shared = await this.#open.get(name)?.catch(() => undefined);
    if (!shared) return;
    clearTimeout(shared.idle);
    this.#open.delete(name);
    shared.handle.close();
    shared.release();
  }

  #lock(name: string): string {
    return `${this.#name}/${name}`;
  }
}

/** The folder, looked up anew each time: the browser removes it when a person clears what the site has stored. */
async function openFolder(name: string): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
}

async function openHandle(folder: FileSystemDirectoryHandle, name: string): Promise<FileHandle> {
  const file = (await folder.getFileHandle(name)) as unknown as Opener;
  return file.createSyncAccessHandle({ mode: "readwrite-unsafe" });
}

/** Whether handles can be shared: a browser that does not know the mode ignores the wish and says so on the handle. */
async function canShare(folder: FileSystemDirectoryHandle): Promise<boolean> {
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
