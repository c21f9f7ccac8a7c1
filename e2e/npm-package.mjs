// The npm package as other projects get it: packed, and installed from the tarball without a network.

import { execFile } from "node:child_process";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { closeServer } from "../web/test/range-server.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program in a folder; what it printed is part of the error if it fails. */
export async function run(cwd, program, ...args) {
  try {
    return (await promisify(execFile)(program, args, { cwd })).stdout;
  } catch ({ stdout, stderr, message }) {
    throw new Error(`${message}\n${stdout}${stderr}`);
  }
}

/** Returns the path of the packed package. */
export function tarball() {
  const [name] = existsSync(join(root, "dist"))
    ? readdirSync(join(root, "dist")).filter((n) => n.endsWith(".tgz"))
    : [];
  if (!name) throw new Error("the package is not packed: run `make pkg` first");
  return join(root, "dist", name);
}

/** Makes a project of these files, by path, in a temporary folder, and installs the package in it. */
export async function project(files) {
  const folder = await mkdtemp(join(tmpdir(), "outrider-project-"));
  const all = { "package.json": '{"private": true, "type": "module"}', ...files };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", tarball());
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

/** Serves a folder as a plain web server does: whole files and ranges, with headers besides. */
export async function serveFolder(folder, headers = {}) {
  const server = http.createServer((request, response) => sendFile(folder, request, response, headers));
  await new Promise((ready) => server.listen(0, ready));
  return { port: server.address().port, close: () => closeServer(server) };
}

function sendFile(folder, request, response, headers) {
  const path = new URL(request.url, "http://localhost").pathname;
  const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return void response.writeHead(404, headers).end();
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(to ? Number(to) : Number.POSITIVE_INFINITY, stat.size - 1);
  response.writeHead(from ? 206 : 200, {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Accept-Ranges": "bytes",
    ETag: `"${stat.size}"`,
    "Content-Length": end - start + 1,
    ...(from && { "Content-Range": `bytes ${start}-${end}/${stat.size}` }),
    ...headers,
  });
  if (request.method === "HEAD") return void response.end();
  createReadStream(file, { start, end }).pipe(response);
}
