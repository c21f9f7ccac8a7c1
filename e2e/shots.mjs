// Writes a picture of every state of the page to dist/shots: `make shots`. The engine follows a script.
// Usage: node e2e/shots.mjs [part of a name...]

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launch, part, waitForStatus } from "./browser.mjs";
import { storedFile, useFakeEngine } from "./fake-engine.mjs";
import { serveSite } from "./server.mjs";

const folder = fileURLToPath(new URL("../dist/shots", import.meta.url));
const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };

const prose = `A browser tab can run a language model because of three things:

1. **WebGPU** computes the layers on the graphics card.
2. *WebAssembly* plans every step.
3. The weights are stored once, and read when they are needed.

> What you write stays on your machine.

See [the documentation](https://example.org/docs) for the details.`;

const code = `This function returns the greatest common divisor:

\`\`\`go
// gcd returns the greatest common divisor of a and b.
func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
\`\`\`

Call it as \`gcd(12, 18)\`, which is 6.`;

const table = `| Model | Parameters | Size | Answers |
|:--|--:|--:|:--|
| Nano | 14 million | 14 MB | small talk |
| SmolLM2 | 135 million | 98 MB | simple questions |
| Llama 3.2 | 1 billion | 808 MB | quick and capable |
| Llama 4 Scout | 109 billion | 42.6 GB | text and pictures |`;

const maths = `The roots of $ax^2 + bx + c = 0$ are

$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$

and the sum of a geometric series is $\\sum_{k=0}^{n} q^k = \\frac{1 - q^{n+1}}{1 - q}$.`;

const arabic = `نعم، يعمل النموذج داخل المتصفح:

1. تُحسب الطبقات على بطاقة الرسومات.
2. لا يغادر النص جهازك.`;

const scout = "https://huggingface.co/unsloth/Llama-4-Scout-17B-16E-Instruct-GGUF/resolve/main/scout-Q2_K_XL.gguf";
const files = [
  storedFile(scout, 42.6e9, 3, { bytesStored: 20e9, complete: false }),
  storedFile("https://example.org/SmolLM2-135M-Instruct.Q4_1.gguf", 98e6, 40),
  storedFile("local:my-own-model.gguf", 2e9, 1, { onDisk: true }),
];

const report = {
  verdict: "runs_slowly",
  sentence: "This machine: 412 of 768 experts on the GPU, about 3 tok/s once warm",
  downloadBytes: 42.6e9,
  downloadSeconds: 5400,
  tokensPerSecond: 3,
  reasons: [{ message: "a token reads 700 MB of experts from storage" }],
};

const loadError = { code: "network", message: "example.org cannot be reached; check the connection", retryable: true };

const choose = (page, name) => page.getByRole("button", { name }).first().click();

async function send(page, text) {
  await part(page, "input").fill(text);
  await part(page, "send").click();
}

/** Sends a question and waits for the answer. */
const ask = (question) => async (page) => {
  await waitForStatus(page, "ready");
  await send(page, question);
  await page.waitForTimeout(100);
  await waitForStatus(page, "ready");
  await page.waitForTimeout(600); // formulas and colours are loaded when they are needed
};

const ready = (page) => waitForStatus(page, "ready");
const loading = (page) => waitForStatus(page, "loading");

/** Attaches a drawing and asks about it. */
async function picture(page) {
  await ready(page);
  const png = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(640, 420);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#f4efe6";
    pen.fillRect(0, 0, 640, 420);
    for (const [x, y, colour] of [
      [180, 170, "#2050e0"],
      [420, 140, "#d0402a"],
      [320, 300, "#0b6e5f"],
    ]) {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(x, y, 80, 0, 7);
      pen.fill();
    }
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  const file = { name: "circles.png", mimeType: "image/png", buffer: Buffer.from(png) };
  const picker = page.locator("scout-chat input.picker");
  const attached = page.locator('scout-chat .composer .thumbnail[aria-busy="false"]');
  await picker.setInputFiles(file);
  await attached.waitFor();
  await ask("How many circles are there?")(page);
  await picker.setInputFiles(file);
  await attached.waitFor();
}

