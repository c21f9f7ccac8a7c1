// Pictures on the page: attaching, removing, sending and refusing them, with an engine that follows a script.

import assert from "node:assert/strict";
import { answers, part } from "./browser.mjs";
import { loadModel, pageTest, recordEvents } from "./page.mjs";

/** A PNG of one pixel; picture returns it as a file, padded with bytes. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
const picture = (name, bytes = 200) => ({
  name,
  mimeType: "image/png",
  buffer: Buffer.concat([pixel, Buffer.alloc(bytes)]),
});
const picker = (page) => page.locator("scout-chat input.picker");
const thumbnails = (page) => page.locator("scout-chat .composer .thumbnail");

pageTest("pictures are attached, removed, and sent with the message", { vision: true, tileMs: 40 }, async (page) => {
  await loadModel(page);
  await recordEvents(page, "message-sent");
  await picker(page).setInputFiles([picture("one.png"), picture("two.png"), picture("three.png")]);
  await page.waitForFunction(
    () =>
      document.querySelector("scout-chat").shadowRoot.querySelectorAll('.thumbnail[aria-busy="false"]').length === 3,
  );
  await page.getByRole("button", { name: "Remove two.png" }).click();
  assert.equal(await thumbnails(page).count(), 2);
  await part(page, "input").fill("What is this?");
  await part(page, "send").click();
  await part(page, "activity")
    .getByText(/Looking at tile \d of 13/)
    .waitFor();
  await answers(page).getByText("You showed 2: What is this?").waitFor();
  assert.equal(await thumbnails(page).count(), 0);
  assert.equal(await page.locator("scout-chat .user .thumbnail").count(), 2);
  assert.equal(await part(page, "activity").count(), 0);
  assert.deepEqual(await page.evaluate(() => window.seen[0][1]), { text: "What is this?", pictures: 2 });
});

pageTest(
  "a picture can be sent without text, but not before it is checked",
  { vision: true, pictureMs: 300 },
  async (page) => {
    await loadModel(page);
    assert.ok(await part(page, "send").isDisabled());
    await picker(page).setInputFiles(picture("one.png"));
    await thumbnails(page).waitFor();
    assert.ok(await part(page, "send").isDisabled());
    await page.locator('scout-chat .thumbnail[aria-busy="false"]').waitFor();
    await part(page, "send").click();
    await answers(page).getByText("You showed 1:").waitFor();
  },
);

pageTest(
  "a picture that is refused is removed, with an error that names it",
  { vision: true, refuse: true },
  async (page) => {
    await loadModel(page);
    await picker(page).setInputFiles([picture("good.png"), picture("bad.png", 0)]);
    await page.getByText("bad.png: the PNG file is damaged or cut short").waitFor();
    assert.equal(await part(page, "error").getAttribute("data-code"), "bad_image");
    assert.equal(await thumbnails(page).count(), 1);
  },
);

for (const how of ["dropped", "pasted"]) {
  pageTest(`pictures can be ${how}`, { vision: true }, async (page) => {
    await loadModel(page);
    await page.evaluate(
      ([bytes, how]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "shared.png", { type: "image/png" }));
        const drop = (type) => new DragEvent(type, { dataTransfer: data, cancelable: true });
        const paste = () => new ClipboardEvent("paste", { clipboardData: data, cancelable: true });
        const chat = document.querySelector("scout-chat");
        for (const event of how === "dropped" ? [drop("dragover"), drop("drop")] : [paste()]) chat.dispatchEvent(event);
      },
      [[...pixel], how],
    );
    await page.getByAltText("shared.png").waitFor();
  });
}

pageTest("a model without vision has no button for pictures", {}, async (page) => {
  await loadModel(page);
  assert.equal(await part(page, "attach").count(), 0);
});
