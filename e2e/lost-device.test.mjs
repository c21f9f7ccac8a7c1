// A GPU that is lost at any moment: the model is loaded again, and the same answer continues.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answers, ask, killGPUProcess, launch, part, waitForStatus } from "./browser.mjs";
import { modelServer, tinyModel } from "./models.mjs";
import { serveSite } from "./server.mjs";
import { limitGPU } from "./small-gpu.mjs";

const minutes = (n) => n * 60_000;
const tokens = 100;

let site, model, undisturbed;
before(async () => {
  [site, model] = await Promise.all([serveSite(), modelServer(tinyModel("-hidden", "256", "-type", "Q8_0"))]);
  await withGPU({}, async (page) => (undisturbed = await page.evaluate(loadAndStream, { url: model.url, tokens })));
  assert.equal(undisturbed.recoveries, 0);
  assert.ok(undisturbed.greedy.length > tokens / 2 && undisturbed.seeded !== undisturbed.greedy);
});
after(() => Promise.all([site, model].map((x) => x?.close())));

/** Calls body with a page whose GPU can be lost. */
async function withGPU(limits, body) {
  const { context, close } = await launch({ serviceWorkers: "block" });
  try {
    await limitGPU(context, limits);
    const page = await context.newPage();
    await page.goto(`${site.url}/#models`);
    await waitForStatus(page, "idle");
    await body(page);
  } finally {
    await close();
  }
}

/**
 * In the page: loads a model and returns two answers, greedy and with a seed, and the number of recoveries. The GPU is
 * lost after the pieces of each answer that loseAt lists; idle: also before each. how is a channel of small-gpu.mjs.
 */
async function loadAndStream({ url, tokens, loseAt = [], idle = false, how = "lose the device" }) {
  const { engine } = document.querySelector("scout-chat");
  const lose = () => new BroadcastChannel(how).postMessage(null);
  await engine.load(url);
  const result = { recoveries: 0 };
  const onProgress = ({ phase, bytesDone }) => {
    if (phase === "recover" && !bytesDone) result.recoveries++;
  };
  for (const [name, options] of [
    ["greedy", { temperature: 0 }],
    ["seeded", { temperature: 1.5, seed: 11 }],
  ]) {
    if (idle) lose();
    if (idle) await new Promise((resolve) => setTimeout(resolve, 300));
    const request = { messages: [{ role: "user", content: "Tell me a story" }], max_tokens: tokens, stream: true };
    const chunks = await engine.chat.completions.create({ ...request, ...options }, { onProgress });
    let pieces = 0;
    result[name] = "";
    for await (const { choices } of chunks) {
      result[name] += choices[0]?.delta.content ?? "";
      if (loseAt.includes(++pieces)) lose();
    }
  }
  return result;
}

test("a GPU that is lost three times in an answer, and while idle, changes no answer", async () => {
  await withGPU({}, async (page) => {
    const got = await page.evaluate(loadAndStream, { url: model.url, tokens, loseAt: [5, 25, 45], idle: true });
    assert.ok(got.recoveries >= 8, `${got.recoveries} recoveries`);
    assert.equal(got.greedy, undisturbed.greedy);
    assert.equal(got.seeded, undisturbed.seeded);
    console.log(`e2e: GPU lost ${got.recoveries} times: the same ${got.greedy.length + got.seeded.length} characters`);
  });
});

test("a GPU that runs out of memory in the middle of an answer is named: the model cannot take less", async () => {
  await withGPU({}, async (page) => {
    const how = "run out of memory";
    const answer = page.evaluate(loadAndStream, { url: model.url, tokens, loseAt: [5], how });
    await assert.rejects(answer, /the GPU is out of memory; close other tabs or choose a smaller model/);
  });
});

for (const [moment, method] of [
  ["memory is allocated", "createBuffer"],
  ["kernels are compiled", "createComputePipelineAsync"],
]) {
  test(`a GPU that is lost while ${moment} is replaced`, async () => {
    await withGPU({ loseIn: method, calls: 3 }, async (page) => {
      const got = await page.evaluate(loadAndStream, { url: model.url, tokens });
      assert.equal(got.greedy, undisturbed.greedy);
      assert.equal(got.seeded, undisturbed.seeded);
    });
  });
}

test("a browser that does not answer the request for a GPU is named within 15 s", async () => {
  await withGPU({ silent: true }, async (page) => {
    const [code, seconds] = await page.evaluate(async (url) => {
      const start = performance.now();
      const { code } = await document
        .querySelector("scout-chat")
        .engine.load(url)
        .catch((error) => error);
      return [code, (performance.now() - start) / 1000];
    }, model.url);
    assert.equal(code, "no_adapter");
    assert.ok(seconds < 15, `${seconds} s`);
  });
});

/** Calls body with a page that has just been opened at a path, and a function that kills the GPU process. */
async function withGPUProcess(path, body) {
  const { context, profile, close } = await launch();
  try {
    const page = await context.newPage();
    await page.goto(site.url + path);
    await body(page, () => killGPUProcess(profile));
  } finally {
    await close();
  }
}

test("a GPU process that is killed while Nano answers changes no answer", async () => {
  await withGPUProcess("", async (page, kill) => {
    assert.equal(await waitForStatus(page, ["ready", "error"], minutes(3)), "ready");
    const want = await ask(page, "Tell me a story.", minutes(3));
    await page.getByTitle("Start a new conversation").click();
    await waitForStatus(page, "ready");
    await part(page, "input").fill("Tell me a story.");
    await part(page, "send").click();
    await page.waitForTimeout(500);
    kill();
    await part(page, "activity").getByText("The GPU was reset: loading the model again").waitFor();
    assert.equal(await waitForStatus(page, ["ready", "error"], minutes(3)), "ready");
    assert.equal(await answers(page).last().textContent(), want);
  });
});

for (const moment of ["while Nano is idle", "in the prefill"]) {
  test(`a GPU process that is killed ${moment} changes no answer`, async () => {
    await withGPUProcess("", async (page, kill) => {
      const ready = async () => assert.equal(await waitForStatus(page, ["ready", "error"], minutes(3)), "ready");
      await ready();
      const question = moment === "in the prefill" ? "Tell me a story about a fox. ".repeat(20) : "Tell me a story.";
      const want = await ask(page, question, minutes(3));
      await page.getByTitle("Start a new conversation").click();
      await ready();
      if (moment === "while Nano is idle") {
        kill();
        await page.waitForTimeout(1000);
      }
      await part(page, "input").fill(question);
      await part(page, "send").click();
      if (moment === "in the prefill") {
        await page.waitForTimeout(50);
        kill();
      }
      await waitForStatus(page, "generating");
      await ready();
      assert.equal(await answers(page).last().textContent(), want);
    });
  });
}

test("a GPU process that is killed while Nano is loaded is started again", async () => {
  await withGPUProcess("/#models", async (page, kill) => {
    await waitForStatus(page, "idle");
    await page.getByRole("button", { name: "Outrider Nano" }).first().click();
    await page.waitForTimeout(700);
    const before = await page.locator("scout-chat").getAttribute("status");
    kill();
    assert.equal(await waitForStatus(page, ["ready", "error"], minutes(3)), "ready");
    assert.match(await ask(page, "Hello!", minutes(3)), /hello/i);
    console.log(`e2e: GPU process killed while ${before}: Nano answers`);
  });
});
