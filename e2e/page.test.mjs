// The page in every state, with an engine that follows a script: what people see and what pages may rely on.

import assert from "node:assert/strict";
import { answers, part, waitForStatus } from "./browser.mjs";
import { choose, loadModel, offered, pageTest, recordEvents, send, texts } from "./page.mjs";

pageTest("an idle page offers models and accepts no message", {}, async (page) => {
  await waitForStatus(page, "idle");
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
  assert.ok(await part(page, "input").isDisabled());
  assert.ok(await part(page, "send").isDisabled());
});

pageTest("a first visit opens Nano, from which the models can be reached", { path: "/" }, async (page) => {
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await waitForStatus(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "nano");
  await page.getByRole("button", { name: "Models" }).click();
  await waitForStatus(page, "idle");
});

pageTest("choosing a model shows the progress of its load, then the conversation", { loadMs: 150 }, async (page) => {
  await recordEvents(page, "status-changed", "load-progress", "model-loaded");
  await choose(page, "SmolLM2");
  await waitForStatus(page, "loading");
  await page.getByText("Downloading").waitFor();
  await page.getByText(/of 98\.4 MB · 12\.3 MB\/s · \d s left/).waitFor();
  await page.getByText("Loading onto the GPU").waitFor();
  await waitForStatus(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "smollm2-135m");
  const seen = await page.evaluate(() => window.seen);
  assert.deepEqual(
    seen.filter(([type]) => type === "status-changed").map(([, d]) => d.status),
    ["loading", "ready"],
  );
  assert.equal(seen.filter(([type]) => type === "load-progress").length, 22);
  assert.equal(seen.at(-1)[0], "model-loaded");
});

pageTest("a load can be cancelled", { holdLoadAt: 3 }, async (page) => {
  await choose(page, "SmolLM2");
  await waitForStatus(page, "loading");
  await page.getByRole("button", { name: "Cancel" }).click();
  await waitForStatus(page, "idle");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), null);
});

pageTest("Enter sends, Shift+Enter starts a new line, and the answer is streamed", {}, async (page) => {
  await loadModel(page);
  await recordEvents(page, "message-sent", "message-received");
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

/** Scrolls to the top and waits for the event. */
const scrollToTop = (main) =>
  main.evaluate((element) => {
    const scrolled = new Promise((done) => element.addEventListener("scroll", done, { once: true }));
    element.scrollTop = 0;
    return scrolled;
  });

const rerender = (page) =>
  page.evaluate(() => {
    const chat = document.querySelector("scout-chat");
    chat.requestUpdate();
    return chat.updateComplete;
  });

pageTest(
  "an answer scrolls into view, unless the person has scrolled up since the question",
  { answer: "line \n".repeat(80) },
  async (page) => {
    await loadModel(page);
    const main = page.locator("scout-chat main");
    const toEnd = () => main.evaluate((m) => Math.round(m.scrollHeight - m.scrollTop - m.clientHeight));
    const ask = async (text) => {
      await send(page, text);
      await page.waitForFunction(
        (n) =>
          document.querySelector("scout-chat").shadowRoot.querySelectorAll('[part="message assistant"]').length >= n,
        text.length,
      );
      await waitForStatus(page, "ready");
    };
    await ask("1");
    assert.ok((await toEnd()) <= 1);
    await scrollToTop(main);
    await rerender(page);
    assert.ok((await toEnd()) > 500);
    await ask("22");
    assert.ok((await toEnd()) <= 1);
  },
);

pageTest("an empty message is not sent", {}, async (page) => {
  await loadModel(page);
  await part(page, "input").fill("  \n ");
  assert.ok(await part(page, "send").isDisabled());
  await part(page, "input").press("Enter");
  assert.deepEqual(await texts(page, "user"), []);
});

for (const [how, stop] of [
  ["the button", (page) => part(page, "stop").click()],
  ["Escape", (page) => page.keyboard.press("Escape")],
]) {
  pageTest(`${how} stops an answer and keeps what has arrived`, { answer: "a b c d", holdChatAt: 1 }, async (page) => {
    await loadModel(page);
    await send(page, "go");
    await page.getByText("a b").waitFor();
    await waitForStatus(page, "generating");
    await stop(page);
    await waitForStatus(page, "ready");
    assert.deepEqual(await texts(page, "assistant"), ["a b "]);
    await page.getByText("Stopped").waitFor();
  });
}

const noRanges = { code: "no_ranges", message: "the server does not serve ranges", retryable: false };

pageTest("a load that fails shows its error, above the chooser", { loadError: noRanges }, async (page) => {
  await recordEvents(page, "error-raised");
  await choose(page, "SmolLM2");
  await waitForStatus(page, "error");
  assert.equal(await part(page, "error").getAttribute("data-code"), "no_ranges");
  assert.equal(await part(page, "error").getAttribute("role"), "alert");
  await page.getByText("Error: the server does not serve ranges").waitFor();
  assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
  assert.equal((await page.evaluate(() => window.seen))[0][1].code, "no_ranges");
});

pageTest(
  "an error that may pass has a button to try again",
  { loadError: { ...noRanges, retryable: true } },
  async (page) => {
    await choose(page, "SmolLM2");
    await waitForStatus(page, "error");
    await page.getByRole("button", { name: "Try again" }).click();
    await waitForStatus(page, "loading");
  },
);

const panic = { code: "internal", message: "the engine stopped unexpectedly", retryable: true };

pageTest(
  "an engine that stops shows an error; trying again loads the model again and answers",
  { fatalOnce: true, fatalAt: 1, fatal: panic },
  async (page) => {
    await loadModel(page);
    await send(page, "hello");
    await waitForStatus(page, "error");
    assert.equal(await part(page, "error").getAttribute("data-code"), "internal");
    await page.getByRole("button", { name: "Try again" }).click();
    await waitForStatus(page, "ready");
    await answers(page).getByText("You said: hello").waitFor();
    assert.deepEqual(await texts(page, "user"), ["hello"]);
  },
);

const own = { id: "local:own.gguf", name: "own.gguf", bytesStored: 5, bytesTotal: 10, complete: false };

pageTest("stored models are marked and can be deleted", { stored: [own], files: [own] }, async (page) => {
  await page.getByText("50 % stored").waitFor();
  await page.getByRole("button", { name: "Delete the stored own" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("50 % stored").waitFor({ state: "detached" });
});

pageTest("a local file can be picked, and dropped", {}, async (page) => {
  await page
    .locator("scout-chat input[type=file]")
    .setInputFiles({ name: "mine.gguf", mimeType: "", buffer: Buffer.from("GGUF") });
  await waitForStatus(page, "ready");
  await page.getByRole("button", { name: "Models" }).click();
  await waitForStatus(page, "idle");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["GGUF"], "dropped.gguf"));
    const chat = document.querySelector("scout-chat");
    for (const type of ["dragover", "drop"])
      chat.dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }));
  });
  await waitForStatus(page, "ready");
});

