// The page in every state, with an engine that follows a script: what people see and what hosts may rely on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, part, status, watch } from "./browser.mjs";
import { fakeEngine } from "./fake-engine.mjs";
import { serveSite } from "./server.mjs";

let site, browser;
before(async () => {
  site = await serveSite();
  browser = await launch({ args: [] });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const offered = 5; // models of the element's catalogue

/** node:test's test, with a page whose engine follows the script, at the list of models unless told otherwise. */
const pageTest = (name, { path = "/#models", ...script }, body) =>
  test(name, async () => {
    const page = await browser.context.newPage();
    await page.addInitScript(fakeEngine, script);
    const complaints = watch(page);
    await page.goto(site.url + path);
    await body(page);
    await page.close();
    assert.deepEqual(complaints, []);
  });

const choose = (page, name) => page.getByRole("button", { name }).first().click();
const loadAny = async (page) => {
  await choose(page, "SmolLM2");
  await status(page, "ready");
};
const texts = (page, role) => page.locator(`scout-chat [part="message ${role}"] .text`).allTextContents();
const events = (page, ...types) =>
  page.evaluate((types) => {
    window.seen = [];
    for (const type of types) document.addEventListener(type, (e) => window.seen.push([type, { ...e.detail }]));
  }, types);

pageTest("an idle page offers models and takes no message", {}, async (page) => {
  await status(page, "idle");
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
  assert.ok(await part(page, "input").isDisabled());
  assert.ok(await part(page, "send").isDisabled());
});

pageTest("a first visit starts with the model inside, which can be left", { path: "/" }, async (page) => {
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await status(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "nano");
  await page.getByRole("button", { name: "Models" }).click();
  await status(page, "idle");
});

pageTest("choosing a model shows its progress, then readiness", { loadMs: 150 }, async (page) => {
  await events(page, "status-changed", "load-progress", "model-loaded");
  await choose(page, "SmolLM2");
  await status(page, "loading");
  await page.getByText("Downloading").waitFor();
  await page.getByText(/of 98\.4 MB · 12\.3 MB\/s · \d s left/).waitFor();
  await page.getByText("Loading onto the GPU").waitFor();
  await status(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "smollm2-135m");
  const seen = await page.evaluate(() => window.seen);
  assert.deepEqual(seen.filter(([type]) => type === "status-changed").map(([, d]) => d.status), ["loading", "ready"]);
  assert.equal(seen.filter(([type]) => type === "load-progress").length, 22);
  assert.equal(seen.at(-1)[0], "model-loaded");
});

pageTest("a load can be cancelled", { holdLoadAt: 3 }, async (page) => {
  await choose(page, "SmolLM2");
  await status(page, "loading");
  await page.getByRole("button", { name: "Cancel" }).click();
  await status(page, "idle");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), null);
});

pageTest("Enter sends, Shift+Enter breaks the line, the answer streams", {}, async (page) => {
  await loadAny(page);
  await events(page, "message-sent", "message-received");
  await part(page, "input").pressSequentially("one");
  await part(page, "input").press("Shift+Enter");
  await part(page, "input").pressSequentially("two");
  await part(page, "input").press("Enter");
  await page.waitForFunction(() => window.seen.length === 2);
  assert.deepEqual(await texts(page, "user"), ["one\ntwo"]);
  assert.deepEqual(await texts(page, "assistant"), ["You said: one\ntwo"]);
  assert.equal(await part(page, "input").inputValue(), "");
  await page.getByText("41 tokens/s").waitFor();
});

pageTest("the view follows an answer, unless a person has scrolled up, until the next question", { answer: "line \n".repeat(80) }, async (page) => {
  await loadAny(page);
  const main = page.locator("scout-chat main");
  const toEnd = () => main.evaluate((m) => Math.round(m.scrollHeight - m.scrollTop - m.clientHeight));
  const say = async (text) => {
    await part(page, "input").fill(text);
    await part(page, "input").press("Enter");
    await page.waitForFunction((n) => document.querySelector("scout-chat").shadowRoot.querySelectorAll('[part="message assistant"]').length >= n, text.length);
    await status(page, "ready");
  };
  await say("1");
  assert.ok((await toEnd()) <= 1);
  await main.evaluate((m) => new Promise((scrolled) => (m.addEventListener("scroll", scrolled, { once: true }), (m.scrollTop = 0))));
  await page.evaluate(() => (document.querySelector("scout-chat").requestUpdate(), document.querySelector("scout-chat").updateComplete));
  assert.ok((await toEnd()) > 500);
  await say("22");
  assert.ok((await toEnd()) <= 1);
});

