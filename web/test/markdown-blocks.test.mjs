// An answer in Markdown that is divided into blocks while it grows looks as one that is read at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Lexer, Parser } from "marked";
import { BLOCK_MAX, Blocks } from "../../dist/modules/markdown/blocks.js";
import { HeadingLevels } from "../../dist/modules/markdown/heading-levels.js";
import { blockHTML, options } from "../../dist/modules/markdown/html.js";

/** Returns the HTML of a text that arrives in pieces of these sizes, in turn. */
function streamed(text, sizes) {
  const blocks = new Blocks();
  const done = [];
  let open = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    at = Math.min(text.length, at + sizes[i % sizes.length]);
    const update = blocks.update(text.slice(0, at));
    done.push(...update.finished);
    open = update.open;
  }
  const all = [...done, ...open];
  assert.equal(all.map(({ source }) => source).join(""), text, "the sources make up the text");
  return all.map((block) => blockHTML(blocks.reread(block).token)).join("");
}

/** Returns the HTML that marked makes of the whole text. */
function whole(text) {
  const tokens = new Lexer(options).lex(text);
  new HeadingLevels().apply(tokens.map((token) => ({ token })));
  return Parser.parse(tokens, options);
}

const answer = `# Title

Text with **bold**, *italic*, \`code\` and [a link](https://example.org).
A second line, and [a reference][later].

Setext
------

1. one
2. two

   more of two
   - nested
     \`\`\`js
     let a = 1;
     \`\`\`
3. three

- a
*b* continues
* another list

> quoted
> # heading in it
lazy

| a | b |
|---|:-:|
| 1 | $x_1$ |
| 2 | \`|\` |

\`\`\`python
def f():

    return "# no heading"
\`\`\`

    indented code

    more of it

Euler: $e^{i\\pi} + 1 = 0$, costs $5 and $6, \\(a+b\\).

$$
\\int_0^1 x\\,dx
= \\frac12
$$

\\[ a
- b \\]

***
#### Deeper
<details>
<summary>More</summary>

inside

</details>

<!-- a comment

over paragraphs -->

[later]: https://example.com/later "Title"

Last [later] line.`;

test("an answer that arrives in any pieces ends as the whole", () => {
  const want = whole(answer);
  for (const sizes of [[1], [2], [3], [7], [1, 5], [13], [40], [100], [4096]])
    assert.equal(streamed(answer, sizes), want, `pieces of ${sizes}`);
});

test("every beginning of an answer looks as one that is read at once", () => {
  for (let end = 1; end <= answer.length; end += 7)
    assert.equal(streamed(answer.slice(0, end), [1]), whole(answer.slice(0, end)), `${end} characters`);
});

/** Returns HTML without the white space that browsers ignore. */
const normal = (html) => html.replace(/\s+/g, " ").replace(/(<(?:p|li)>) | (?=<\/(?:p|li)>)/g, "$1");

/** Returns random numbers below n that depend on the seed alone. */
function random(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
}

// What texts are made of; most of them are signs of Markdown.
const marks = String.raw`- * 1. 2) > # ## --- === ~~~ $ $$ \[ \] \( \) ** _ [x] (y) <b> </b> <div> </div> <!-- -->`;
const more = "| |-|-| ! ~~ &amp; www.a.b";
const pieces = [
  ..."a\n\t `",
  "b c",
  ": ",
  "    ",
  "```",
  "\n\n",
  "\n\n",
  "\n",
  "- ",
  "* ",
  "1. ",
  "> ",
  ...`${marks} ${more}`.split(" "),
];

test("random texts that arrive in pieces end as the whole", () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const next = random(seed);
    const text = Array.from({ length: 5 + next(40) }, () => pieces[next(pieces.length)]).join("");
    if (text.includes("[x]: ")) continue; // a definition may come to nothing; what refers to it is tested above
    const sizes = [1 + next(4)];
    assert.equal(normal(streamed(text, sizes)), normal(whole(text)), `seed ${seed}: ${JSON.stringify(text)}`);
  }
});

/** Returns the blocks of a text that arrives in pieces of a size. */
function blocksOf(text, size) {
  const blocks = new Blocks();
  const done = [];
  let open = [];
  for (let at = 0; at < text.length; at += size) {
    const update = blocks.update(text.slice(0, at + size));
    done.push(...update.finished);
    open = update.open;
  }
  return [...done, ...open].filter(({ source }) => source);
}

test("a block that is too long is divided at the end of a line, and its parts look as one", () => {
  const row = "| a cell | another cell |\n";
  const table = `| One | Two |\n|-----|-----|\n${row.repeat(1000)}\nThe end.`;
  const code = `\`\`\`js\n${'let a = "# no heading";\n'.repeat(1000)}\`\`\`\n\nThe end.`;
  for (const [text, type] of [
    [table, "table"],
    [code, "code"],
  ]) {
    for (const size of [50, 1024]) {
      const blocks = blocksOf(text, size);
      assert.equal(blocks.map(({ source }) => source).join(""), text);
      assert.ok(blocks.length > 3, `${blocks.length} blocks`);
      assert.ok(blocks.every(({ source }) => source.length < 2 * BLOCK_MAX));
      assert.ok(blocks.slice(0, -2).every(({ token }) => token.type === type));
      assert.equal(blocks.at(-1).token.type, "paragraph");
    }
  }
});

test("what would take long to read is shown as it is: one line, not what comes before and after", () => {
  for (const line of ["x".repeat(600), "word ".repeat(1000), "**a *b".repeat(200), "> ".repeat(40), "[".repeat(600)]) {
    const blocks = blocksOf(`Before **it**.\n${line}\n\nAfter *it*.`, 40);
    const kinds = blocks.map(({ token }) => token?.type ?? "as it is").filter((kind) => kind !== "space");
    assert.deepEqual(kinds, ["paragraph", "as it is", "paragraph"], line.slice(0, 10));
  }
  const code = `\`\`\`\n${"x".repeat(600)}\n\`\`\`\n`;
  assert.deepEqual(
    blocksOf(code, 40).map(({ token }) => token?.type),
    ["code"],
  );
});

test("no text of a step takes long to divide", () => {
  const hostile = [
    "> ",
    "- ",
    "1. ",
    "[",
    "![",
    "[a](",
    "*a **b ",
    "<",
    "<!--",
    "$",
    "`",
    "\\(",
    "a@b.c",
    "|a",
    "_a",
    "- a\n",
  ];
  for (const piece of hostile) {
    const text = piece.repeat(8192 / piece.length);
    const start = performance.now();
    const steps = blocksOf(text, 1024).length && 8;
    const time = (performance.now() - start) / steps;
    assert.ok(time < 40, `${JSON.stringify(piece)}: ${time.toFixed(0)} ms a step`);
  }
});
