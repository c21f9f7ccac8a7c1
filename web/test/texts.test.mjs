// The tables of texts: complete in every language, and the only place of texts that people see.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { en } from "../../dist/modules/text/en.js";
import { chooseLanguage, loadTexts } from "../../dist/modules/text/texts.js";

/** Lists the texts of a table as pairs of path and value; a text with parameters is called with numbers. */
function texts(table, path = "") {
  return Object.entries(table).flatMap(([key, value]) => {
    const name = path ? `${path}.${key}` : key;
    if (key === "format") return [];
    if (typeof value === "function") return [[name, value(...Array(value.length).fill(2))]];
    return typeof value === "object" ? texts(value, name) : [[name, value]];
  });
}

test("both tables have the same keys, and no text is empty or has a value missing", async () => {
  const fr = await loadTexts("fr");
  const [english, french] = [texts(en), texts(fr)];
  assert.deepEqual(
    french.map(([name]) => name),
    english.map(([name]) => name),
  );
  for (const [name, text] of [...english, ...french]) {
    assert.ok(text.trim(), name);
    assert.doesNotMatch(text, /undefined|NaN|\[object/, name);
  }
});

test("French texts are translated", async () => {
  const french = new Map(texts(await loadTexts("fr")));
  const same = new Set(["dir", "composer.message", "conversation.label", "loading.speed"]);
  for (const [name, text] of texts(en)) if (!same.has(name)) assert.notEqual(french.get(name), text, name);
});

test("the language is the first of the person's that has a table", () => {
  assert.equal(chooseLanguage(["fr-CA", "en"]), "fr");
  assert.equal(chooseLanguage(["de", "FR"]), "fr");
  assert.equal(chooseLanguage(["en-GB", "fr"]), "en");
  assert.equal(chooseLanguage(["de"]), "en");
  assert.equal(chooseLanguage([]), "en");
  assert.equal(chooseLanguage(["constructor"]), "en");
});

/** Returns the literal text of every template of a source: its text without what is computed, joined by "\0". */
function templates(source) {
  const found = [];
  const literal = /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*.*?\*\/|(?<=[(,=:&|!?]\s?)\/(?:\\.|\[[^\]]*\]|[^/\\\n])+\//sy;
  const skipLiteral = (i) => {
    literal.lastIndex = i;
    return literal.test(source) ? literal.lastIndex - 1 : undefined;
  };
  const code = (i, end) => {
    for (let depth = 0; i < source.length && (source[i] !== end || depth > 0); i++) {
      const last = skipLiteral(i);
      if (last !== undefined) i = last;
      else if (source[i] === "`") i = template(i);
      else if (source[i] === "{") depth++;
      else if (source[i] === "}") depth--;
    }
    return i;
  };
  const template = (start) => {
    let [text, i] = ["", start + 1];
    for (; i < source.length && source[i] !== "`"; i++) {
      if (source[i] === "\\") text += source[++i];
      else if (source.startsWith("${", i)) [text, i] = [`${text}\0`, code(i + 2, "}")];
      else text += source[i];
    }
    found.push({ tag: /\w*$/.exec(source.slice(0, start))[0], text });
    return i;
  };
  code(0);
  return found;
}

/** Attributes whose values people read or hear. */
const spoken = /\s(?:aria-label|aria-description|aria-valuetext|aria-roledescription|title|placeholder|alt)="([^"]*)"/g;

/** Returns the words that a template of HTML shows: text nodes and spoken attributes. */
function wordsOf({ text }) {
  const attributes = [...text.matchAll(spoken)].map(([, value]) => value);
  const nodes = text.replace(/<!--.*?-->/gs, "").split(/<[^>]*>/);
  return [...nodes, ...attributes].map((s) => s.replaceAll("\0", "").trim()).filter((s) => /\p{L}/u.test(s));
}

/** The name of the program is the same in every language. */
const names = new Set(["Outrider"]);

/** Strings that are not shown: the name of a file type in the browser's own picker, and events and keys of the page. */
const sentence = /"([A-Z][a-z]+,? [a-z][^"]*)"/g;

test("the scan of templates finds text nodes and spoken attributes", () => {
  const found = templates("const a = html`<p title=\"Hi\">${on ? html`<b>Bye ${x}</b>` : '}'}!</p>`; // `don't`");
  assert.deepEqual(found.flatMap(wordsOf), ["Bye", "Hi"]);
});

test("no source of the element has a visible text of its own", () => {
  const folder = fileURLToPath(new URL("../src/element/", import.meta.url));
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
  assert.ok(files.length > 20);
  for (const name of files) {
    const source = readFileSync(folder + name, "utf8");
    const html = templates(source).filter(({ tag }) => tag === "html");
    const shown = html.flatMap(wordsOf).filter((words) => !names.has(words));
    assert.deepEqual(shown, [], `${name} shows texts that are not in web/src/text`);
    const strings = [...source.matchAll(sentence)].map(([, text]) => text);
    assert.deepEqual(strings, [], `${name} has sentences that are not in web/src/text`);
  }
});
