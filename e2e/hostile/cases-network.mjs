// Cases of connections and servers that are away: the download waits and completes.

import { LONG } from "./harness.mjs";
import { after, onChunk, onFirst, pseudoRandom, refuse, reset, serveWith, silent } from "./tricks.mjs";

const noCORS = { cors: false };
const isData = ({ chunk }) => chunk >= 0;

/** Refuses from the first request for a chunk on, for some milliseconds of the workers' time. */
const refusesFor = (milliseconds, status, retryAfter) => (trial) => {
  let start = 0;
  return (request, response) => {
    if (request.chunk !== 1 && !start) return response.serve();
    start ||= Date.now();
    const over = Date.now() - start >= trial.real(milliseconds);
    trial.refusal = [start, start + trial.real(milliseconds)];
    return over ? response.serve() : response.refuse(status, { "Retry-After": String(retryAfter) });
  };
};

/** Checks that almost nothing was asked while the server wanted to be left alone: streams that were open may fail. */
const asksOnce = (trial) => {
  const [start, end] = trial.refusal;
  const requests = trial.server.requestsBetween(start + 50, end - 50);
  trial.expect(requests <= 1, `${requests} requests while the server asked for patience`);
};

/** Is away from the first request for a chunk on, for some milliseconds of the workers' time. */
const awayFor = (milliseconds) => (trial) => {
  let away;
  return (request, response) => {
    if (request.chunk !== 1 || away) return response.serve();
    away = trial.server.awayFor(trial.real(milliseconds));
  };
};

const saysSo = (trial, { causes }) => trial.expect(causes.length > 0, "it did not say that it waits");

/** Does something to every request for the manifest beside the file. */
const manifest = (what) => (trial) => {
  trial.server.manifest = what;
  return serveWith({});
};

export const networkCases = [
  { name: "nothing is wrong", trick: () => serveWith({}) },
  { name: "a reset before the headers of the first request", trick: () => onFirst(1, () => true, reset) },
  { name: "a reset before the headers of a chunk", trick: () => onChunk(1, 1, reset) },
  {
    name: "30 % of all requests are reset",
    bytes: LONG,
    speed: 20,
    trick: () => {
      const random = pseudoRandom(3);
      return (_, response) => (random() < 0.3 ? response.reset() : response.serve());
    },
  },
  { name: "one 503 without CORS headers", trick: () => onChunk(1, 1, refuse(503, {}, noCORS)) },
  { name: "one 429 without CORS headers", trick: () => onChunk(1, 1, refuse(429, { "Retry-After": "1" }, noCORS)) },
  { name: "one 503 with CORS headers", trick: () => onChunk(1, 1, refuse(503)) },
  { name: "three 500s in a row", speed: 20, trick: () => onChunk(1, 3, refuse(500)) },
  { name: "429, Retry-After: 5", bytes: LONG, speed: 10, trick: refusesFor(5000, 429, 5), check: asksOnce },
  { name: "503, Retry-After: 30", bytes: LONG, speed: 20, trick: refusesFor(30_000, 503, 30), check: asksOnce },
  { name: "429, Retry-After: 20", bytes: LONG, speed: 20, trick: refusesFor(20_000, 429, 20), check: asksOnce },
  { name: "503, Retry-After: 120", bytes: LONG, speed: 60, trick: refusesFor(120_000, 503, 120), check: asksOnce },
  { name: "the server is away for 5 s", bytes: LONG, speed: 10, trick: awayFor(5000), check: saysSo },
  { name: "the server is away for 25 s", bytes: LONG, speed: 20, trick: awayFor(25_000), check: saysSo },
  { name: "the server is away for 10 minutes", bytes: LONG, speed: 300, trick: awayFor(600_000), check: saysSo },
  { name: "headers of one chunk never come", speed: 20, trick: () => onChunk(1, 1, silent) },
  { name: "headers of the first request never come", speed: 20, trick: () => onFirst(1, () => true, silent) },
  { name: "a stall of 20 s before the headers", speed: 20, trick: () => onChunk(1, 1, after(1000)) },
  {
    name: "headers never come for 2 minutes, on any connection",
    bytes: LONG,
    speed: 60,
    trick: (trial) => {
      let end;
      return (request, response) => {
        if (request.chunk === 1) end ??= Date.now() + trial.real(120_000);
        return end && Date.now() < end ? response.silence() : response.serve();
      };
    },
    check: saysSo,
  },
  { name: "one byte every 10 s", speed: 20, trick: () => onChunk(1, 1, serveWith({ rate: 20 })) },
  { name: "a slow drip, above the floor", speed: 10, trick: () => onFirst(1, isData, serveWith({ rate: 16e6 })) },
  { name: "bodies cut in the middle", trick: () => onChunk(1, 3, serveWith({ cut: 1.2e6 })), speed: 5 },
  { name: "a body that ends early, without length", trick: () => onChunk(1, 2, serveWith({ end: 1.5e6 })), speed: 5 },
  { name: "no Accept-Ranges", trick: () => serveWith({ headers: { "Accept-Ranges": undefined } }) },
  { name: "chunked answers without a length", trick: () => serveWith({ chunked: true }) },
  { name: "every connection for the manifest is reset", speed: 20, trick: manifest("reset") },
  { name: "the manifest never comes", speed: 20, trick: manifest("silence") },
  {
    name: "every connection closes after its answer",
    trick: () => (_, response) => {
      response.closeAfter();
      return response.serve();
    },
  },
];
