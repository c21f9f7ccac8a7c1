// Cases of downloads that are continued later: nothing that is stored is deleted, and validators are only hints.

import { LONG } from "./harness.mjs";
import { CHUNK_BYTES, makeModel } from "./model.mjs";
import { onFirst, serveWith } from "./tricks.mjs";

/** Another file of the same size. */
const OTHER = makeModel(LONG.length, 2);

/** Stores two of three chunks, then lets the server change, then continues. */
const resume = (change) => async (trial) => {
  await trial.downloadPart(2);
  change(trial.server, trial);
  return trial.download();
};

/** Checks that what was stored was not fetched again, but for `checks` chunks. */
const keeps =
  (checks = 1) =>
  (trial, _result, stored) => {
    const moved = trial.server.sent - trial.sentBefore;
    const missing = LONG.length - 2 * CHUNK_BYTES;
    const allowed = missing + checks * CHUNK_BYTES + 1e6;
    trial.expect(moved <= allowed, `continuing moved ${moved} bytes; ${allowed} would do`);
    trial.expect(stored?.chunks.length >= 2, "stored chunks are gone");
  };

/** Checks that the chunks that were stored still are. */
const nothingDeleted = (trial, _result, stored) => {
  trial.expect(stored?.chunks.includes(0) && stored.chunks.includes(1), "stored chunks are gone");
};

/** Checks that the next load does not take chunks of two files for one. */
const staysChanged = async (trial, result, stored) => {
  nothingDeleted(trial, result, stored);
  await trial.restart();
  const { code } = await trial.download();
  trial.expect(code === "file_changed", `the next load ends with ${code || "success"}`);
};

const same = (name, change, checks = 2) => ({ name: `resumed: ${name}`, run: resume(change), check: keeps(checks) });

const withHeaders = (headers) => (server) => Object.assign(server.headers, headers);

export const resumeCases = [
  same("nothing has changed", () => {}, 1),
  same("the ETag is gone", withHeaders({ ETag: undefined })),
  same("another ETag, the same bytes", withHeaders({ ETag: '"other-node"' })),
  same("the ETag is hidden from pages", (server) => {
    server.cors = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Range" };
  }),
  same("a redeploy has moved Last-Modified, no ETag", withHeaders({ ETag: undefined, "Last-Modified": "now" })),
  same("one answer with another ETag", (server) => {
    server.trick = onFirst(1, () => true, serveWith({ headers: { ETag: '"odd"' } }));
  }),
  same("a manifest has been published since", (server, { publish }) => publish(server)),
  {
    name: "resumed: other bytes under another ETag",
    outcome: "file_changed",
    becomes: LONG,
    run: resume((server) => {
      server.bytes = OTHER;
      server.headers.ETag = '"2"';
    }),
    check: nothingDeleted,
  },
  {
    name: "resumed: other bytes under the same ETag and size",
    outcome: "file_changed",
    becomes: LONG,
    run: resume((server) => {
      server.bytes = OTHER;
    }),
    check: staysChanged,
  },
  {
    name: "resumed: a file of another size",
    outcome: "file_changed",
    becomes: LONG,
    run: resume((server) => {
      server.bytes = OTHER.subarray(0, OTHER.length - 1000);
    }),
    check: nothingDeleted,
  },
  {
    name: "resumed: the server is gone for good",
    outcome: "hung", // it waits, says so, and ends with the caller's word within a second
    becomes: LONG,
    run: async (trial) => {
      await trial.downloadPart(2);
      await trial.server.close();
      return trial.download({ limit: 1500 });
    },
    check: nothingDeleted,
  },
].map((row) => ({ bytes: LONG, ...row }));
