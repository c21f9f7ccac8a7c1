// Which messages of a long conversation are on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageWindow } from "../../dist/modules/element/message-window.js";

const messages = (n, conversation = "a") => Array.from({ length: n }, (_, i) => ({ id: `${conversation}${i}` }));

test("the last 100 to 150 messages are shown, and their start rarely moves", () => {
  const window = new MessageWindow(() => {});
  let starts = 0;
  for (let n = 0, last = "a0"; n <= 10_000; n++) {
    const shown = window.shown(messages(n));
    assert.ok(shown.length === n || (shown.length >= 100 && shown.length <= 150), `${shown.length} of ${n}`);
    if (shown[0] && shown[0].id !== last) starts++;
    last = shown[0]?.id ?? last;
    n += n > 300 ? 97 : 0;
  }
  assert.ok(starts <= 105, `${starts}`);
});

test("earlier messages are shown a hundred at a time, and in another conversation not at once", () => {
  let updates = 0;
  const window = new MessageWindow(() => updates++);
  assert.equal(window.shown(messages(1000)).length, 150);
  window.showEarlier();
  assert.equal(updates, 1);
  assert.equal(window.shown(messages(1000)).length, 250);
  assert.equal(window.shown(messages(1001)).length, 251);
  assert.equal(window.hidden, 750);
  assert.equal(window.shown(messages(1000, "b")).length, 150);
});
