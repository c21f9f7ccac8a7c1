// Cases of servers, networks, stores and tabs that misbehave, each with its right outcome: a file that is identical to
// the server's, or an error that names what is wrong. The last test prints the table of the cases. CASE=text runs those
// whose names contain the text.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { networkCases } from "./cases-network.mjs";
import { Harness } from "./harness.mjs";
import { printTable } from "./table.mjs";

/** Cases whose outcome is not right yet, by name, and why. */
const open = {};

const cases = [...networkCases]
  .map((row) => ({ outcome: "identical", ...row }))
  .filter(({ name }) => name.includes(process.env.CASE ?? ""));

let harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness?.close());

const results = [];
for (const row of cases) {
  const todo = open[row.name];
  test(row.name, { todo: todo ?? false }, async () => {
    const result = await harness.run(row);
    results.push({ row, result, open: todo });
    assert.deepEqual(result.problems, [], result.message);
  });
}

test("the table of the cases", () => {
  printTable(results);
});
