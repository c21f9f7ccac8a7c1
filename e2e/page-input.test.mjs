// What a person types: input methods, touch screens, right-to-left scripts, pasted files; and where the focus is.

import assert from "node:assert/strict";
import { answers, part, waitForStatus } from "./browser.mjs";
import { choose, loadModel, pageTest, send, texts } from "./page.mjs";

const userMessages = (page) => texts(page, "user");
const inElement = (page, body, ...args) =>
  page.evaluate(
    ([body, args]) => new Function("root", "...args", body)(document.querySelector("scout-chat").shadowRoot, ...args),
    [body, args],
  );
const focused = (page) => inElement(page, "return root.activeElement?.tagName");

/** Dispatches a key as Safari does for the Enter or Escape that ends a composition. */
const pressComposing = (page, key) =>
  inElement(
    page,
    `root.querySelector("textarea").dispatchEvent(new KeyboardEvent("keydown",
      { key: args[0], keyCode: 229, bubbles: true, composed: true, cancelable: true }))`,
    key,
  );

pageTest("Enter and Escape of an input method neither send nor stop", { holdChatAt: 1 }, async (page) => {
  await loadModel(page);
  await part(page, "input").fill("にほんご");
  await pressComposing(page, "Enter");
  assert.equal(await part(page, "input").inputValue(), "にほんご");
  assert.deepEqual(await userMessages(page), []);
  await part(page, "input").press("Enter");
  await waitForStatus(page, "generating");
  await pressComposing(page, "Escape");
  assert.equal(await waitForStatus(page, ["generating", "ready"]), "generating");
  await part(page, "input").press("Escape");
  await waitForStatus(page, "ready");
});

pageTest("on a touch screen Enter begins a new line and the button sends", {}, async (page) => {
  await page.addInitScript(() => {
    const match = globalThis.matchMedia;
    globalThis.matchMedia = (query) => (query === "(pointer: coarse)" ? { matches: true } : match(query));
  });
  await page.reload();
  await loadModel(page);
  await part(page, "input").pressSequentially("one");
  await part(page, "input").press("Enter");
  await part(page, "input").pressSequentially("two");
  assert.equal(await part(page, "input").getAttribute("enterkeyhint"), "enter");
  assert.equal(await part(page, "input").inputValue(), "one\ntwo");
  await part(page, "send").click();
  await waitForStatus(page, "ready");
  assert.deepEqual(await userMessages(page), ["one\ntwo"]);
});

const arabic = { answer: "مرحبا! يعمل Llama 4 Scout هنا." };

pageTest("what people and models write has its own direction", arabic, async (page) => {
  await loadModel(page);
  const direction = (locator) => locator.evaluate((e) => getComputedStyle(e).direction);
  await part(page, "input").fill("كم السعر؟ أريد Llama 4 Scout.");
  assert.equal(await direction(part(page, "input")), "rtl");
  await part(page, "send").click();
  await waitForStatus(page, "ready");
  assert.equal(await direction(answers(page).getByText("مرحبا").last()), "rtl");
  assert.equal(await direction(page.locator('scout-chat [part="message user"] .text')), "rtl");
  assert.equal(await direction(part(page, "messages")), "ltr");
});

pageTest("a load and an answer leave the focus and the scroll position of the page alone", {}, async (page) => {
  await page.evaluate(() => {
    const input = document.createElement("input");
    input.id = "host";
    const space = document.createElement("div");
    space.style.height = "1500px";
    document.body.prepend(input, space);
  });
  await page.evaluate(() => (document.querySelector("scout-chat").model = "smollm2-135m"));
  await page.locator("#host").focus();
  await waitForStatus(page, "ready");
  await page.evaluate(() => document.querySelector("scout-chat").send("Hello"));
  await page.keyboard.type("still here");
  assert.equal(await page.locator("#host").inputValue(), "still here");
  assert.equal(await page.evaluate(() => scrollY), 0);
});

pageTest("the focus follows a person from the list of models into the input, and back", {}, async (page) => {
  await page.getByRole("button", { name: "SmolLM2" }).first().focus();
  await page.keyboard.press("Enter");
  await waitForStatus(page, "ready");
  await page.waitForFunction(
    () => document.querySelector("scout-chat").shadowRoot.activeElement?.tagName === "TEXTAREA",
  );
  await page.getByRole("button", { name: "Models" }).focus();
  await page.keyboard.press("Enter");
  await waitForStatus(page, "idle");
  assert.equal(await focused(page), "MAIN");
});

pageTest("a stopped answer leaves the focus in the input", { holdChatAt: 1 }, async (page) => {
  await loadModel(page);
  await send(page, "Hello there");
  await part(page, "stop").focus();
  await page.keyboard.press("Enter");
  await waitForStatus(page, "ready");
  assert.equal(await focused(page), "TEXTAREA");
});