pageTest("an empty message is not sent", {}, async (page) => {
  await loadAny(page);
  await part(page, "input").fill("  \n ");
  assert.ok(await part(page, "send").isDisabled());
  await part(page, "input").press("Enter");
  assert.deepEqual(await texts(page, "user"), []);
});

for (const [how, stop] of [["the button", (page) => part(page, "stop").click()], ["Escape", (page) => page.keyboard.press("Escape")]]) {
  pageTest(`${how} stops an answer and keeps what has come`, { answer: "a b c d", holdChatAt: 1 }, async (page) => {
    await loadAny(page);
    await part(page, "input").fill("go");
    await part(page, "input").press("Enter");
    await page.getByText("a b").waitFor();
    await status(page, "generating");
    await stop(page);
    await status(page, "ready");
    assert.deepEqual(await texts(page, "assistant"), ["a b "]);
    await page.getByText("Stopped").waitFor();
  });
}

const noRanges = { code: "no_ranges", message: "the server does not serve ranges", retryable: false };

pageTest("a load that fails says why, by name, and the chooser is there again", { loadError: noRanges }, async (page) => {
  await events(page, "error-raised");
  await choose(page, "SmolLM2");
  await status(page, "error");
  assert.equal(await part(page, "error").getAttribute("data-code"), "no_ranges");
  assert.equal(await part(page, "error").getAttribute("role"), "alert");
  await page.getByText("Error: the server does not serve ranges").waitFor();
  assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
  assert.equal((await page.evaluate(() => window.seen))[0][1].code, "no_ranges");
});

pageTest("what may pass offers to try again", { loadError: { ...noRanges, retryable: true } }, async (page) => {
  await choose(page, "SmolLM2");
  await status(page, "error");
  await page.getByRole("button", { name: "Try again" }).click();
  await status(page, "loading");
});

const panic = { code: "internal", message: "the engine stopped unexpectedly", retryable: true };

pageTest("a broken engine is shown; trying again loads the model anew and answers", { fatalOnce: true, fatalAt: 1, fatal: panic }, async (page) => {
  await loadAny(page);
  await part(page, "input").fill("hello");
  await part(page, "input").press("Enter");
  await status(page, "error");
  assert.equal(await part(page, "error").getAttribute("data-code"), "internal");
  await page.getByRole("button", { name: "Try again" }).click();
  await status(page, "ready");
  await page.getByText("You said: hello").waitFor();
  assert.deepEqual(await texts(page, "user"), ["hello"]);
});

const stored = [{ id: "local:own.gguf", name: "own.gguf", bytesStored: 5, bytesTotal: 10, complete: false }];

pageTest("stored models are marked and can be deleted", { stored }, async (page) => {
  await page.getByText("50 % stored").waitFor();
  await page.getByRole("button", { name: "Delete the stored own" }).click();
  await page.getByText("50 % stored").waitFor({ state: "detached" });
});

pageTest("a local file can be picked, and dropped", {}, async (page) => {
  await page.locator("scout-chat input[type=file]").setInputFiles({ name: "mine.gguf", mimeType: "", buffer: Buffer.from("GGUF") });
  await status(page, "ready");
  await page.getByRole("button", { name: "Models" }).click();
  await status(page, "idle");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["GGUF"], "dropped.gguf"));
    const chat = document.querySelector("scout-chat");
    for (const type of ["dragover", "drop"]) chat.dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }));
  });
  await status(page, "ready");
});

pageTest("an element of which nothing is asked begins with the model inside", {}, async (page) => {
  await page.evaluate(() => {
    const alone = document.createElement("scout-chat");
    document.querySelector("scout-chat").replaceWith(alone);
  });
  await status(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "nano");
  await page.getByRole("button", { name: "Models" }).click();
  await status(page, "idle");
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
});

