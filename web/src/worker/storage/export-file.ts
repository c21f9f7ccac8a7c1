// Writes a stored file to a stream, for instance to a file that the user has chosen.

import { EngineError, throwIfAborted } from "../../errors.js";
import { CHUNK_BYTES, type ChunkStore, chunkLength, numChunks, type StoredFile } from "./chunk-store.js";

/** Where a file is exported to: a file of showSaveFilePicker, or any stream. */
export type ExportTarget = FileSystemFileHandle | WritableStream;

/** Writes a complete file to a target, which is closed; after an error or an abort it is left as it was. */
export async function exportFile(
  store: ChunkStore,
  id: string,
  target: ExportTarget,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const { size } = await findComplete(store, id);
  const stream = target instanceof WritableStream ? target : await target.createWritable();
  const writer = stream.getWriter();
  try {
    for (let at = 0; at < size; at += CHUNK_BYTES) {
      throwIfAborted(signal);
      const bytes = await store.read(id, at, chunkLength(size, at / CHUNK_BYTES));
      await writer.write(new Uint8Array(bytes));
      onProgress(at + bytes.byteLength);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

async function findComplete(store: ChunkStore, id: string): Promise<StoredFile> {
  const file = await store.find(id);
  if (file?.chunks.length === numChunks(file?.size ?? 0)) return file as StoredFile;
  throw new EngineError("storage_error", `${file?.name ?? id} is not completely stored; download the model first`);
}
