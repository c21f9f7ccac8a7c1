// Cases of several tabs that need the same file at once: it is fetched once, and each tab shows how far it is.

import { FILE } from "./harness.mjs";
import { onChunk, onFirst, refuse, reset, serveWith, silent } from "./tricks.mjs";

const KINDS = ["indexeddb", "opfs"];

/** Starts a call in two tabs, some milliseconds apart. */
const twoTabs = (method, milliseconds) => async (trial) => {
  const other = await trial.lane.openTab();
  try {
    await trial.restart({}, other);
    const first = trial.call(method);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const results = await Promise.all([first, trial.call(method, { page: other })]);
    trial.tabs = results;
    return results.find(({ code }) => code) ?? results[0];
  } finally {
    await other.close();
  }
};

const onlyOnce = ({ server, expect }) =>
  expect(server.sent <= 1.05 * FILE.length, `two tabs moved ${server.sent} bytes for a file of ${FILE.length}`);

const onceForBoth = (trial) => {
  onlyOnce(trial);
  for (const { progress } of trial.tabs) trial.expect(progress > 2, "a tab showed no progress");
};

const paced = () => onFirst(Number.POSITIVE_INFINITY, ({ chunk }) => chunk >= 0, serveWith({ rate: 30e6 }));
const noCORS = { cors: false };

/** A read that fetches what it needs while an answer waits for it. */
const demand = (name, trick, speed = 1) => ({ name: `a read: ${name}`, speed, trick, run: (trial) => trial.read() });

export const tabCases = [
  ...KINDS.flatMap((kind) =>
    [0, 300].map((milliseconds) => ({
      name: `${kind}: two tabs download, ${milliseconds} ms apart`,
      kind,
      trick: paced,
      run: twoTabs("download", milliseconds),
      check: onceForBoth,
    })),
  ),
  ...KINDS.flatMap((kind) =>
    [0, 300].map((milliseconds) => ({
      name: `${kind}: two tabs read a file that is not stored, ${milliseconds} ms apart`,
      kind,
      trick: paced,
      run: twoTabs("read", milliseconds),
      check: onlyOnce,
    })),
  ),
  ...["download", "read"].map((method) => ({
    name: `opfs: two tabs ${method}, without shared handles`,
    kind: "opfs",
    inject: ["exclusiveHandles"],
    trick: paced,
    run: twoTabs(method, 50),
    check: method === "read" ? onlyOnce : onceForBoth,
  })),
  demand("one 429 without CORS headers", () => onChunk(1, 1, refuse(429, {}, noCORS))),
  demand("one 200 for a range", () => onChunk(1, 1, serveWith({ status: 200, body: FILE.subarray(0, 1000) })), 20),
  demand("three resets", () => onChunk(1, 3, reset), 20),
  demand("headers that never come", () => onChunk(1, 1, silent), 20),
];
