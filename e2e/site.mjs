// What the tests of the installed page share: copies of the built site, which stand for its versions.

import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../dist/site", import.meta.url));

/** Returns a folder with the built site. */
export async function copySite() {
  const dir = await mkdtemp(join(tmpdir(), "outrider-site-"));
  await cp(built, dir, { recursive: true });
  return dir;
}

/** Replaces the site in a folder by a new version of it, in which every asset but the models has another name. */
export async function deployNext(dir) {
  const assets = (await readdir(join(dir, "assets"))).filter((name) => /\.(js|css|wasm)$/.test(name));
  const names = assets.map((name) => [name, name.replace(/\.\w+$/, "0$&")]);
  for (const [from, to] of names) await rename(join(dir, "assets", from), join(dir, "assets", to));
  const files = await readdir(dir, { recursive: true });
  for (const file of files.filter((name) => /\.(br|gz)$/.test(name))) await rm(join(dir, file));
  const page = await rewrite(join(dir, "index.html"), names);
  for (const file of files.filter((name) => name.endsWith(".js"))) {
    const path = join(
      dir,
      names.reduce((path, [from, to]) => path.replace(from, to), file),
    );
    await rewrite(path, [...names, page, [/version:"\w+"/g, `version:"next"`]]); // of the service worker
  }
}

/** Replaces texts in a file; returns its hash before and after. */
async function rewrite(file, replacements) {
  const before = await readFile(file, "utf8");
  const after = replacements.reduce((text, [from, to]) => text.replaceAll(from, to), before);
  await writeFile(file, after);
  return [before, after].map((text) => createHash("sha256").update(text).digest("base64"));
}

/** Returns the addresses of all files in the page's caches. */
export const cachedFiles = (page) =>
  page.evaluate(async () => {
    const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url);
  });

/** Waits until the addresses in the page's caches meet a condition. */
export async function waitForCaches(page, condition) {
  const end = Date.now() + 30_000;
  while (!condition(await cachedFiles(page))) {
    if (Date.now() > end) throw new Error(`the caches have ${await cachedFiles(page)}`);
    await setTimeout(100);
  }
}
