// Files on the person's disk that the page reads in place or writes, where the browser has file handles.

import type { Engine } from "../client/engine.js";
import type { StoredFileReport } from "../protocol.js";

/** The parts of the File System Access API that not every browser has, nor TypeScript's library. */
interface FilePickers {
  showOpenFilePicker?(options: object): Promise<FileSystemFileHandle[]>;
  showSaveFilePicker?(options: object): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(options: object): Promise<FileSystemDirectoryHandle>;
}

interface PermissionHandle extends FileSystemFileHandle {
  requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
}

const pickers = (): FilePickers => globalThis as FilePickers;
const types = [{ description: "GGUF files", accept: { "application/octet-stream": [".gguf"] } }];

/**
 * Reports whether a file is a vision file, by the name under which they are published. It is loaded with its model,
 * never alone.
 */
export const isVisionFile = (name: string): boolean => /mmproj/i.test(name);

/** Reports whether models can be opened from the disk without a copy. */
export const canReadInPlace = (): boolean => pickers().showOpenFilePicker !== undefined;

/** Reports whether so many files can be exported. */
export const canExport = (files: number): boolean =>
  (files === 1 ? pickers().showSaveFilePicker : pickers().showDirectoryPicker) !== undefined;

/** Asks for model files. Returns none if the person closes the picker. */
export async function pickModels(): Promise<FileSystemFileHandle[]> {
  try {
    return await pickers().showOpenFilePicker!({ multiple: true, types });
  } catch (error) {
    if ((error as Error).name === "AbortError") return [];
    throw error;
  }
}

/**
 * Returns the handles of dropped files; none if the browser has not all of them. It must be called during the drop,
 * because the items are gone afterwards.
 */
export async function droppedHandles(items: DataTransferItemList | undefined): Promise<FileSystemFileHandle[]> {
  const files = [...(items ?? [])].filter(({ kind }) => kind === "file") as (DataTransferItem & {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  })[];
  const handles = await Promise.all(files.map((item) => item.getAsFileSystemHandle?.().catch(() => null)));
  const isFile = (handle: FileSystemHandle | null | undefined) => handle?.kind === "file";
  return handles.every(isFile) ? (handles as FileSystemFileHandle[]) : [];
}

/** Opens files on the disk in place; returns the ids of the model and of its vision file, if that is among them. */
export async function importFiles(
  engine: Engine,
  handles: readonly FileSystemFileHandle[],
): Promise<{ model: string; mmproj: string | undefined }> {
  const ids: string[] = [];
  for (const handle of handles) ids.push(await engine.importModel(handle));
  ids.sort(); // the first part of a split model comes first
  const isVision = (id: string) => /mmproj/i.test(id);
  const model = ids.find((id) => !isVision(id)) ?? ids[0]!;
  return { model, mmproj: ids.find((id) => isVision(id) && id !== model) };
}

/** Asks the person to let the page read files on the disk again; reports whether all of them may be read. */
export async function requestAccess(engine: Engine, ids: readonly string[]): Promise<boolean> {
  const handles = await Promise.all(ids.map((id) => engine.fileHandle(id)));
  const states: (PermissionState | undefined)[] = [];
  for (const handle of handles as (PermissionHandle | null)[]) {
    if (handle) states.push(await handle.requestPermission?.({ mode: "read" }));
  }
  return states.every((state) => state === "granted");
}

/** Writes stored files to a file that the person chooses, or several to a folder. show receives the bytes written. */
export async function exportFiles(
  engine: Engine,
  files: readonly StoredFileReport[],
  signal: AbortSignal,
  show: (bytes: number) => void,
): Promise<void> {
  const targets = await chooseTargets(files);
  let before = 0;
  for (const [i, { id, bytesTotal }] of files.entries()) {
    await engine.exportModel(id, targets[i]!, { signal, onProgress: (bytes) => show(before + bytes) });
    before += bytesTotal;
  }
}

async function chooseTargets(files: readonly StoredFileReport[]): Promise<FileSystemFileHandle[]> {
  const [first, ...others] = files;
  if (others.length === 0) return [await pickers().showSaveFilePicker!({ suggestedName: first!.name, types })];
  const folder = await pickers().showDirectoryPicker!({ mode: "readwrite" });
  return Promise.all(files.map(({ name }) => folder.getFileHandle(name, { create: true })));
}
