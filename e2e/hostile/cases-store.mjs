// Cases of stores that fail: bytes that rot, storage that is full or cleared, databases of other versions, and files
// that are deleted elsewhere.

import { LONG } from "./harness.mjs";
import { CHUNK_BYTES, chunkHashes } from "./model.mjs";
import { damage, holdDeletion, holdOldVersion, makeSchema } from "./rot.mjs";
import { onChunk, serveWith } from "./tricks.mjs";

const KINDS = ["indexeddb", "opfs"];
const MB = 1e6;

/** Downloads, damages what is stored, and reads it as a load does. */
const rot = (how) => async (trial) => {
  const { code, message } = await trial.download();
  if (code) return { code, message };
  trial.server.sent = 0;
  await trial.page.evaluate(() => hostile.stop());
  await trial.page.evaluate(damage, { id: trial.id, ...how });
  await trial.restart();
  return trial.read();
};

/** Checks that only damaged chunks were fetched again. */
const fetchesOnly = (chunks) => (trial) => {
  const { sent } = trial.server;
  const fits = sent > 0 && sent <= chunks * CHUNK_BYTES + MB;
  trial.expect(fits, `reading moved ${sent} bytes; ${chunks} chunks are damaged`);
};

const rotten = (name, how, chunks) =>
  KINDS.map((kind) => ({ name: `${kind}: ${name}`, bytes: LONG, kind, run: rot(how), check: fetchesOnly(chunks) }));

/** Leaves space for a part of the file, downloads, makes space, and downloads the rest. */
const full = async (trial) => {
  await trial.setQuota(usage(await trial.estimate()) + 20 * MB);
  const first = await trial.download();
  trial.expect(first.code === "storage_full", `without space the load ends with ${first.code || "success"}`);
  trial.expect(/MB/.test(first.message ?? ""), `"${first.message}" does not say how much is missing`);
  await trial.setQuota(undefined);
  return trial.download();
};

const usage = ({ usage }) => usage;

/** Downloads, then reads: what the store has lost in between is fetched again. */
const downloadAndRead = async (trial) => {
  const result = await trial.download();
  return result.code ? result : trial.read();
};

/** Clears the site's data as a person does in the settings, when the second chunk is requested. */
const cleared = (trial) =>
  onChunk(1, 1, async (_, response) => {
    const devtools = await trial.page.context().newCDPSession(trial.page);
    const origin = new URL(trial.page.url()).origin;
    await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb,file_systems" });
    return response.serve();
  });

/** Deletes the model in another tab when the second chunk is requested. */
const deleted = (trial) =>
  onChunk(1, 1, async (_, response) => {
    await trial.page.evaluate((id) => hostile.store("delete", id), trial.id);
    return response.serve();
  });

/** Opens a store that another version made. */
const otherVersion = (version) => async (trial) => {
  await trial.page.evaluate(() => hostile.stop());
  await trial.page.evaluate(makeSchema, { version });
  await trial.restart();
  const result = await trial.download();
  await trial.page.evaluate(() => hostile.stop());
  await trial.page.evaluate(makeSchema, { version: 1 });
  return result;
};

/**
 * Downloads while another tab keeps the database from being opened, as `hold` does there. The first download is aborted
 * early.
 */
const blocked = (hold) => async (trial) => {
  await trial.page.evaluate(() => hostile.stop());
  const other = await trial.lane.openTab();
  try {
    await other.evaluate(hold);
    await trial.restart();
    const { code, abortMs } = await trial.download({ limit: 100 });
    trial.expect(code === "hung" && abortMs < 1000, `aborted after ${abortMs} ms: ${code}`);
    return await trial.download();
  } finally {
    await other.close();
  }
};

/** Continues a file of which the first version of the store has two chunks. */
async function migrate(trial) {
  await trial.page.evaluate(() => hostile.stop());
  const { id } = trial;
  const file = { id, name: "model.gguf", size: LONG.length, validator: '"1"', kind: "indexeddb", file: "" };
  const chunks = chunkHashes(LONG).map((sha256, i) => [[id, i], { sha256 }]);
  const bytes = [0, 1].map((i) => [[id, i], id, i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES]);
  await trial.page.evaluate(makeSchema, { version: 1, files: [file], chunks: chunks.slice(0, 2), bytes });
  trial.server.sent = 0;
  await trial.restart();
  return trial.download();
}

export const storeCases = [
  ...rotten("40 flipped bits in the store", { flips: 40 }, 3),
  ...rotten("64 KB of zeros in the store", { start: 20 * MB, length: 65_536 }, 1),
  ...rotten("4 MB of zeros in the store", { start: 20 * MB, length: 4 << 20 }, 1),
  ...rotten("a sector of random bytes in the store", { start: 20 * MB, length: 4096, random: true }, 1),
  // Chromium notices a smaller quota of an origin that has used IndexedDB only after 30 s.
  ...KINDS.map((kind) => ({
    name: `${kind}: the storage is full, then it is not`,
    kind,
    bytes: LONG,
    ownOrigin: true,
    run: full,
  })),
  ...KINDS.map((kind) => ({
    name: `${kind}: the site's data is cleared in the middle`,
    kind,
    trick: cleared,
    run: downloadAndRead,
  })),
  ...KINDS.map((kind) => ({ name: `${kind}: one of three writes fails`, kind, inject: ["failingWrites"] })),
  { name: "every write fails", outcome: "storage_error", inject: ["brokenWrites"], speed: 20 },
  ...KINDS.map((kind) => ({
    name: `${kind}: deleted in another tab in the middle`,
    kind,
    outcome: "storage_error",
    trick: deleted,
    check: (trial, { message }, stored) => {
      trial.expect(/delet/.test(message), `"${message}" does not say that it was deleted`);
      trial.expect(stored === null, "something is stored");
    },
  })),
  { name: "a store of the first version", bytes: LONG, run: migrate, check: fetchesOnly(1.5) },
  {
    name: "a store of a newer version",
    outcome: "newer_store",
    run: otherVersion(99),
    check: (trial, { message }) => trial.expect(/99/.test(message), `"${message}" does not name the version`),
  },
  ...[
    ["holds a database of an older version", holdOldVersion],
    ["holds a database that is to be deleted", holdDeletion],
  ].map(([name, hold]) => ({
    name: `another tab ${name}`,
    outcome: "storage_error",
    ownOrigin: true,
    speed: 20,
    run: blocked(hold),
    check: (trial, { message }) => trial.expect(/tab/.test(message), `"${message}" does not say what to do`),
  })),
  { name: "opfs: read as it arrives", kind: "opfs", trick: () => serveWith({}), run: (trial) => trial.read() },
];
