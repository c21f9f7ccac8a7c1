// How the system starts the installed page: with model files that were opened, with pictures that were shared, or from
// a shortcut.

import { importFiles } from "../element/local-files.js";
import type { ScoutChat } from "../element/scout-chat.js";
import { SHARED_QUERY, takeShared } from "../sw/shared-pictures.js";

/** The parts of the Launch Handler API that are used here. */
interface LaunchParams {
  readonly files: readonly FileSystemFileHandle[];
  readonly targetURL?: string;
}

interface LaunchQueue {
  setConsumer(consumer: (params: LaunchParams) => void): void;
}

/** Acts on each start of the installed page by the system. */
export function receiveLaunches(chat: ScoutChat): void {
  let first = true;
  (globalThis as { launchQueue?: LaunchQueue }).launchQueue?.setConsumer(({ files, targetURL }) => {
    if (files.length > 0) void open(chat, files);
    else if (!first && targetURL) follow(chat, new URL(targetURL)); // the page itself reads its first address
    first = false;
  });
}

/** Opens model files where they are on the disk. */
async function open(chat: ScoutChat, files: readonly FileSystemFileHandle[]): Promise<void> {
  const { model, mmproj = null } = await importFiles(chat.engine, files);
  chat.mmproj = mmproj;
  chat.model = model;
}

/** Does what the address of a shortcut says, in the page that is open. */
function follow(chat: ScoutChat, { search, hash }: URL): void {
  if (hash === "#models") chat.model = null;
  if (search === "?new") chat.clear();
}

/** Attaches the pictures with which the page was opened. */
export async function attachShared(chat: ScoutChat): Promise<void> {
  if (location.search !== SHARED_QUERY) return;
  history.replaceState(null, "", location.pathname);
  chat.attach(await takeShared());
}
