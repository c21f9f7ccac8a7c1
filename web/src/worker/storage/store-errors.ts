// The errors of the store that a person reads.

import { EngineError } from "../../errors.js";

/** Returns the error of stored bytes that the browser has removed. */
export function bytesLost(name: string): EngineError {
  const message = `the browser has removed parts of ${name} from its storage; download the model again`;
  return new EngineError("storage_error", message, { retryable: true });
}

/** Returns the error of a chunk whose bytes on the disk have changed. */
export function bytesChanged(name: string, chunk: number): EngineError {
  const message = `part ${chunk + 1} of ${name} has changed on the disk; it must be downloaded again`;
  return new EngineError("integrity", message, { retryable: true });
}

/** Returns the error of storing bytes of a file that was deleted in another tab. */
export function deletedElsewhere(name: string): EngineError {
  return new EngineError("storage_error", `${name} was deleted in another tab; load the model again to download it`);
}

/** Returns the error of a source that has another size than the stored file. */
export function otherSize(name: string): EngineError {
  const message = `${name} has another size at its source than the stored file; delete the stored one to start over`;
  return new EngineError("file_changed", message);
}

/** Returns the error of opening a file on the disk when another one of its name is stored. */
export function nameTaken(name: string): EngineError {
  const message = `another file called ${name} is stored; delete it first, or rename the new one`;
  return new EngineError("file_changed", message);
}
