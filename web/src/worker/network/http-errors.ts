// The errors of reading a file from a server. Each way in which a server can fail has its own code and message, and a
// grade that says what follows from it.

import { EngineError, type ErrorCode } from "../../errors.js";

/**
 * What follows from a failed request. `transient`: the network or the server is away; the request is repeated until it
 * is back. `suspect`: the answer makes no sense now, for instance because a signed address has expired; the original
 * address is asked again, and the error counts only if it persists. `final`: asking again does not help.
 */
export type Grade = "transient" | "suspect" | "final";

/** An error of a request. */
export class NetworkError extends EngineError {
  readonly grade: Grade;

  constructor(grade: Grade, code: ErrorCode, message: string, retryAfter = 0) {
    super(code, message, { retryable: grade === "transient", retryAfter });
    this.grade = grade;
  }
}

const FROM_DISK = "download the file and open it from disk";

/** Returns the error for a response to a range request whose status is not 206. */
export function statusError(url: string, status: number, retryAfter = 0): NetworkError {
  const host = hostOf(url);
  const name = nameOf(url);
  switch (status) {
    case 200:
      return new NetworkError(
        "suspect",
        "no_ranges",
        `${host} does not serve parts of files (HTTP ranges); ${FROM_DISK}, or use another server`,
      );
    case 404:
    case 410:
      return new NetworkError("suspect", "not_found", `${host} has no file at ${withoutQuery(url)}; check the address`);
    case 401:
    case 403:
      return new NetworkError(
        "suspect",
        "http_status",
        `${host} does not serve ${name} (status ${status}); it may need a login or an accepted licence; ` +
          "download the file there and open it from disk",
      );
    case 416:
      return new NetworkError(
        "suspect",
        "http_status",
        `${name} on ${host} is empty or shorter than expected (status 416); check the address`,
      );
  }
  const busy = status === 408 || status === 425 || status === 429 || status >= 500;
  const message = `${host} answered with status ${status}; try again later`;
  return new NetworkError(busy ? "transient" : "suspect", "http_status", message, retryAfter);
}

/** Returns the error for a connection that broke or never came about. */
export function connectionLost(url: string): NetworkError {
  const host = hostOf(url);
  const message = `the connection to ${host} was lost; what has arrived is kept; try again to continue from there`;
  return new NetworkError("transient", "connection_lost", message);
}

/** The error for a server that sends nothing, or next to nothing. */
export class Silent extends NetworkError {
  constructor(url: string) {
    const message = `${hostOf(url)} sends nothing; what has arrived is kept; try again to continue from there`;
    super("transient", "connection_lost", message);
  }
}

/** Returns the error for a server that no page of another origin may read. */
export function corsError(url: string): NetworkError {
  const message = `${hostOf(url)} does not allow other web pages to read its files (CORS)`;
  return new NetworkError("final", "no_cors", `${message}; ${FROM_DISK}, or use another server`);
}

/** Returns the error for a server that compresses ranges, which cannot be put together then. */
export function compressedRanges(url: string): NetworkError {
  const [host, name] = [hostOf(url), nameOf(url)];
  const message = `${host} compresses the parts of ${name} that it sends, so that they do not fit together`;
  return new NetworkError("final", "compressed_ranges", `${message}; have it send the file as it is, or ${FROM_DISK}`);
}

/** Returns the error for an address whose redirects do not end at a file. */
export function tooManyRedirects(url: string): NetworkError {
  const message = `${hostOf(url)} redirects the address of ${nameOf(url)} in a circle`;
  return new NetworkError("final", "too_many_redirects", `${message}; check the address, or use another server`);
}

/** Returns the error for a server that does not let pages read the size of a file. */
export function sizeHidden(url: string): NetworkError {
  const host = hostOf(url);
  const message = `${host} hides the size of the file from web pages: its CORS settings must expose Content-Range`;
  return new NetworkError("suspect", "no_cors", `${message}; ${FROM_DISK}`);
}

/** Returns the error for a response with another range than was requested. */
export function wrongRange(url: string): NetworkError {
  const message = `${hostOf(url)} sends other parts of the file than were requested; ${FROM_DISK}`;
  return new NetworkError("suspect", "no_ranges", message);
}

/** Returns the error for a web page in the place of a part of the file. */
export function webPage(url: string): NetworkError {
  const message = `${hostOf(url)} answers with a web page instead of ${nameOf(url)}`;
  return new NetworkError("suspect", "http_status", `${message}; open the address in a browser to see why`);
}

/** Returns the error for a file that is no longer the one that was opened. */
export function fileChanged(url: string, name: string): NetworkError {
  const message = `${name} on ${hostOf(url)} is no longer the file of which a part is stored; nothing was deleted`;
  return new NetworkError("suspect", "file_changed", `${message}; delete the stored model, then load the new one`);
}

/** Returns the host and port of an address. */
export const hostOf = (url: string) => new URL(url, globalThis.location?.href).host;

/** Returns an address without its query, which may contain secrets. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url, globalThis.location?.href);
  return origin + pathname;
}

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
