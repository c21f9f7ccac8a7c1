// The backend of files on the user's disk, which are read where they are. Nothing is ever written.

import { EngineError } from "../../errors.js";
import type { Backend } from "./backend.js";
import type { FileRecord, Piece } from "./schema.js";

/** Reads files of the kind "handle". */
export class DiskBackend implements Backend {
  /** Does nothing: the file exists. */
  async create(): Promise<void> {}

  /** Throws: a file on the disk is complete. */
  write(record: FileRecord): Promise<undefined> {
    throw complete(record);
  }

  /** Throws: a file on the disk is complete. */
  writePiece(record: FileRecord): Promise<Piece> {
    throw complete(record);
  }

  /** Throws: a file on the disk has no pieces. */
  readPiece(record: FileRecord): Promise<void> {
    throw complete(record);
  }

  /** Reads a range of the file. */
  async read(record: FileRecord, offset: number, length: number): Promise<ArrayBuffer> {
    const file = await openOnDisk(record);
    return file.slice(offset, offset + length).arrayBuffer();
  }

  /** Does nothing: the file is the user's. */
  async remove(): Promise<void> {}
}

/** Returns the file on the disk. It is an error if the user has to permit that first, or has changed the file. */
async function openOnDisk({ name, size, validator, handle }: FileRecord): Promise<File> {
  let file: File;
  try {
    file = await handle!.getFile();
  } catch (error) {
    throw (error as Error).name === "NotAllowedError" ? permissionNeeded(name) : missing(name);
  }
  if (file.size === size && String(file.lastModified) === validator) return file;
  const message = `${name} on your disk is no longer the file that was opened; choose it again`;
  throw new EngineError("file_changed", message);
}

function permissionNeeded(name: string): EngineError {
  const message = `the browser asks before ${name} is read from your disk again; allow it to continue`;
  return new EngineError("permission_needed", message, { retryable: true });
}

function missing(name: string): EngineError {
  const message = `${name} is no longer where it was on your disk; choose it again`;
  return new EngineError("not_found", message, { retryable: true });
}

const complete = ({ name }: FileRecord) =>
  new EngineError("internal", `${name} is read from the disk and not stored by the browser`);