pageTest("an element without attributes opens Nano", {}, async (page) => {
  await page.evaluate(() => {
    const alone = document.createElement("scout-chat");
    document.querySelector("scout-chat").replaceWith(alone);
  });
  await waitForStatus(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "nano");
  await page.getByRole("button", { name: "Models" }).click();
  await waitForStatus(page, "idle");
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
});

pageTest("setting the attribute loads a model, removing it unloads the model", {}, async (page) => {
  const set = (value) =>
    page.evaluate(
      (v) =>
        v
          ? document.querySelector("scout-chat").setAttribute("model", v)
          : document.querySelector("scout-chat").removeAttribute("model"),
      value,
    );
  await set("https://example.org/x.gguf");
  await waitForStatus(page, "ready");
  await set(null);
  await waitForStatus(page, "idle");
});

pageTest("New deletes the messages", {}, async (page) => {
  await loadModel(page);
  await send(page, "hello");
  await page.getByText("41 tokens/s").waitFor();
  await page.getByRole("button", { name: "New" }).click();
  assert.deepEqual(await texts(page, "user"), []);
  await waitForStatus(page, "ready");
});

pageTest("New during an answer ends it for good", { answer: "a b c d", holdChatAt: 1 }, async (page) => {
  await loadModel(page);
  await send(page, "go");
  await page.getByText("a b").waitFor();
  await page.getByRole("button", { name: "New" }).click();
  await waitForStatus(page, "ready");
  await page.waitForTimeout(200); // longer than the engine needs to stop
  assert.deepEqual(await texts(page, "assistant"), []);
});

pageTest(
  "warnings about a file are shown above its conversation",
  { warnings: ["this file has an old format"] },
  async (page) => {
    await loadModel(page);
    assert.deepEqual(await part(page, "warning").allTextContents(), ["this file has an old format"]);
    await send(page, "hello");
    await page.getByText("41 tokens/s").waitFor();
    assert.deepEqual(await part(page, "warning").allTextContents(), ["this file has an old format"]);
  },
);
