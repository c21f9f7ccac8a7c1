// Tricks of servers, for the cases. A trick is a function of (request, response) that handles a request.

import { sleep } from "./server.mjs";

/** Does something to the first `times` requests for a chunk; the other requests are served. */
export function onChunk(chunk, times, action) {
  let count = 0;
  return (request, response) =>
    request.chunk === chunk && count++ < times ? action(request, response) : response.serve();
}

/** Does something to the first `times` requests that fulfil a condition. */
export function onFirst(times, condition, action) {
  let count = 0;
  return (request, response) => (condition(request) && count++ < times ? action(request, response) : response.serve());
}

/** Breaks the connection before the headers. */
export const reset = (_, response) => response.reset();

/** Never answers. */
export const silent = (_, response) => response.silence();

/** Answers with a status. */
export const refuse = (status, headers, options) => (_, response) => response.refuse(status, headers, options);

/** Serves with changes; see Answer.serve. */
export const serveWith = (changes) => (_, response) => response.serve(changes);

/** Serves after some milliseconds. */
export const after = (milliseconds) => async (_, response) => {
  await sleep(milliseconds);
  await response.serve();
};

/** A web page that a proxy sends in the place of the file. */
export const PAGE = Buffer.from("<!DOCTYPE html><html><title>502 Bad Gateway</title></html>".padEnd(3000));

/** Returns numbers from 0 to 1 that look random and are the same in each run. */
export function pseudoRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
