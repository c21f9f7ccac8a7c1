// A day of downloading in virtual time: 200 outages, 20 expired signatures, a sleep of the computer. It ends by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTPSource } from "../../dist/modules/worker/network/http-source.js";
import { Network } from "../../dist/modules/worker/network/network.js";
import { VirtualClock } from "./clocks.mjs";
import { isRight, SimulatedServer } from "./simulated-server.mjs";

const HOUR = 3_600_000;
const CHUNK = 4 << 20;
const CHUNKS = 400;
const RATE = 6000; // bytes per second of one stream

/** Returns numbers from 0 to 1 that are the same in each run. */
function randomNumbers(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

const random = randomNumbers(12);

/** Returns a number between two, most often nearer to the smaller one. */
const between = (min, max) => min * (max / min) ** random();

/** Plans the outages of a day: how they begin, how long they last, and how requests fail meanwhile. */
function planOutages(clock, server, count) {
  const kinds = ["rejected", "silent", "503", "503 with Retry-After"];
  for (let i = 0; i < count; i++) {
    const duration = between(1000, 600_000);
    const kind = kinds[i % kinds.length];
    clock.after(((i + random()) * 23 * HOUR) / count, () => {
      server.outage = { kind, until: Math.max(server.outage?.until ?? 0, clock.now() + duration) };
      if (kind !== "503") server.breakAll();
      clock.after(duration, () => {
        if (server.outage?.until <= clock.now()) server.outage = undefined;
      });
    });
  }
}

/** Returns the handler of a server that is in an outage or whose signed addresses have expired. */
function failing(clock, server) {
  return (_, signal) => {
    const { kind, until } = server.outage ?? {};
    if (kind === "rejected") throw new TypeError("Failed to fetch");
    if (kind === "silent") return server.silence(signal);
    const seconds = Math.ceil((until - clock.now()) / 1000);
    if (kind) return new Response("", { status: 503, headers: kind === "503" ? {} : { "Retry-After": seconds } });
    if (clock.now() < server.expiredUntil) return new Response("", { status: 403 });
  };
}

test("a download of 24 hours with 200 outages, 20 expired signatures and a sleep completes alone", async () => {
  const clock = new VirtualClock();
  const server = new SimulatedServer(clock, CHUNKS * CHUNK);
  const network = new Network({ clock, fetch: server.fetch, random });
  const { signal } = new AbortController();
  const source = await clock.until(HTTPSource.open(network, "https://models.test/m.gguf", [], signal));
  Object.assign(server, { rate: RATE, interval: 4000, expiredUntil: 0, handle: failing(clock, server) });
  planOutages(clock, server, 200);
  for (let i = 0; i < 20; i++) {
    clock.after((i + 0.5) * HOUR, () => {
      server.expiredUntil = clock.now() + 2500;
      server.breakAll();
    });
  }
  clock.after(10 * HOUR, () => {
    clock.jump(2 * HOUR);
    server.breakAll();
  });

  const began = clock.now();
  let waits = 0;
  let next = 0;
  const worker = async () => {
    while (next < CHUNKS) {
      const offset = next++ * CHUNK;
      const bytes = await source.read(offset, CHUNK, signal, () => {}, { onWaiting: (waiting) => waiting && waits++ });
      assert.ok(isRight(bytes, offset), `the bytes from ${offset} on are wrong`);
    }
  };
  await clock.until(Promise.all(Array.from({ length: 8 }, worker)));

  const hours = (clock.now() - began) / HOUR;
  const moved = server.sent / (CHUNKS * CHUNK);
  console.log(
    `# ${hours.toFixed(1)} h, ${server.requests.length} requests, ${waits} waits announced, ` +
      `${moved.toFixed(4)} times the bytes, up to ${server.peak} streams`,
  );
  assert.ok(hours > 20 && hours < 30);
  assert.ok(moved < 1.05);
  assert.ok(server.requests.length < 12_000);
});
