// Replaces the stored bytes of a chunk without using the store, in Node and in a browser's worker.

const chunkBytes = 16 << 20;

/**
 * Replaces a chunk's bytes. They may be fewer than the chunk had if it is the last of its file. name is that of the
 * database and of the folder of private files.
 */
export async function corrupt(id, chunk, bytes, name = "outrider-weights") {
  const db = await result(indexedDB.open(name));
  try {
    const record = await result(db.transaction("files").objectStore("files").get(id));
    if (record.kind === "opfs") await corruptFile(name, record.file, chunk, bytes);
    else
      await result(
        db
          .transaction("bytes", "readwrite")
          .objectStore("bytes")
          .put(new Blob([bytes]), [id, chunk]),
      );
  } finally {
    db.close();
  }
}

async function corruptFile(name, fileName, chunk, bytes) {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getDirectoryHandle(name, { create: false })).getFileHandle(fileName);
  const handle = await file.createSyncAccessHandle({ mode: "readwrite-unsafe" });
  handle.write(bytes, { at: chunk * chunkBytes });
  if (bytes.length < chunkBytes) handle.truncate(chunk * chunkBytes + bytes.length);
  handle.close();
}

const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
