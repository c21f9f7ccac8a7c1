// Takes the picture of the README: Nano looks at a drawing. Usage: node docs/images/chat.mjs, with the site built.

import { fileURLToPath } from "node:url";
import { ask, launch, part } from "../../e2e/browser.mjs";
import { serveSite } from "../../e2e/server.mjs";

/** Three blue circles and a red triangle, as the bytes of a PNG file. */
async function drawing() {
  const canvas = new OffscreenCanvas(480, 320);
  const pen = canvas.getContext("2d");
  const fill = (colour, shape) => {
    pen.fillStyle = colour;
    pen.beginPath();
    shape();
    pen.fill();
  };
  pen.fillStyle = "white";
  pen.fillRect(0, 0, 480, 320);
  fill("#2050e0", () => pen.arc(90, 80, 38, 0, 7));
  fill("#2050e0", () => pen.arc(180, 170, 38, 0, 7));
  fill("#2050e0", () => pen.arc(80, 240, 38, 0, 7));
  fill("#d02020", () => {
    pen.lineTo(380, 40);
    pen.lineTo(440, 150);
    pen.lineTo(320, 150);
  });
  const png = await canvas.convertToBlob({ type: "image/png" });
  return [...new Uint8Array(await png.arrayBuffer())];
}

const [site, browser] = await Promise.all([serveSite(), launch({ viewport: { width: 960, height: 600 } })]);
try {
  const page = await browser.context.newPage();
  await page.goto(site.url);
  await part(page, "input").and(page.locator(":enabled")).waitFor();
  const buffer = Buffer.from(await page.evaluate(drawing));
  await page.locator("scout-chat input.picker").setInputFiles({ name: "drawing.png", mimeType: "image/png", buffer });
  await page.locator('scout-chat .composer .thumbnail[aria-busy="false"]').waitFor();
  await ask(page, "What have I drawn?");
  await ask(page, "Where is the triangle?");
  await page.locator("scout-chat main").evaluate((main) => (main.scrollTop = 0));
  await page.screenshot({ path: fileURLToPath(new URL("chat.png", import.meta.url)) });
} finally {
  await Promise.all([browser, site].map((x) => x.close()));
}
