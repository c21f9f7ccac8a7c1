// Cases of answers that make no sense: they are thrown away and the original address is asked again. What persists is
// an error that names it.

import http from "node:http";
import { gzipSync } from "node:zlib";
import { closeServer } from "../../web/test/range-server.mjs";
import { FILE } from "./harness.mjs";
import { CHUNK_BYTES } from "./model.mjs";
import { onChunk, onFirst, PAGE, refuse, serveWith } from "./tricks.mjs";

const PATIENCE = 20; // the speed of cases that wait some seconds between attempts
const HTML = { "Content-Type": "text/html; charset=utf-8" };
const isData = ({ chunk }) => chunk >= 0;
const hidden = { "Content-Range": undefined, ETag: undefined };

/** Answers the first request for a chunk with the bytes of another place, and says so. */
const elsewhere = () =>
  onChunk(1, 1, ({ range }, response) => {
    const body = FILE.subarray(5000, 5000 + range.last - range.first + 1);
    const headers = { "Content-Range": `bytes 5000-${5000 + body.length - 1}/${FILE.length}` };
    return response.serve({ body, headers });
  });

/** Redirects to another origin, whose addresses are valid for `lifetime` milliseconds. */
const redirects = (lifetime, hops) => (trial) => {
  const issued = new Map();
  return (request, response) => {
    const { searchParams } = new URL(request.url, trial.server.origin);
    const hop = Number(searchParams.get("hop") ?? 0);
    if (hop < hops) {
      const key = String(issued.size);
      issued.set(key, Date.now() + lifetime);
      const origin = trial.server.origin.replace("127.0.0.1", "localhost");
      return response.refuse(302, { Location: `${origin}/signed/model.gguf?hop=${hop + 1}&key=${key}` });
    }
    return Date.now() > issued.get(searchParams.get("key")) ? response.refuse(403) : response.serve({ rate: 40e6 });
  };
};

/** Serves ranges through a proxy that compresses them. */
async function compressed(trial) {
  const proxy = http.createServer(({ headers }, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    const cors = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Range" };
    if (first === undefined) return response.writeHead(200, { ...cors, "Content-Length": FILE.length }).end();
    const range = `bytes ${first}-${last}/${FILE.length}`;
    response.writeHead(206, { ...cors, "Content-Encoding": "gzip", "Content-Range": range });
    response.end(gzipSync(FILE.subarray(Number(first), Number(last) + 1)));
  });
  await new Promise((ready) => proxy.listen(0, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${proxy.address().port}/model.gguf`;
  const result = await trial.download({ url });
  await closeServer(proxy);
  return result;
}

const once = (name, action) => ({ name: `${name}, once`, speed: PATIENCE, trick: () => onChunk(1, 1, action) });
const always = (name, outcome, action) => ({
  name: `${name}, from the second chunk on`,
  outcome,
  speed: PATIENCE,
  trick: () => onFirst(Number.POSITIVE_INFINITY, ({ chunk }) => chunk >= 1, action),
});
const fromTheStart = (name, outcome, action) => ({
  name: `${name}, from the first request on`,
  outcome,
  speed: PATIENCE,
  trick: () => action,
});

export const answerCases = [
  once("403, an expired signature", refuse(403)),
  once("404", refuse(404)),
  once("416", refuse(416)),
  once("200 with the whole file", serveWith({ status: 200, body: FILE, headers: { "Content-Range": undefined } })),
  once("a web page with 200", serveWith({ status: 200, body: PAGE, headers: { ...HTML, ...hidden } })),
  once("a web page with 206", serveWith({ body: PAGE, headers: { ...HTML, ...hidden } })),
  once("a web page with 206 that says it is binary", serveWith({ body: PAGE, headers: hidden })),
  once("a web page with the right Content-Range", serveWith({ body: PAGE, headers: HTML })),
  once("a Content-Range that starts elsewhere", (_, response) =>
    response.serve({ headers: { "Content-Range": `bytes 0-${CHUNK_BYTES - 1}/${FILE.length}` } }),
  ),
  once("more bytes than requested", (_, response) => response.serve({ body: FILE.subarray(0, CHUNK_BYTES + 1000) })),
  once("more bytes than requested, without a length", (_, response) =>
    response.serve({ body: FILE.subarray(0, CHUNK_BYTES + 1000), chunked: true }),
  ),
  once("a short body with a right header", serveWith({ body: FILE.subarray(CHUNK_BYTES, CHUNK_BYTES + 3000) })),
  once("a short body that says nothing of its length", serveWith({ end: 3000 })),
  once("an empty body", serveWith({ body: Buffer.alloc(0) })),
  {
    name: "bytes of another place, whose Content-Range says so, once",
    speed: PATIENCE,
    trick: elsewhere,
  },
  always("403", "http_status", refuse(403)),
  always("404", "not_found", refuse(404)),
  always("200 with the whole file", "no_ranges", (_, response) =>
    response.serve({ status: 200, body: FILE.subarray(0, 1e6), headers: { "Content-Range": undefined } }),
  ),
  always("a web page with 206", "http_status", serveWith({ body: PAGE, headers: { ...HTML, ...hidden } })),
  fromTheStart("403", "http_status", refuse(403)),
  fromTheStart("404", "not_found", refuse(404)),
  fromTheStart("a web page with 200", "http_status", serveWith({ status: 200, body: PAGE, headers: HTML })),
  {
    name: "no CORS headers",
    outcome: "no_cors",
    trick: ({ server }) => {
      server.cors = {};
      return serveWith({});
    },
  },
  {
    name: "redirects in a circle",
    outcome: "too_many_redirects",
    trick: ({ server }) => {
      server.tricksHeads = true;
      return ({ url }, response) => response.refuse(302, { Location: url });
    },
    check: ({ server, expect }) => expect(server.log.length < 200, `${server.log.length} requests`),
  },
  { name: "the server compresses ranges", outcome: "compressed_ranges", speed: PATIENCE, run: compressed },
  { name: "a chain of redirects to another origin", trick: redirects(60_000, 3) },
  { name: "redirects to addresses that expire within 300 ms", speed: 5, trick: redirects(300, 1) },
  {
    name: "*/total in place of the range",
    trick: () => serveWith({ headers: { "Content-Range": `*/${FILE.length}` } }),
  },
  {
    name: "garbage in Content-Range",
    trick: () => onFirst(Infinity, isData, serveWith({ headers: { "Content-Range": "bytes of something" } })),
  },
  {
    name: "one other ETag",
    trick: () => onChunk(1, 1, serveWith({ headers: { ETag: '"other"' } })),
  },
  {
    name: "another ETag on every answer",
    trick: () => {
      let n = 0;
      return (_, response) => response.serve({ headers: { ETag: `"node-${n++}"` } });
    },
  },
  {
    name: "weak and strong ETags",
    trick: () => {
      let n = 0;
      return (_, response) => response.serve({ headers: { ETag: n++ % 2 ? 'W/"1"' : '"1"' } });
    },
  },
  {
    name: "ETags of some answers, Last-Modified of others",
    trick: () => {
      let n = 0;
      const date = { ETag: undefined, "Last-Modified": "Sun, 01 Nov 2026 10:00:00 GMT" };
      return (_, response) => response.serve({ headers: n++ % 2 ? date : {} });
    },
  },
  {
    name: "a file that is no model leaves no trace",
    outcome: "not_gguf",
    bytes: Buffer.alloc(FILE.length, 7),
    check: async (trial, _result, stored) => trial.expect(stored === null, "the file is still in the store"),
  },
];
