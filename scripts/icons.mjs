// Draws the icons of the installed page from web/static/icon.svg, with Chromium. Run it when the icon has changed.

import { readFile, writeFile } from "node:fs/promises";
import { launch } from "../e2e/browser.mjs";

const folder = new URL("../web/static/", import.meta.url);
const svg = await readFile(new URL("icon.svg", folder), "utf8");

/** The icon without its round corners and smaller, because systems cut a maskable icon to their own shapes. */
const maskable = svg
  .replace(/rx="\d+" /, "")
  .replace(/(<path.*)<\/svg>/s, '<g transform="translate(9.6 9.6) scale(.7)">$1</g></svg>');

const { context, close } = await launch({ args: [] });
const page = await context.newPage();
for (const [name, size, icon] of [
  ["icon-48", 48, svg], // of a tab; an SVG file would cost the page's start a long task
  ["icon-192", 192, svg],
  ["icon-512", 512, svg],
  ["maskable-512", 512, maskable],
]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: 100vw }</style>${icon}`);
  await writeFile(new URL(`icons/${name}.png`, folder), await page.screenshot({ omitBackground: true }));
}
await close();
