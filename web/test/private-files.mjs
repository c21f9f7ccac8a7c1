// The origin's private file system in Node, in a temporary folder: the part of its interface that the store uses.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Creates a root directory for navigator.storage.getDirectory. It is removed when the process ends. */
export function privateFiles() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "outrider-files-"));
  process.on("exit", () => fs.rmSync(root, { recursive: true }));
  return new Directory(root);
}

const missing = () => new DOMException("no such file", "NotFoundError");

class Directory {
  constructor(at) {
    this.at = at;
    this.name = path.basename(at);
  }

  async getDirectoryHandle(name, { create }) {
    const at = path.join(this.at, name);
    if (create) fs.mkdirSync(at, { recursive: true });
    return new Directory(at);
  }

  async getFileHandle(name, { create = false } = {}) {
    const at = path.join(this.at, name);
    if (!fs.existsSync(at)) {
      if (!create) throw missing();
      fs.writeFileSync(at, "");
    }
    return {
      createSyncAccessHandle: async ({ mode }) => {
        if (SyncHandle.exclusive && SyncHandle.open.has(at)) {
          throw new DOMException("another handle is open", "NoModificationAllowedError");
        }
        return new SyncHandle(at, SyncHandle.exclusive ? undefined : mode);
      },
    };
  }

  async removeEntry(name) {
    const at = path.join(this.at, name);
    if (!fs.existsSync(at)) throw missing();
    if (SyncHandle.open.has(at)) throw new DOMException("in use", "NoModificationAllowedError");
    fs.rmSync(at);
  }

  async *keys() {
    yield* fs.readdirSync(this.at);
  }
}

class SyncHandle {
  static open = new Map(); // path → number of open handles
  static full = false; // whether writes fail
  static exclusive = false; // whether a file has at most one open handle, as in browsers without modes
  static quota = Number.POSITIVE_INFINITY; // bytes up to which a file can be enlarged

  constructor(at, mode) {
    this.at = at;
    this.mode = mode;
    this.fd = fs.openSync(at, "r+");
    SyncHandle.open.set(at, (SyncHandle.open.get(at) ?? 0) + 1);
  }

  read(into, { at }) {
    return fs.readSync(this.fd, into, 0, into.length, at);
  }

  write(bytes, { at }) {
    if (SyncHandle.full) throw new DOMException("full", "QuotaExceededError");
    return fs.writeSync(this.fd, bytes, 0, bytes.length, at);
  }

  truncate(size) {
    if (size > SyncHandle.quota) throw new DOMException("full", "QuotaExceededError");
    fs.ftruncateSync(this.fd, size);
  }

  flush() {
    fs.fsyncSync(this.fd);
  }

  close() {
    fs.closeSync(this.fd);
    const count = SyncHandle.open.get(this.at) - 1;
    count ? SyncHandle.open.set(this.at, count) : SyncHandle.open.delete(this.at);
  }
}

/** Makes every write fail because the disk is full, or ends that. */
export const setDiskFull = (full) => (SyncHandle.full = full);

/** Allows one handle of a file at a time, as browsers without modes do, or any number. */
export const setExclusiveHandles = (exclusive) => (SyncHandle.exclusive = exclusive);

/** Sets the size up to which a file can be enlarged with truncate. */
export const setQuota = (bytes) => (SyncHandle.quota = bytes);
