// Serves the built site with `build serve`, the program that people use.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Starts the server on a free port, with a model on offer if one is named. */
export async function serveSite({ model, port = 0 } = {}) {
  const args = ["serve", "-addr", `127.0.0.1:${port}`, ...(model ? ["-model", model] : [])];
  const server = spawn(`${root}dist/bin/build`, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const url = await new Promise((resolve, reject) => {
    let log = "";
    server.stderr.on("data", (data) => {
      log += data;
      const port = /http:\/\/localhost:(\d+)/.exec(log)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    server.on("exit", () => reject(new Error(`the server ended: ${log}`)));
    server.on("error", reject);
  });
  const ended = once(server, "exit");
  const close = async () => {
    server.kill();
    await ended;
  };
  return { url, close };
}
