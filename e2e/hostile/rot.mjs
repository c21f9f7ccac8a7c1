// Damage to stored bytes, past everything that writes them: what a failing disk does. These functions run in the page.

/**
 * Damages a stored file: `flips` single bits at equal distances, or `length` bytes from `start` on, which become zeros
 * or random.
 */
export async function damage({ id, flips = 0, start = 0, length = 0, random = false }) {
  const CHUNK_BYTES = 16 << 20;
  const db = await asPromise(indexedDB.open("outrider-weights"));
  const record = await asPromise(db.transaction("files").objectStore("files").get(id));
  const spots = Array.from({ length: flips }, (_, i) => Math.floor(((i + 0.5) * record.size) / flips));
  const change = (bytes, offset) => {
    for (const spot of spots) if (spot >= offset && spot < offset + bytes.length) bytes[spot - offset] ^= 16;
    const part = bytes.subarray(Math.max(0, start - offset), Math.max(0, start + length - offset));
    part.fill(0);
    if (random) for (let at = 0; at < part.length; at += 65536) crypto.getRandomValues(part.subarray(at, at + 65536));
  };
  if (record.kind === "opfs") await damageFile(record.file, change);
  else await damageBlobs(db, id, change, CHUNK_BYTES);
  db.close();

  function asPromise(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async function damageFile(name, change) {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("outrider-weights");
    const handle = await folder.getFileHandle(name);
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    change(bytes, 0);
    const writable = await handle.createWritable();
    await writable.write(bytes);
    await writable.close();
  }

  async function damageBlobs(db, id, change, chunkBytes) {
    const keys = await asPromise(db.transaction("bytes").objectStore("bytes").getAllKeys());
    for (const key of keys.filter((key) => key[0] === id)) {
      const blob = await asPromise(db.transaction("bytes").objectStore("bytes").get(key));
      const bytes = new Uint8Array(await blob.arrayBuffer());
      change(bytes, key[1] * chunkBytes);
      await asPromise(
        db
          .transaction("bytes", "readwrite")
          .objectStore("bytes")
          .put(new Blob([bytes]), key),
      );
    }
  }
}

/** Makes the database that a version of Outrider with another schema would make. */
export async function makeSchema({ version, files = [], chunks = [], bytes = [] }) {
  await new Promise((resolve) => {
    indexedDB.deleteDatabase("outrider-weights").onsuccess = resolve;
  });
  const opening = indexedDB.open("outrider-weights", version);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("files", { keyPath: "id" });
    opening.result.createObjectStore("chunks");
    opening.result.createObjectStore("bytes");
  };
  const db = await new Promise((resolve) => {
    opening.onsuccess = () => resolve(opening.result);
  });
  const tx = db.transaction(["files", "chunks", "bytes"], "readwrite");
  for (const file of files) tx.objectStore("files").put(file);
  for (const [key, value] of chunks) tx.objectStore("chunks").put(value, key);
  for (const [key, url, offset, end] of bytes) await putBytes(db, key, url, offset, end);
  db.close();

  async function putBytes(db, key, url, offset, end) {
    const response = await fetch(url, { headers: { Range: `bytes=${offset}-${end - 1}` } });
    const blob = await response.blob();
    const put = db.transaction("bytes", "readwrite").objectStore("bytes").put(blob, key);
    await new Promise((resolve) => {
      put.onsuccess = resolve;
    });
  }
}

/** Opens a database of the first version and keeps it when another tab needs a newer one, as a hung tab does. */
export function holdOldVersion() {
  return new Promise((resolve) => {
    const opening = indexedDB.open("outrider-weights", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files", { keyPath: "id" });
    opening.onsuccess = () => {
      globalThis.held = opening.result;
      resolve();
    };
  });
}

/** Has the browser delete a database that is open here: it waits, and whoever opens the database waits too. */
export function holdDeletion() {
  return new Promise((resolve) => {
    const opening = indexedDB.open("outrider-weights", 2);
    opening.onsuccess = () => {
      globalThis.held = opening.result;
      indexedDB.deleteDatabase("outrider-weights").onblocked = resolve;
    };
  });
}
