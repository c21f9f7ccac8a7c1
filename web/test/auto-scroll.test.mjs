// When the end of the conversation stays in view.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AutoScroll } from "../../dist/modules/element/auto-scroll.js";

globalThis.ResizeObserver = class {}; // the tests call what it calls

/** A container of 1000 CSS pixels, of which 200 are in view. */
function setUp() {
  const container = { scrollTop: 0, scrollHeight: 1000, clientHeight: 200 };
  return { container, autoScroll: new AutoScroll(() => container) };
}

test("growing content scrolls to the end", () => {
  const { container, autoScroll } = setUp();
  autoScroll.update();
  assert.equal(container.scrollTop, 1000);
});

test("scrolling up stops it, scrolling back near the end starts it again", () => {
  const { container, autoScroll } = setUp();
  for (const [scrollTop, expected] of [
    [700, 700],
    [753, 1000],
  ]) {
    container.scrollTop = scrollTop;
    autoScroll.onScroll();
    autoScroll.update();
    assert.equal(container.scrollTop, expected);
  }
});

test("enable scrolls to the end from anywhere", () => {
  const { container, autoScroll } = setUp();
  container.scrollTop = 100;
  autoScroll.onScroll();
  autoScroll.enable();
  autoScroll.update();
  assert.equal(container.scrollTop, 1000);
});
