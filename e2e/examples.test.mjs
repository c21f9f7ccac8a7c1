// The projects of examples: each is built, shows the element, and counts its answers.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { collectProblems, launch, part, waitForStatus } from "./browser.mjs";
import { useFakeEngine } from "./fake-engine.mjs";
import { root, run, serveFolder } from "./npm-package.mjs";

let server, browser;
before(async () => {
  await run(root, "node", "examples/build.mjs");
  server = await serveFolder(join(root, "dist/examples"));
  browser = await launch({ args: [] });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const name of ["html", "react", "vue", "svelte"]) {
  test(`the example of ${name} shows the element and counts its answers`, async () => {
    const page = await browser.context.newPage();
    await useFakeEngine(page, {});
    const problems = collectProblems(page);
    await page.goto(`http://127.0.0.1:${server.port}/${name}/`);
    assert.equal(await waitForStatus(page, ["ready", "error"]), "ready");
    assert.equal(await page.locator("scout-chat").evaluate(({ system }) => system), "Answer briefly.");
    await part(page, "input").fill("Hello");
    await part(page, "send").click();
    await page.getByText("Answers: 1").waitFor();
    await page.locator('scout-chat [part="message assistant"]', { hasText: "You said: Hello" }).waitFor();
    await page.close();
    assert.deepEqual(problems, []);
  });
}
