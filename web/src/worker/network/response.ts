// What the headers of a response say, and whether they fit what was requested.

import { compressedRanges, webPage, wrongRange } from "./http-errors.js";

/** A range of a file. */
export interface Range {
  offset: number;
  length: number;
}

/**
 * The range of a response: its first and last byte in the file, and the size of the file unless the server hides it.
 */
export interface ContentRange {
  first: number;
  last: number;
  size?: number;
}

/** Throws if a response is a web page, is compressed, or has another range than was requested. */
export function checkRange(url: string, response: Response, { offset, length }: Range): void {
  if (isHTML(response)) throw webPage(url);
  if ((response.headers.get("Content-Encoding") ?? "identity") !== "identity") throw compressedRanges(url);
  const contentLength = response.headers.get("Content-Length");
  if (contentLength !== null && Number(contentLength) !== length) throw wrongRange(url);
  const range = contentRange(response);
  if (range && (range.first !== offset || range.last !== offset + length - 1)) throw wrongRange(url);
}

/**
 * Returns where a response's body is in the file; undefined if the server does not let pages read Content-Range, or
 * sends something else in it.
 */
export function contentRange(response: Response): ContentRange | undefined {
  const header = response.headers.get("Content-Range")?.trim() ?? "";
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header);
  if (!match) return undefined;
  const range = { first: Number(match[1]), last: Number(match[2]) };
  return match[3] === "*" ? range : { ...range, size: Number(match[3]) };
}

/** Reports whether a response declares that it is a web page. */
export function isHTML(response: Response): boolean {
  return /^\s*(text\/html|application\/xhtml)\b/i.test(response.headers.get("Content-Type") ?? "");
}

/** Reports whether the first bytes of a body are those of a web page. */
export function beginsLikeHTML(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 64)).replace(/^\u00ef\u00bb\u00bf/, "");
  return /^\s*<(!doctype|html)[\s>]/i.test(text);
}

/** Returns the milliseconds of a Retry-After header, which has seconds or a date; 0 without one. */
export function retryAfter(response: Response, now: number): number {
  const header = response.headers.get("Retry-After")?.trim() ?? "";
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

/** Returns ETag or Last-Modified. A weak ETag counts as the strong one: servers that compress make ETags weak. */
export function validatorOf(response: Response): string {
  const { headers } = response;
  return headers.get("ETag")?.replace(/^W\//, "") ?? headers.get("Last-Modified") ?? "";
}

/** Returns the SHA-256 of the whole file that a model hub publishes in X-Linked-ETag; empty without one. */
export function linkedHash(response: Response): string {
  const match = /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(response.headers.get("X-Linked-ETag") ?? "");
  return match?.[1]?.toLowerCase() ?? "";
}
