// A server of one file for tests of range requests. A test can make it misbehave.
import http from "node:http";

/**
 * Starts a server that serves bytes at every path. Each function in `next` is called for one request, in order, with
 * (request, response, serve) instead of serving it; serve serves it as usual.
 */
export async function rangeServer(bytes) {
  const state = { bytes, etag: '"1"', next: [], requests: [], headers: {} };
  const server = http.createServer((request, response) => {
    state.requests.push({ method: request.method, url: request.url, range: request.headers.range });
    const serve = () => serveRange(state, request, response);
    const handle = state.next.shift();
    handle ? handle(request, response, serve) : serve();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  state.url = `http://127.0.0.1:${server.address().port}/dir/model%20one.gguf?x=1`;
  state.close = () => closeServer(server);
  return state;
}

/** Ends a server with its connections, and returns when it has closed. */
export function closeServer(server) {
  server.closeAllConnections();
  return new Promise((closed) => server.close(closed));
}

function serveRange({ bytes, etag, headers }, request, response) {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const common = { "Accept-Ranges": "bytes", ...(etag && { ETag: etag }), ...headers };
  if (from === undefined) {
    response.writeHead(200, { ...common, "Content-Length": bytes.length });
    return response.end(request.method === "HEAD" ? undefined : bytes);
  }
  const part = bytes.subarray(Number(from), Number(to) + 1);
  const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
  response.writeHead(206, { "Content-Range": range, "Content-Length": part.length, ...common });
  response.end(part);
}

/** Sends the first n requested bytes, then breaks the connection, or ends the response as if it were complete. */
export const breakAfter = (n) => cut(n, (response) => response.socket.destroy());
export const endAfter = (n) => cut(n, (response) => response.end());

const cut = (n, finish) => (_request, response, serve) => {
  const { end, writeHead } = response;
  response.writeHead = (code, { "Content-Length": _, ...headers }) => writeHead.call(response, code, headers);
  response.end = (part) => {
    response.end = end;
    response.write(part.subarray(0, n), () => finish(response));
  };
  serve();
};

/** Serves without the headers that pages may read only if the server exposes them. */
export const hide = (_request, response, serve) => {
  const { writeHead } = response;
  response.writeHead = (code, { "Content-Range": _, ETag: __, ...shown }) => writeHead.call(response, code, shown);
  serve();
};

/** Responds with a status and no body. */
export const status = (code) => (_, response) => response.writeHead(code).end();
