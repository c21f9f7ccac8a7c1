// docs/api.md names the methods, attributes, events, parts, slots and custom properties that the sources have.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const docs = read("docs/api.md");
const files = readdirSync(join(root, "web/src/element"), { recursive: true }).filter((name) => name.endsWith(".ts"));
const element = files.map((name) => read(`web/src/element/${name}`)).join("\n");

/** Returns the sorted distinct first groups of all matches. */
const names = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
/** Returns the names in code spans of a paragraph that starts with the text. */
const listed = (start) => names(docs.slice(docs.indexOf(start)).split("\n\n")[0], /`([\w-]+)`/g);

test("the API's document lists the parts and slots of the element", () => {
  const values = names(element.replace(/\$\{m\.role\}/g, "user assistant"), /\bpart="([\w ]+)"/g);
  const parts = values.flatMap((value) => value.split(" "));
  assert.deepEqual(listed("Parts for"), [...new Set(parts)].sort());
  assert.deepEqual(listed("Slots:"), names(element, /<slot name="(\w+)"/g));
});

test("the API's document lists the custom properties of the element", () => {
  const custom = listed("Custom properties:").filter((name) => name.startsWith("--"));
  assert.deepEqual(custom, names(element, /var\((--scout-[\w-]+)/g));
});

test("the API's document lists the events and properties of the element", () => {
  const events = read("web/src/element/events.ts");
  assert.deepEqual(names(docs, /^\| `([\w-]+-[\w-]+)` \| /gm), names(events, /^ {2}"([\w-]+)":/gm));
  const properties = names(read("web/src/element/scout-chat.ts"), /@property\([^)]*\)\s+(?:override |get )?(\w+)/g);
  const table = docs.slice(docs.indexOf("| Attribute | Property"));
  assert.deepEqual(names(table.split("\n\n")[0], /^\| \S* ?\| `(\w+)` \|/gm), properties);
});

test("the API's document lists the methods of the engine and the fields of its results", () => {
  const engine = read("web/src/client/engine.ts");
  for (const method of names(engine.slice(engine.indexOf("export class Engine")), /^ {2}(?:async )?(\w+)\(/gm)) {
    if (method !== "constructor") assert.ok(docs.includes(`${method}(`), method);
  }
  const protocol = read("web/src/protocol.ts");
  const results = ["LoadedModel", "PreflightReport", "CheckedPicture", "StorageReport", "StoredFileReport"];
  for (const type of [...results, "Progress", "PictureProgress", "WaitProgress", "RecoverProgress", "Paging"]) {
    const body = protocol.slice(protocol.indexOf(`export interface ${type} {`)).split("\n}")[0];
    for (const field of names(body, /^ {2}(\w+)\??:/gm)) {
      assert.match(docs, new RegExp(`\\b${field}\\b`), `${type}.${field}`);
    }
  }
});
