// The npm package: what its users build with it works, without a file that only our own build knows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "vite";
import { ask, collectProblems, launch, waitForStatus } from "./browser.mjs";
import { project, root, run, serveFolder, tarball } from "./npm-package.mjs";

const minutes = (n) => n * 60_000;
const page = (script) => `<!doctype html><title>App</title><link rel="icon" href="data:,">${script}`;

/** Installs the package in a project of these files, and removes the project after body. */
async function withProject(files, body) {
  const { folder, remove } = await project(files);
  try {
    return await body(folder);
  } finally {
    await remove();
  }
}

/** Builds a project with Vite, serves what it built, and opens it in a browser for body. */
const withVite = (files, body) =>
  withProject(files, async (folder) => {
    await build({ root: folder, logLevel: "error", configFile: false, base: "./" });
    const server = await serveFolder(join(folder, "dist"));
    const { context, close } = await launch();
    try {
      const tab = await context.newPage();
      const problems = collectProblems(tab);
      await tab.goto(`http://127.0.0.1:${server.port}/`);
      await body(tab);
      assert.deepEqual(problems, []);
    } finally {
      await close();
      await server.close();
    }
  });

test("publint and Are the Types Wrong find nothing in the tarball", async () => {
  const bin = (name) => join(root, "node_modules/.bin", name);
  await run(root, bin("publint"), tarball(), "--strict");
  await run(root, bin("attw"), tarball(), "--profile", "esm-only", "--entrypoints", ".", "element", "define", "embed");
});

test("<scout-chat> of the package answers in a project built by Vite", async () => {
  const files = { "index.html": page('<scout-chat></scout-chat><script type="module" src="/main.js"></script>') };
  files["main.js"] = 'import "outrider/define";';
  await withVite(files, async (tab) => {
    assert.equal(await waitForStatus(tab, ["ready", "error"], minutes(3)), "ready");
    assert.match(await ask(tab, "Hello!", minutes(3)), /hello/i);
  });
});

test("importing the class registers nothing, and a page can name where the files are", async () => {
  const files = { "index.html": page('<script type="module" src="/main.js"></script>') };
  files["main.js"] = `
    import { createEngine, EngineError } from "outrider";
    import { ScoutChat } from "outrider/element";
    import main from "outrider/main.wasm?url";
    const engine = createEngine({ assets: { mainWasm: main } });
    const missing = createEngine({ assets: { mainWasm: "/none.wasm" } });
    const refused = await missing.models().catch((error) => error instanceof EngineError && error.message);
    const stored = await engine.models();
    Object.assign(window, { result: [customElements.get("scout-chat") === undefined, ScoutChat.name.length > 0] });
    Object.assign(window.result, { refused, stored });`;
  await withProject(files, async (folder) => {
    await build({ root: folder, logLevel: "error", configFile: false, base: "./" });
    const server = await serveFolder(join(folder, "dist"));
    const { context, close } = await launch();
    const tab = await context.newPage();
    await tab.goto(`http://127.0.0.1:${server.port}/`);
    await tab.waitForFunction(() => window.result, undefined, { timeout: minutes(1) });
    assert.deepEqual(await tab.evaluate(() => [...window.result]), [true, true]);
    assert.deepEqual(await tab.evaluate(() => window.result.stored), []);
    assert.match(await tab.evaluate(() => window.result.refused), /none\.wasm: HTTP 404/);
    await close();
    await server.close();
  });
});

test("the package has the licences of the libraries inside", () => {
  const licences = readFileSync(join(root, "dist/pkg/LICENSES.txt"), "utf8");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), "Go"])
    assert.match(licences, new RegExp(`^${name}( \\S+)?\n-+$`, "m"));
});

test("the declarations need no other package", async () => {
  const files = {
    "app.ts": `
      import { createEngine, type Engine, type LoadedModel } from "outrider";
      import { ScoutChat, type ScoutChatEvents } from "outrider/element";
      import { connectChat, type EmbeddedChat } from "outrider/embed";
      import "outrider/define";
      const engine: Engine = createEngine({ assets: { mainWasm: "/main.wasm" } });
      const chat: ScoutChat = document.querySelector("scout-chat")!;
      chat.engine = engine;
      chat.temperature = 0.5;
      void chat.updateComplete.then(() => chat.send("Hello"));
      chat.addEventListener("model-loaded", ({ detail }) => console.log(detail satisfies LoadedModel));
      document.body.addEventListener("error-raised", ({ detail }) => console.log(detail.code, detail.retryable));
      type Sent = ScoutChatEvents["message-sent"];
      chat.addEventListener("message-sent", ({ detail }) => console.log(detail satisfies Sent));
      const embedded: Promise<EmbeddedChat> = connectChat(document.querySelector("iframe")!);
      void embedded.then(async (frame) => console.log((await frame.send("Hello"))?.text));
      // @ts-expect-error: a string is no temperature
      chat.temperature = "hot";`,
    "tsconfig.json": JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, target: "es2022", module: "nodenext", types: [] },
      include: ["app.ts"],
    }),
  };
  await withProject(files, (folder) => run(folder, join(root, "node_modules/.bin/tsc"), "-p", "."));
});

test("custom-elements.json has what docs/api.md lists", () => {
  const { modules } = JSON.parse(readFileSync(join(root, "dist/pkg/custom-elements.json"), "utf8"));
  const [{ declarations }, define] = modules;
  const [element] = declarations;
  const docs = readFileSync(join(root, "docs/api.md"), "utf8");
  const listed = (start) =>
    [
      ...docs
        .slice(docs.indexOf(start))
        .split("\n\n")[0]
        .matchAll(/`([\w-]+)`/g),
    ]
      .map(([, name]) => name)
      .sort();
  const names = (list) => list.map(({ name }) => name).sort();
  assert.equal(element.tagName, "scout-chat");
  assert.equal(define.exports[0].name, "scout-chat");
  assert.deepEqual(names(element.cssParts), listed("Parts for"));
  assert.deepEqual(names(element.slots), listed("Slots:"));
  assert.deepEqual(
    names(element.cssProperties),
    listed("Custom properties:").filter((name) => name.startsWith("--")),
  );
  const events = [...docs.matchAll(/^\| `([\w-]+-[\w-]+)` \| /gm)].map(([, name]) => name);
  assert.deepEqual(names(element.events), events.sort());
  assert.ok(element.events.every(({ type, description }) => /^CustomEvent</.test(type.text) && description));
  const public_ = element.members.map(({ name }) => name);
  const table = docs.slice(docs.indexOf("| Attribute | Property"));
  const properties = [...table.split("\n\n")[0].matchAll(/^\| \S* ?\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(
    properties.filter((name) => !public_.includes(name)),
    [],
  );
});
