// How long the tasks of a page's main thread take, in processor time, which other programs of the machine do not
// change.

/** Records the tasks of a page until the function that it returns is called, which returns their times, ms. */
export async function recordTasks(page) {
  const client = await page.context().newCDPSession(page);
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await client.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "disabled-by-default-devtools.timeline"] },
  });
  return async () => {
    const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
    await client.send("Tracing.end");
    await complete;
    return taskTimes(events);
  };
}

/** Returns the times of the tasks of the main thread, the longest first. */
function taskTimes(events) {
  const named = (name) => events.filter((e) => e.name === "thread_name" && e.args.name === name);
  const main = new Set(named("CrRendererMain").map(({ pid, tid }) => `${pid}:${tid}`));
  const tasks = events.filter((e) => e.ph === "X" && /RunTask$/.test(e.name) && main.has(`${e.pid}:${e.tid}`));
  return tasks.map(({ tdur, dur }) => (tdur ?? dur) / 1000).sort((a, b) => b - a);
}
