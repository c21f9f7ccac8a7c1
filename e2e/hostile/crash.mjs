// A browser that is killed again and again during a download, and storage that is full again and again.

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../browser.mjs";
import { setQuota } from "../storage.mjs";
import { openTab } from "./harness.mjs";
import { CHUNK_BYTES, chunkHashes, makeModel } from "./model.mjs";
import { HostileServer, sleep } from "./server.mjs";
import { pseudoRandom } from "./tricks.mjs";

/** Bytes per second of one response. */
const RATE = 2.5e6;
const LIMIT = 600_000;

/** Serves a new model of a size, at the pace of an ordinary line. */
async function pacedServer(size, rate = RATE) {
  const server = await new HostileServer(makeModel(size)).listen();
  server.trick = (_, response) => response.serve({ rate });
  return server;
}

/** Starts to download in a page; the promise is that of the outcome. */
const download = (page, url, kind) =>
  page.evaluate(
    ([url, kind, limit]) => {
      hostile.start();
      return hostile.call("download", url, { kind }, limit);
    },
    [url, kind, LIMIT],
  );

const find = (page, id) => page.evaluate((id) => hostile.store("find", id), id);

/** Returns how many bytes of a file of a size are stored. */
function storedBytes(file, size) {
  const chunks = file?.chunks ?? [];
  const bytes = chunks.reduce((sum, chunk) => sum + Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES), 0);
  return bytes + (file?.partialBytes ?? 0);
}

/** Returns {identical, ratio, lost}: whether the stored bytes are those of the server, and what was moved. */
async function conclude(page, server) {
  const stored = await page.evaluate((id) => hostile.audit(id), server.url);
  const identical = chunkHashes(server.bytes).every((hash, chunk) => stored?.hashes[chunk] === hash);
  return { identical, ratio: server.sent / server.bytes.length };
}

/**
 * Kills the browser at random moments of a download, which each start of it continues. Returns what conclude does, and
 * `lost`: the megabytes that the server had sent before each kill and that were not stored.
 */
export async function crashes({ site, kind, size, kills, random = pseudoRandom(7) }) {
  const server = await pacedServer(size);
  const profile = await mkdtemp(join(tmpdir(), "outrider-crash-"));
  const lost = [];
  let kept = 0;
  const noteLoss = async (page) => {
    const stored = storedBytes(await find(page, server.url), server.bytes.length);
    lost.push(Math.round((server.sent - kept - stored) / 1e5) / 10);
    kept = server.sent - stored;
  };
  try {
    for (let killed = 0; killed < kills; killed++) {
      const { page } = await start(profile, site);
      if (killed > 0) await noteLoss(page);
      const { sent } = server;
      const target = sent + ((server.bytes.length - sent) / (kills - killed)) * (0.3 + 0.7 * random());
      const ended = download(page, server.url, kind).catch(() => {});
      while (server.sent < target) await sleep(10);
      kill(profile);
      await ended;
    }
    const { page, context } = await start(profile, site);
    await noteLoss(page);
    const { code, message } = await download(page, server.url, kind);
    const result = { ...(await conclude(page, server)), code, message, lost };
    await context.close();
    return result;
  } finally {
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function start(profile, site) {
  const { context } = await launch({ args: [], profile });
  return { context, page: await openTab(context, site) };
}

/** Ends all processes of a browser at once. */
function kill(profile) {
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      if (command.includes(`--user-data-dir=${profile}\0`)) process.kill(Number(name), "SIGKILL");
    } catch {} // it has ended
  }
}

/** Lets the storage be full at random points of a download, then makes space. Nothing that is stored may be lost. */
export async function fullStorage({ site, kind, size, points, random = pseudoRandom(9) }) {
  const server = await pacedServer(size, 50e6);
  const { context, close } = await launch({ args: [] });
  const refused = [];
  try {
    const page = await openTab(context, site);
    const limits = Array.from({ length: points }, () => Math.floor(random() * (size - 2e6)) + 1e6).sort(
      (a, b) => a - b,
    );
    let kept = 0;
    for (const limit of limits) {
      await setQuota(page, limit);
      const { code } = await download(page, server.url, kind);
      const { chunks, partialBytes } = (await find(page, server.url)) ?? {};
      refused.push({ code, lost: (chunks?.length ?? 0) < kept, partialBytes });
      kept = chunks?.length ?? 0;
    }
    await setQuota(page, undefined);
    const { code, message } = await download(page, server.url, kind);
    return { ...(await conclude(page, server)), code, message, refused };
  } finally {
    await close();
    await server.close();
  }
}