const refusal = { code: "context_full", message: "the conversation is longer than the context", retryable: false };

pageTest("a refused message goes back into the input", { chatErrorOnce: refusal }, async (page) => {
  await loadModel(page);
  await send(page, "far too long");
  await part(page, "error").waitFor();
  assert.equal(await part(page, "input").inputValue(), "far too long");
  assert.deepEqual(await userMessages(page), []);
  await send(page, "short");
  await waitForStatus(page, "ready");
  assert.deepEqual(await userMessages(page), ["short"]);
});

pageTest("an element that is moved keeps its model and its conversation", {}, async (page) => {
  await loadModel(page);
  await send(page, "Hello");
  await waitForStatus(page, "ready");
  const move = (wait) =>
    page.evaluate(async (wait) => {
      const chat = document.querySelector("scout-chat");
      chat.remove();
      await new Promise((resolve) => setTimeout(resolve, wait));
      document.body.append(chat);
    }, wait);
  await page.evaluate(() => document.body.append(document.querySelector("scout-chat")));
  await page.waitForTimeout(1500);
  assert.deepEqual(await answers(page).allTextContents(), ["You said: Hello"]);
  assert.equal(await page.locator("scout-chat").getAttribute("status"), "ready");
  await move(1500); // longer than a move: the engine is closed, and the model is loaded again
  await waitForStatus(page, "ready");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), "smollm2-135m");
  assert.deepEqual(await answers(page).allTextContents(), ["You said: Hello"]);
});

pageTest("a file that is pasted with its name as text is attached", { vision: true }, async (page) => {
  await loadModel(page);
  const paste = (text) =>
    inElement(
      page,
      `const data = new DataTransfer();
       data.items.add(new File([new Uint8Array(200)], "a b.png", { type: "image/png" }));
       data.setData("text/plain", args[0]);
       root.querySelector("textarea").dispatchEvent(
         new ClipboardEvent("paste", { clipboardData: data, bubbles: true, composed: true, cancelable: true }))`,
      text,
    );
  await paste("a b.png");
  await paste("file:///home/me/a%20b.png\n");
  await paste("a table of cells");
  assert.equal(await part(page, "thumbnail").count(), 2);
});

const percent = {
  stored: [
    { id: "https://example.org/100%.gguf", name: "100%.gguf", bytesStored: 1e6, bytesTotal: 1e6, complete: true },
    { id: "https://example.org/ok.gguf", name: "ok.gguf", bytesStored: 1e6, bytesTotal: 1e6, complete: true },
  ],
};

pageTest("a stored model with a percent sign in its name is listed with the others", percent, async (page) => {
  await choose(page, "100%");
  await waitForStatus(page, "ready");
  await page.getByRole("button", { name: "Models" }).click();
  await page.getByRole("button", { name: "ok", exact: false }).first().waitFor();
});

pageTest("the list of models begins at its heading after a conversation that was scrolled", {}, async (page) => {
  await page.setViewportSize({ width: 360, height: 500 });
  await loadModel(page);
  await send(page, "Hello");
  await waitForStatus(page, "ready");
  await page.getByRole("button", { name: "Models" }).click();
  await waitForStatus(page, "idle");
  assert.equal(await inElement(page, `return root.querySelector("main").scrollTop`), 0);
});

pageTest("a narrow element on a wide page shows its name and the model's", {}, async (page) => {
  await page.evaluate(() => (document.querySelector("scout-chat").style.width = "340px"));
  await loadModel(page);
  const fits = (selector) =>
    inElement(
      page,
      `const e = root.querySelector(args[0]); return [e.scrollWidth <= e.clientWidth + 1, e.clientWidth]`,
      selector,
    );
  const [, width] = await fits("header .model");
  assert.ok(width > 60, `the model's name has ${width} px`);
});

pageTest("a page whose policy allows no inline style shows a load and an answer", { holdLoadAt: 6 }, async (page) => {
  await page.route(/\/(#.*)?$/, async (route) => {
    const response = await route.fetch();
    const policy = response.headers()["content-security-policy"].replace("'unsafe-inline'", "");
    const body = (await response.text()).replace(/<meta[^>]*Content-Security-Policy[^>]*>/i, "");
    await route.fulfill({ response, body, headers: { ...response.headers(), "content-security-policy": policy } });
  });
  await page.reload();
  await choose(page, "SmolLM2");
  await part(page, "progress").getByText("MB of").waitFor();
  const filled = () => inElement(page, `return root.querySelector(".bar rect").getBoundingClientRect().width`);
  await page.waitForTimeout(300);
  const track = await inElement(page, `return root.querySelector(".track").getBoundingClientRect().width`);
  assert.ok(Math.abs((await filled()) / track - 0.6) < 0.05, `${await filled()} of ${track} px`);
});
