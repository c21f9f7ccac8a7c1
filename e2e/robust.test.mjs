// Beside the loader: requests that are nested too deep, workers that end, addresses with secrets.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, launch, part, waitForStatus } from "./browser.mjs";
import { intercept, modelServer, tinyModel } from "./models.mjs";
import { serveSite } from "./server.mjs";

const minute = 60_000;
const twoChunks = tinyModel("-hidden", "1024", "-layers", "12");

let site, browser;
before(async () => {
  site = await serveSite();
  browser = await launch();
});
after(() => Promise.all([browser, site].map((x) => x?.close())));

/** Calls body with a page at a path, and closes it. */
async function withPage(path, body) {
  const page = await browser.context.newPage();
  try {
    await page.goto(site.url + path);
    await body(page);
  } finally {
    await page.close();
  }
}

/** Calls body with a page on which Nano is open. */
const withNano = (body) =>
  withPage("/", async (page) => {
    assert.equal(await waitForStatus(page, ["ready", "error"], 3 * minute), "ready");
    await body(page);
  });

/** Asks for two tokens with metadata of so many lists inside each other; returns "ok" or the error's code. */
const askNested = (page, depth) =>
  page.evaluate((depth) => {
    let metadata = 1;
    for (let i = 0; i < depth; i++) metadata = [metadata];
    const request = { messages: [{ role: "user", content: "Hello" }], max_tokens: 2, ...(depth && { metadata }) };
    const { completions } = document.querySelector("scout-chat").engine.chat;
    return completions.create(request).then(
      () => "ok",
      (error) => error.code,
    );
  }, depth);

test("a request that is nested too deep is refused, and the next one is answered", () =>
  withNano(async (page) => {
    for (const depth of [3000, 100_000]) assert.equal(await askNested(page, depth), "invalid_request", `${depth}`);
    assert.equal(await askNested(page, 20), "ok");
    assert.equal(await askNested(page, 0), "ok");
  }));

/** Ends the engine worker in one of the ways in which a worker can end. */
const endings = {
  "ends itself": (worker) => worker.evaluate(() => self.close()),
  "fails with an uncaught error": (worker) =>
    worker.evaluate(() => void setTimeout(() => undefined.kind)).catch(() => {}),
};

for (const [how, end] of Object.entries(endings)) {
  test(`an engine worker that ${how} while the page is ready is started again and answers`, () =>
    withNano(async (page) => {
      const want = await ask(page, "Hello!", 3 * minute);
      await page.getByTitle("Start a new conversation").click();
      await end(page.workers().find((worker) => worker.url().includes("/assets/engine-")));
      await page.waitForTimeout(500);
      assert.equal(await ask(page, "Hello!", 3 * minute), want);
      assert.equal(await page.locator("scout-chat").getAttribute("status"), "ready");
    }));
}

test("the secret of an address is not kept, and is asked for when it is needed again", async () => {
  const server = await modelServer(twoChunks);
  const address = `${server.url}?token=s3cret`;
  let [valid, whole] = ["s3cret", false];
  server.next = {
    shift: () => (request, response, serve) => {
      const { searchParams } = new URL(request.url, server.url);
      if (searchParams.get("token") === valid && (whole || !/=16777216-/.test(request.headers.range))) return serve();
      response.writeHead(403, server.headers).end();
    },
  };
  const kept = (page) =>
    page.evaluate(async () => {
      const ids = (await document.querySelector("scout-chat").engine.models())
        .map(({ id }) => id)
        .filter((id) => id.includes("/model.gguf"));
      return { ids, localStorage: JSON.stringify({ ...localStorage }) };
    });
  const enter = async (page, url) => {
    await page.getByLabel("Address of a GGUF file").fill(url);
    await page.getByRole("button", { name: "Load", exact: true }).click();
    return waitForStatus(page, ["ready", "error"], 2 * minute);
  };
  try {
    await withPage("/#models", async (page) => {
      assert.equal(await enter(page, address), "error");
      assert.deepEqual((await kept(page)).ids, [`${server.url}?token=`]);
    });
    await withPage("/#models", async (page) => {
      [valid, whole] = ["another", true];
      await page.locator(`[data-model="${server.url}?token="]`).click();
      assert.equal(await waitForStatus(page, ["ready", "error"], 2 * minute), "error");
      assert.equal(await part(page, "error").getAttribute("data-code"), "address_needed");
      await page.getByRole("button", { name: "Enter the address" }).click();
      assert.ok(await page.getByLabel("Address of a GGUF file").evaluate((input) => input.matches(":focus")));
      assert.equal(await enter(page, `${server.url}?token=another`), "ready");
      const { ids, localStorage } = await kept(page);
      assert.deepEqual(ids, [`${server.url}?token=`]);
      assert.doesNotMatch(localStorage, /another|s3cret/);
    });
    intercept(server, (_, response) => response.socket.destroy());
    await withPage("/", async (page) => {
      assert.equal(await waitForStatus(page, ["ready", "error"], 2 * minute), "ready", "stored, without the server");
      assert.equal(await page.locator("scout-chat").getAttribute("model"), `${server.url}?token=`);
    });
  } finally {
    await server.close();
  }
});
