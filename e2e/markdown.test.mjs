// Answers in Markdown on the page: how they look, and that they stay as they are while they grow.

import assert from "node:assert/strict";
import { answers, part, waitForStatus } from "./browser.mjs";
import { loadModel, pageTest, send } from "./page.mjs";

/** Asks and waits for the whole answer. */
async function askFor(page) {
  await loadModel(page);
  await send(page, "go");
  await answers(page).waitFor({ state: "attached" });
  await waitForStatus(page, "ready");
}

const selection = (page) =>
  page.evaluate(() => document.querySelector("scout-chat").shadowRoot.getSelection().toString());

/** Selects text of the answer with the mouse, from its start on. */
async function select(page, locator) {
  const box = await locator.boundingBox();
  await page.mouse.move(box.x + 2, box.y + 12);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + 12, { steps: 5 });
  await page.mouse.up();
}

for (const [where, answer] of [
  ["the last paragraph", "word ".repeat(100)],
  ["a finished one", `word word word word\n\n${"more ".repeat(100)}`],
  ["a list", `- word word word\n${"- more and more\n".repeat(40)}`],
]) {
  pageTest(
    `text that is selected in ${where} stays selected while the answer grows`,
    { answer, tokenMs: 20 },
    async (page) => {
      await loadModel(page);
      await send(page, "go");
      await page.waitForFunction(() =>
        document.querySelector("scout-chat").shadowRoot.textContent.includes("word wor"),
      );
      await page.waitForTimeout(400);
      await select(page, answers(page).locator("p, li").first());
      const selected = await selection(page);
      assert.match(selected, /^word wo/);
      const { length } = await answers(page).textContent();
      await waitForStatus(page, "ready");
      assert.ok((await answers(page).textContent()).length > length);
      assert.equal(await selection(page), selected);
    },
  );
}

const rich = `# Title

One [link](https://example.org/a), a picture ![of a cat](https://example.org/cat.png) and a
second line.

## Part

\`\`\`python
def f(): return "x"
\`\`\`

| A | B |
|---|--:|
| ${"wide ".repeat(8)} | ${"table ".repeat(8)} |

Euler: $e^{i\\pi} + 1 = 0$, but $5 or $6.`;

pageTest("an answer is formatted: headings below the page's, code, table, formula", { answer: rich }, async (page) => {
  await askFor(page);
  const answer = answers(page);
  await answer.locator("math").waitFor();
  assert.deepEqual(await answer.locator("h3, h4").allTextContents(), ["Title", "Part"]);
  assert.equal(
    await answer.locator("p", { hasText: "second line" }).evaluate((p) => getComputedStyle(p).whiteSpace),
    "pre-line",
  );
  assert.equal(await answer.locator(".code-head span").textContent(), "python");
  await answer.locator(".hl-keyword", { hasText: "def" }).waitFor();
  assert.equal(await answer.locator("td").nth(1).getAttribute("align"), "right");
  assert.equal(await answer.locator("math").count(), 1);
  assert.match(await answer.textContent(), /but \$5 or \$6/);
});

pageTest("code is copied as it was written", { answer: rich }, async (page) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await askFor(page);
  await answers(page).getByRole("button", { name: "Copy" }).click();
  await answers(page).getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'def f(): return "x"\n');
});

pageTest("a wide table scrolls within its box", { answer: rich }, async (page) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await askFor(page);
  const widths = (locator) => locator.evaluate((e) => [e.scrollWidth, e.clientWidth]);
  const [table, box] = await widths(answers(page).locator("[data-table]"));
  assert.ok(table > box, `${table} > ${box}`);
  const [main, view] = await widths(page.locator("scout-chat main"));
  assert.equal(main, view);
});

pageTest("links open a page that knows nothing of this one, and pictures are links", { answer: rich }, async (page) => {
  await askFor(page);
  const links = await answers(page)
    .locator("a")
    .evaluateAll((all) => all.map((a) => [a.href, a.target, a.rel, a.title]));
  const link = (url) => [url, "_blank", "noopener noreferrer", url];
  assert.deepEqual(links, [link("https://example.org/a"), link("https://example.org/cat.png")]);
  assert.equal(await answers(page).locator("img").count(), 0);
});

pageTest(
  "formulas and colours are loaded with the first answer that has some",
  { answer: "Plain **text**." },
  async (page) => {
    const scripts = [];
    page.on("request", (request) => scripts.push(new URL(request.url()).pathname));
    await askFor(page);
    await answers(page).locator("strong").waitFor();
    assert.ok(scripts.some((path) => path.includes("/format-")));
    assert.deepEqual(
      scripts.filter((path) => /katex|highlight/.test(path)),
      [],
    );
  },
);

const sentences = "First **sentence**. Second one, which is longer! A third";

pageTest("people who listen hear whole sentences, once each", { answer: sentences, tokenMs: 30 }, async (page) => {
  await loadModel(page);
  await page.evaluate(() => {
    window.spoken = [];
    const region = document.querySelector("scout-chat").shadowRoot.querySelector("[aria-live]");
    new MutationObserver(() => {
      window.spoken.push([...region.querySelectorAll("p")].map((p) => p.textContent).join("|"));
    }).observe(region, { childList: true, subtree: true, characterData: true });
  });
  await send(page, "go");
  await waitForStatus(page, "generating");
  await waitForStatus(page, "ready");
  const [one, two, three] = ["First sentence.", "Second one, which is longer!", "A third"];
  assert.deepEqual(await page.evaluate(() => window.spoken), [one, `${one}|${two}`, `${one}|${two}|${three}`]);
  assert.equal(await part(page, "messages").getAttribute("role"), null);
});

pageTest(
  "an answer in Arabic or Hebrew begins at the right",
  { answer: "- مرحبا Llama 4 Scout.\n\nEnglish (text)." },
  async (page) => {
    await askFor(page);
    const directions = await answers(page)
      .locator(".block")
      .evaluateAll((all) => all.map((e) => getComputedStyle(e).direction));
    assert.deepEqual(directions, ["rtl", "ltr"]);
  },
);
