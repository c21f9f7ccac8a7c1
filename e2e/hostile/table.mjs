// Prints the cases with what came of them.

/** Prints a line for each result. */
export function printTable(results) {
  const width = Math.max(...results.map(({ row }) => row.name.length));
  console.log(`e2e: ${"case".padEnd(width)}  outcome            moved/size  seconds`);
  for (const { row, result, open } of results) {
    const { outcome, ratio, seconds, problems } = result;
    const state = problems.length === 0 ? "" : open ? ` open: ${open}` : ` NOT RIGHT: ${problems[0].split("\n")[0]}`;
    const numbers = `${ratio.toFixed(2).padStart(10)}  ${seconds.toFixed(1).padStart(7)}`;
    console.log(`e2e: ${row.name.padEnd(width)}  ${outcome.padEnd(17)}  ${numbers}${state}`);
  }
}