/** Opens the list of stored models. */
const openStored = async (page) => {
  await page.locator("scout-chat summary").first().click();
};

const dialog = async (page) => {
  await openStored(page);
  await page
    .locator("scout-chat .stored-model")
    .first()
    .getByRole("button")
    .filter({ hasText: /Delete/ })
    .click();
  await part(page, "question").waitFor();
};

const agree = async (page) => {
  await choose(page, "Llama 4 Scout");
  await page.getByRole("button", { name: "Download" }).click();
  await part(page, "progress").waitFor();
  await page.waitForTimeout(300);
};

const preflight = async (page) => {
  await choose(page, "Llama 4 Scout");
  await part(page, "preflight").waitFor();
};

const longer = { answer: prose, tokenMs: 3 };
const welcome = { path: "/", body: ready };

/** The states by name: the script of the engine, the page's path, and what a person does. */
const states = {
  empty: welcome,
  loading: { path: "/", script: { holdLoadAt: 4 }, body: loading },
  chatting: {
    path: "/",
    script: { ...longer, holdChatAt: 30 },
    async body(page) {
      await ready(page);
      await send(page, "How can a browser run a language model?");
      await page.waitForTimeout(1000);
    },
  },
  answered: { path: "/", script: longer, body: ask("How can a browser run a language model?") },
  code: { path: "/", script: { answer: code }, body: ask("Write a function for the greatest common divisor.") },
  table: { path: "/", script: { answer: table }, body: ask("Which models are there?") },
  maths: { path: "/", script: { answer: maths }, body: ask("How do I solve a quadratic equation?") },
  picture: { path: "/", script: { vision: true, answer: "There are **three** circles." }, body: picture },
  error: { path: "/", script: { loadError }, body: (page) => waitForStatus(page, "error") },
  dialog: { script: { files, stored: files }, body: dialog },
  models: { script: { files, stored: files }, body: openStored },
  chooser: { script: {}, body: (page) => part(page, "chooser").waitFor() },
  preflight: { script: { preflight: report }, body: preflight },
  "preflight-does-not-fit": {
    script: { preflight: { ...report, verdict: "does_not_fit", sentence: "This model does not fit: it needs 48 GB" } },
    body: preflight,
  },
  downloading: { script: { preflight: report, holdLoadAt: 4 }, body: agree },
  waiting: { script: { preflight: report, holdLoadAt: 4, waiting: "offline", waitMs: 60_000 }, body: agree },
  rtl: { path: "/", script: { answer: arabic }, body: ask("هل يعمل النموذج داخل المتصفح؟") },
};

/** How the states are seen: options of the browser's page, and which states. */
const views = {
  "": { options: {}, names: Object.keys(states) },
  "-dark": {
    options: { colorScheme: "dark" },
    names: ["empty", "answered", "code", "maths", "chooser", "preflight", "error"],
  },
  "-phone": { options: { viewport: phone, isMobile: true, hasTouch: true }, names: Object.keys(states) },
  "-french": { options: { locale: "fr-FR" }, names: ["empty", "answered", "chooser", "models", "error", "loading"] },
};

/** Brings a new page into a state and takes its picture; reports a state that cannot be reached. */
async function shoot(context, url, name, { path = "/#models", script = {}, body }, file) {
  const page = await context.newPage();
  await useFakeEngine(page, script);
  await page.goto(url + path);
  try {
    page.setDefaultTimeout(8000);
    await body(page);
  } catch (error) {
    console.log(`shots: ${name}: ${error.message.split("\n")[0]}`);
    process.exitCode = 1;
  }
  await page.screenshot({ path: `${folder}/${file}.png` });
  await page.close();
}

await mkdir(folder, { recursive: true });
const wanted = process.argv.slice(2);
const site = await serveSite();
for (const [suffix, { options, names }] of Object.entries(views)) {
  const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => (name + suffix).includes(part)));
  if (chosen.length === 0) continue;
  const { context, close } = await launch({ args: [], viewport: desktop, serviceWorkers: "block", ...options });
  for (const name of chosen) await shoot(context, site.url, name + suffix, states[name], name + suffix);
  await close();
}
await site.close();