pageTest("the attribute loads a model and removing it unloads", {}, async (page) => {
  const set = (value) => page.evaluate((v) => (v ? document.querySelector("scout-chat").setAttribute("model", v) : document.querySelector("scout-chat").removeAttribute("model")), value);
  await set("https://example.org/x.gguf");
  await status(page, "ready");
  await set(null);
  await status(page, "idle");
});

pageTest("a new conversation forgets the old one", {}, async (page) => {
  await loadAny(page);
  await part(page, "input").fill("hello");
  await part(page, "input").press("Enter");
  await page.getByText("41 tokens/s").waitFor();
  await page.getByRole("button", { name: "New" }).click();
  assert.deepEqual(await texts(page, "user"), []);
  await status(page, "ready");
});

pageTest("what is worth knowing of a file is shown above its conversation", { warnings: ["this file is an old one"] }, async (page) => {
  await loadAny(page);
  assert.deepEqual(await part(page, "warning").allTextContents(), ["this file is an old one"]);
  await part(page, "input").fill("hello");
  await part(page, "input").press("Enter");
  await page.getByText("41 tokens/s").waitFor();
  assert.deepEqual(await part(page, "warning").allTextContents(), ["this file is an old one"]);
});

/** A PNG of one pixel, padded to a size, as a file that a picker or a drop gives. */
const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
const picture = (name, bytes = 200) => ({ name, mimeType: "image/png", buffer: Buffer.concat([pixel, Buffer.alloc(bytes)]) });
const picker = (page) => page.locator("scout-chat input.picker");
const thumbnails = (page) => page.locator("scout-chat .composer .thumbnail");

pageTest("pictures are attached, removed, and sent with the message", { vision: true, tileMs: 40 }, async (page) => {
  await loadAny(page);
  await events(page, "message-sent");
  await picker(page).setInputFiles([picture("one.png"), picture("two.png"), picture("three.png")]);
  await page.waitForFunction(() => document.querySelector("scout-chat").shadowRoot.querySelectorAll('.thumbnail[aria-busy="false"]').length === 3);
  await page.getByRole("button", { name: "Remove two.png" }).click();
  assert.equal(await thumbnails(page).count(), 2);
  await part(page, "input").fill("What is this?");
  await part(page, "send").click();
  await part(page, "activity").getByText(/Looking at tile \d of 13/).waitFor();
  await page.getByText("You showed 2: What is this?").waitFor();
  assert.equal(await thumbnails(page).count(), 0);
  assert.equal(await page.locator("scout-chat .user .thumbnail").count(), 2);
  assert.equal(await part(page, "activity").count(), 0);
  assert.deepEqual(await page.evaluate(() => window.seen[0][1]), { text: "What is this?", pictures: 2 });
});

pageTest("a picture may be sent without a word, but not before it is checked", { vision: true, pictureMs: 300 }, async (page) => {
  await loadAny(page);
  assert.ok(await part(page, "send").isDisabled());
  await picker(page).setInputFiles(picture("one.png"));
  await thumbnails(page).waitFor();
  assert.ok(await part(page, "send").isDisabled());
  await page.locator('scout-chat .thumbnail[aria-busy="false"]').waitFor();
  await part(page, "send").click();
  await page.getByText("You showed 1:").waitFor();
});

pageTest("a picture that is refused goes, and its name is said", { vision: true, refuse: true }, async (page) => {
  await loadAny(page);
  await picker(page).setInputFiles([picture("good.png"), picture("bad.png", 0)]);
  await page.getByText("bad.png: the PNG file is damaged or cut short").waitFor();
  assert.equal(await part(page, "error").getAttribute("data-code"), "bad_image");
  assert.equal(await thumbnails(page).count(), 1);
});

for (const how of ["dropped", "pasted"]) {
  pageTest(`pictures can be ${how}`, { vision: true }, async (page) => {
    await loadAny(page);
    await page.evaluate(
      ([bytes, how]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "given.png", { type: "image/png" }));
        const drop = (type) => new DragEvent(type, { dataTransfer: data, cancelable: true });
        const paste = () => new ClipboardEvent("paste", { clipboardData: data, cancelable: true });
        const chat = document.querySelector("scout-chat");
        for (const event of how === "dropped" ? [drop("dragover"), drop("drop")] : [paste()]) chat.dispatchEvent(event);
      },
      [[...pixel], how],
    );
    await page.getByAltText("given.png").waitFor();
  });
}

