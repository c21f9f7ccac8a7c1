// The servers of the tests, as programs: `build serve` serves the built site, `pack virtual` serves virtual models.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Serves a built site, by default dist/site, on a free port unless one is named, and offers the model if one is named.
 * The server's log lists the requests; see requests().
 */
export function serveSite({ model, port = 0, base = "/", dir = "dist/site" } = {}) {
  const options = ["-addr", `127.0.0.1:${port}`, "-base", base, "-dir", dir, ...(model ? ["-model", model] : [])];
  return serve("build", ["serve", "-log", ...options]);
}

/** Returns the requests in the log of a server of serveSite: paths, status and bytes of the body. */
export function requests({ log }) {
  const lines = log().matchAll(/^build: GET (\S+) (\d+) (\d+)$/gm);
  return [...lines].map(([, path, status, bytes]) => ({ path, status: Number(status), bytes: Number(bytes) }));
}

/** Serves a virtual model, on a free port unless one is named. url is the address of its file. */
export function serveVirtual({ model, types, seed, port = 0 }) {
  execFileSync("go", ["build", "-o", "dist/bin/pack", "./cmd/pack"], { cwd: root });
  return serve("pack", [
    "virtual",
    "-model",
    model,
    "-types",
    types,
    "-seed",
    String(seed),
    "-addr",
    `127.0.0.1:${port}`,
  ]);
}

/** Starts a program of dist/bin and waits until it prints its address. */
async function serve(program, args) {
  const server = spawn(`${root}dist/bin/${program}`, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  const url = await new Promise((resolve, reject) => {
    server.stderr.on("data", (data) => {
      log += data;
      const [, port, path] = /http:\/\/[\w.]+:(\d+)(\S*)\s/.exec(log) ?? [];
      if (port) resolve(`http://127.0.0.1:${port}${path.replace(/\/$/, "")}`);
    });
    server.on("exit", () => reject(new Error(`the server ended: ${log}`)));
    server.on("error", reject);
  });
  const ended = once(server, "exit");
  const close = async () => {
    server.kill();
    await ended;
  };
  return { url, close, log: () => log };
}
