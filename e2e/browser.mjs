// Chromium for the tests: headless, on SwiftShader, with a fresh profile. A browser that does not start fails the test.

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const quiet = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/** Starts a browser; args replaces the flags that turn WebGPU on. close() ends it and forgets its profile, a folder. */
export async function launch({ args = webgpu, ...options } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "outrider-e2e-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...quiet, ...args],
    headless: true,
    ...options,
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, profile, close };
}

/** The most memory that a page's process of the browser with this profile has taken so far, bytes; Linux tells. */
export function pageMemory(profile) {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(describe).filter(Boolean);
  const browser = processes.find(({ command }) => command.includes(`--user-data-dir=${profile}\0`));
  const descends = ({ parent }) => parent === browser.pid || processes.some((x) => x.pid === parent && descends(x));
  const pages = processes.filter((x) => x.command.includes("--type=renderer") && descends(x));
  return Math.max(...pages.map(({ peak }) => peak));
}

/** What the system tells of a process; nothing of one that has ended meanwhile. */
function describe(pid) {
  try {
    const [status, command] = ["status", "cmdline"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8"));
    const [parent, peak] = ["PPid", "VmHWM"].map((key) => new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(status)?.[1]);
    return { pid, parent, peak: Number(peak) * 1024, command };
  } catch {
    return undefined;
  }
}

/** Collects what a healthy page never has: console errors, uncaught exceptions, requests to elsewhere. */
export function watch(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && complaints.push(`console: ${message.text()}`));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") complaints.push(`foreign request: ${request.url()}`);
  });
  return complaints;
}

/** Waits until <scout-chat> has one of the statuses; gives it. */
export async function status(page, wanted, timeout = 60_000) {
  const list = [wanted].flat();
  const handle = await page.waitForFunction(
    (list) => {
      const now = document.querySelector("scout-chat")?.getAttribute("status");
      return list.includes(now) && now;
    },
    list,
    { timeout, polling: 50 },
  );
  return handle.jsonValue();
}

/** A part of <scout-chat>, by name. */
export const part = (page, name) => page.locator(`scout-chat [part="${name}"]`);

/** The texts of the answers so far. */
export const answers = (page) => page.locator('scout-chat [part="message assistant"] .text');

/** Asks, and gives the answer when it is whole. */
export async function ask(page, question, timeout) {
  await part(page, "input").fill(question);
  await part(page, "send").click();
  await status(page, "generating");
  await status(page, ["ready", "error"], timeout);
  return answers(page).last().textContent();
}