pageTest("a model without vision offers no place for pictures", {}, async (page) => {
  await loadAny(page);
  assert.equal(await part(page, "attach").count(), 0);
});

const large = { sentence: "This machine: 412 of 768 experts on the GPU, about 3 tok/s once warm", downloadBytes: 55e9, verdict: "runs_slowly",
  reasons: [{ message: "a token reads 700 MB of experts from storage" }] };
const loadURL = async (page) => {
  await page.locator("scout-chat input[name=url]").fill("https://127.0.0.1/large.gguf");
  await page.getByRole("button", { name: "Load" }).click();
};

pageTest("before a large download the page says what to expect, and waits", { preflight: large }, async (page) => {
  await loadURL(page);
  await page.getByText("This machine: 412 of 768 experts on the GPU, about 3 tok/s once warm.").waitFor();
  await page.getByText("Why it is slow: a token reads 700 MB of experts from storage.").waitFor();
  await status(page, "loading");
  assert.equal(await part(page, "progress").count(), 0);
  await page.getByRole("button", { name: "Download" }).click();
  await status(page, "ready");
});

pageTest("a large download that is not wanted leads back to the models", { preflight: large }, async (page) => {
  await loadURL(page);
  await page.getByRole("button", { name: "Choose another model" }).click();
  await status(page, "idle");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), null);
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
});

pageTest("what does not fit is said so, and can be tried", { preflight: { ...large, verdict: "does_not_fit", sentence: "This model does not fit on this machine: why" } }, async (page) => {
  await loadURL(page);
  await page.getByText("This model does not fit on this machine: why.").waitFor();
  assert.equal(await page.getByText("a token reads").count(), 0);
  await page.getByRole("button", { name: "Try anyway" }).click();
  await status(page, "ready");
});

pageTest("a host may leave the question out, and small models have none", { preflight: large }, async (page) => {
  await loadAny(page);
  await page.getByRole("button", { name: "Models" }).click();
  await page.evaluate(() => document.querySelector("scout-chat").setAttribute("preflight", "off"));
  await loadURL(page);
  await status(page, "ready");
});

const paging = { expertsOnGPU: 412, experts: 768, bytesMissing: 20e9, bytesTotal: 55e9, step: 10e9, decode: { hits: 93, misses: 7, hitRate: 0.93 } };

pageTest("a paged model tells quietly how its download goes on, and how often experts were there", { paging }, async (page) => {
  await loadAny(page);
  await part(page, "paging").getByText("412 of 768 experts on the GPU · 45.0 GB of 55.0 GB downloaded so far").waitFor();
  await part(page, "paging").getByText(/^412 of 768 experts on the GPU$/).waitFor();
  await part(page, "input").fill("hello");
  await part(page, "input").press("Enter");
  await page.getByText("41 tokens/s · 93 % of experts found on the GPU").waitFor();
  await page.getByRole("button", { name: "Models" }).click();
  await status(page, "idle");
  assert.equal(await part(page, "paging").count(), 0);
});

const waits = (waiting) => ({ phase: "network", waiting, message: "" });

pageTest("an answer that waits for the network says so until it goes on", { answer: "a b c", progressAt: { 0: [waits(true)] }, holdChatAt: 0 }, async (page) => {
  await loadAny(page);
  await part(page, "input").fill("go");
  await part(page, "input").press("Enter");
  await page.getByText("Waiting for the network: part of the model is still missing").waitFor();
  assert.deepEqual(await texts(page, "assistant"), ["a "]);
  await part(page, "stop").click();
  await status(page, "ready");
  assert.equal(await part(page, "activity").count(), 0);
});

pageTest("an answer whose network is back waits no more", { answer: "a b c", progressAt: { 0: [waits(true), waits(false)] }, progressEvery: 1500, holdChatAt: 0 }, async (page) => {
  await loadAny(page);
  await part(page, "input").fill("go");
  await part(page, "input").press("Enter");
  await part(page, "activity").waitFor();
  await part(page, "activity").waitFor({ state: "detached" });
  assert.deepEqual(await texts(page, "assistant"), ["a "]);
});
