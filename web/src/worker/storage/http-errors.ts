// The errors of reading a file from a server. Each way in which a server can fail has its own code and message.

import { EngineError } from "../../errors.js";

/** Returns the error for a response to a range request whose status is not 206. */
export function statusError(url: string, status: number): EngineError {
  const host = hostOf(url);
  const name = nameOf(url);
  switch (status) {
    case 200:
      return new EngineError(
        "no_ranges",
        `${host} does not serve parts of files (HTTP ranges); ` +
          "download the file and open it from disk, or use another server",
      );
    case 404:
    case 410:
      return new EngineError("not_found", `${host} has no file at ${url}; check the address`);
    case 401:
    case 403:
      return new EngineError(
        "http_status",
        `${host} does not serve ${name} (status ${status}); it may need a login or an accepted licence; ` +
          "download the file there and open it from disk",
      );
    case 416:
      return new EngineError(
        "http_status",
        `${name} on ${host} is empty or shorter than expected (status 416); check the address`,
      );
  }
  const retryable = status === 408 || status === 429 || status >= 500;
  return new EngineError("http_status", `${host} answered with status ${status}; try again later`, { retryable });
}

/** Returns the error for a connection that broke or never came about. */
export function connectionLost(url: string): EngineError {
  const host = hostOf(url);
  const message = `the connection to ${host} was lost; what has arrived is kept; try again to continue from there`;
  return new EngineError("connection_lost", message, { retryable: true });
}

/**
 * Returns the error for a fetch that rejected: connection_lost or no_cors. fetch rejects with a TypeError in both
 * cases. A request that needs no permission distinguishes them: its response cannot be read, but it shows that the
 * server answers.
 */
export async function fetchError(url: string): Promise<EngineError> {
  try {
    await fetch(url, { method: "HEAD", mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(10_000) });
  } catch {
    return connectionLost(url);
  }
  return new EngineError(
    "no_cors",
    `${hostOf(url)} does not allow other web pages to read its files (CORS); ` +
      "download the file and open it from disk, or use another server",
  );
}

/** Returns the error for a server that does not let pages read the size of a file. */
export function sizeHidden(url: string): EngineError {
  return new EngineError(
    "no_cors",
    `${hostOf(url)} hides the size of the file from web pages: its CORS settings must expose Content-Range; ` +
      "download the file and open it from disk",
  );
}

/** Returns the error for a response with another range than was requested. */
export function wrongRange(url: string): EngineError {
  return new EngineError(
    "no_ranges",
    `${hostOf(url)} sends other parts of the file than were requested; download the file and open it from disk`,
  );
}

/** Returns the error for a file that is no longer the one that was opened. */
export function fileChanged(url: string, name: string): EngineError {
  const message = `${name} changed on ${hostOf(url)} during the download; load the model again to start over`;
  return new EngineError("integrity", message, { retryable: true });
}

/** Returns the host and port of an address. */
export const hostOf = (url: string) => new URL(url, globalThis.location?.href).host;

/** Returns the decoded last element of an address's path. */
export function nameOf(url: string): string {
  const { pathname } = new URL(url, globalThis.location?.href);
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // it contains a percent sign that encodes nothing
  }
}
