// Chromium for the tests: headless, with a new profile and SwiftShader as its GPU. A browser that does not start fails
// the test.

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Flags that enable WebGPU on a software GPU. */
export const webgpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const quiet = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/**
 * Starts a browser; args replaces the flags that enable WebGPU. Its profile is a folder, a new one unless one is given.
 * close() ends the browser and deletes its profile.
 */
export async function launch({ args = webgpu, profile: given, ...options } = {}) {
  const profile = given ?? (await mkdtemp(join(tmpdir(), "outrider-e2e-")));
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

/**
 * Returns the peak memory of the largest page process of the browser with this profile, bytes. Reads /proc of Linux.
 */
export function pageMemory(profile) {
  return Math.max(...processesOf(profile, "renderer").map(({ peak }) => peak));
}

/** Kills the GPU process of the browser with this profile. */
export function killGPUProcess(profile) {
  for (const { pid } of processesOf(profile, "gpu-process")) process.kill(Number(pid), "SIGKILL");
}

/** Kills the browser with this profile, as a crash would, with all its processes. */
export async function killBrowser(profile) {
  for (const { pid } of processes().filter((p) => p.command.includes(`--user-data-dir=${profile}\0`)))
    process.kill(Number(pid), "SIGKILL");
  while (processes().some((p) => p.command.includes(`--user-data-dir=${profile}\0`)))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Returns the processes of one type of the browser with this profile. */
function processesOf(profile, type) {
  const all = processes();
  const browser = all.find(({ command }) => command.includes(`--user-data-dir=${profile}\0`));
  const isDescendant = ({ parent }) => parent === browser.pid || all.some((x) => x.pid === parent && isDescendant(x));
  return all.filter((x) => x.command.includes(`--type=${type}`) && isDescendant(x));
}

/** Returns all processes of the machine. */
function processes() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(describe)
    .filter(Boolean);
}

/** Returns parent, peak memory and command of a process; undefined if it has ended. */
function describe(pid) {
  try {
    const [status, command] = ["status", "cmdline"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8"));
    const [parent, peak] = ["PPid", "VmHWM"].map((key) => new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(status)?.[1]);
    return { pid, parent, peak: Number(peak) * 1024, command };
  } catch {
    return undefined;
  }
}

/**
 * Collects, from now on, console errors, uncaught exceptions and requests to other machines. A working page has none.
 */
export function collectProblems(page) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") problems.push(`foreign request: ${request.url()}`);
  });
  return problems;
}

/** Waits until <scout-chat> has one of the statuses, and returns it. */
export async function waitForStatus(page, statuses, timeout = 60_000) {
  const list = [statuses].flat();
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

/** Returns a locator of a part of <scout-chat>. */
export const part = (page, name) => page.locator(`scout-chat [part="${name}"]`);

/** Returns a locator of the texts of the answers so far. */
export const answers = (page) => page.locator('scout-chat [part="message assistant"] .text');

/** Sends a question and returns the complete answer. */
export async function ask(page, question, timeout) {
  await part(page, "input").fill(question);
  await part(page, "send").click();
  await waitForStatus(page, "generating");
  await waitForStatus(page, ["ready", "error"], timeout);
  return answers(page).last().textContent();
}
