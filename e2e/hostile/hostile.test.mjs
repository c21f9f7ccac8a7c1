// Cases of servers, networks, stores and tabs that misbehave, each with its right outcome: a file that is identical to
// the server's, or an error that names what is wrong. The last test prints the table of the cases. CASE=expression runs
// those whose names match the expression.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answerCases } from "./cases-answers.mjs";
import { byteCases } from "./cases-bytes.mjs";
import { networkCases } from "./cases-network.mjs";
import { resumeCases } from "./cases-resume.mjs";
import { storeCases } from "./cases-store.mjs";
import { tabCases } from "./cases-tabs.mjs";
import { Harness } from "./harness.mjs";
import { printTable } from "./table.mjs";

/** Cases whose outcome is not right yet, by name, and why. They run, and the table has them, but they do not count. */
const open = {};

const cases = [...networkCases, ...answerCases, ...byteCases, ...resumeCases, ...storeCases, ...tabCases]
  .map((row) => ({ outcome: "identical", ...row }))
  .filter(({ name }) => new RegExp(process.env.CASE ?? "").test(name));

/** How many cases run at once: most of them wait most of the time. */
const LANES = Number(process.env.LANES ?? 3);

const promises = new Map(); // of the results, by case
const settle = new Map();
for (const row of cases) promises.set(row, new Promise((resolve) => settle.set(row, resolve)));

let harness;
before(async () => {
  harness = await Harness.start();
  harness.runAll(cases, LANES, (row, result) => settle.get(row)(result));
});
after(() => harness?.close());

for (const row of cases.filter(({ name }) => !open[name])) {
  test(row.name, async () => {
    const { problems, message } = await promises.get(row);
    assert.deepEqual(problems, [], message);
  });
}

test("the table of the cases", async () => {
  const results = await Promise.all(
    cases.map(async (row) => ({ row, result: await promises.get(row), open: open[row.name] })),
  );
  if (process.env.VERBOSE) for (const { row, result } of results) console.log(row.name, "→", result);
  printTable(results);
});
