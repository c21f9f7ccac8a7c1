// Several elements of a page with one engine.

import assert from "node:assert/strict";
import { loadModel, pageTest } from "./page.mjs";

pageTest("elements share an engine, which stays when one of them is removed", {}, async (page) => {
  await loadModel(page);
  const started = await page.evaluate(async () => {
    let workers = 0;
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
      constructor(...args) {
        super(...args);
        workers++;
      }
    };
    const first = document.querySelector("scout-chat");
    const answer = async (chat) => {
      const text = new Promise((resolve) => chat.addEventListener("message-received", (e) => resolve(e.detail.text)));
      await chat.send("Hello");
      return text;
    };
    const add = async (engine) => {
      const chat = document.createElement("scout-chat");
      if (engine) chat.engine = engine;
      const ready = new Promise((resolve) => chat.addEventListener("model-loaded", resolve));
      document.body.append(chat);
      await ready;
      await chat.updateComplete;
      return chat;
    };
    const second = await add(first.engine);
    const answers = [await answer(second)];
    const shared = workers;
    second.remove();
    answers.push(await answer(first));
    (await add()).remove();
    return { answers, shared, own: workers };
  });
  assert.deepEqual(started, { answers: ["You said: Hello", "You said: Hello"], shared: 0, own: 1 });
});
