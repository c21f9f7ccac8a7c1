// An answer in Markdown that is divided into blocks while it grows looks as one that is read at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Lexer, Parser } from "marked";
import { Blocks } from "../../dist/modules/markdown/blocks.js";
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
  for (let end = 1; end <= answer.length; end += 3)
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
const more = String.raw`| |-|-| ! ~~ &amp; www.a.b`;
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
  for (let seed = 1; seed <= 6000; seed++) {
    const next = random(seed);
    const text = Array.from({ length: 5 + next(40) }, () => pieces[next(pieces.length)]).join("");
    if (text.includes("[x]: ")) continue; // a definition may come to nothing; what refers to it is tested above
    const sizes = [1 + next(4)];
    assert.equal(normal(streamed(text, sizes)), normal(whole(text)), `seed ${seed}: ${JSON.stringify(text)}`);
  }
});
