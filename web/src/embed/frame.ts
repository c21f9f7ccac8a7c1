// The chat in a frame on a page of another origin: serves the page that shows it, if that is on the list of embed.html.

import "../element/define.js"; // registers <scout-chat>
import { ChatServer } from "./chat-server.js";
import { allows } from "./origins.js";
import { settingNames, VERSION, type WindowMessage, windowMessage } from "./protocol.js";

const chat = document.querySelector("scout-chat")!;
const listed = document.querySelector<HTMLMetaElement>("meta[name='outrider-embedders']")?.content ?? "";
const allowed = `${location.origin} ${listed}`;
let server: ChatServer | undefined;

/** Sets what the query of the frame's address says, such as `?model=nano&lang=fr`. */
function configure(query: URLSearchParams): void {
  for (const name of settingNames) {
    const value = query.get(name);
    if (value !== null) chat.setAttribute(name, value);
  }
}

/** Answers a message of the window that shows this one. */
function answer(message: WindowMessage, { origin, ports }: MessageEvent): void {
  if (message.kind === "hello") post({ outrider: VERSION, kind: "available" }, "*");
  if (message.kind !== "connect") return;
  const reason = refusal(message, origin);
  if (reason) post({ outrider: VERSION, kind: "refused", reason }, origin);
  else if (ports[0]) {
    server?.close();
    server = new ChatServer(chat, ports[0]);
  }
}

/** Returns why a page is refused; empty if it is not. */
function refusal({ outrider }: WindowMessage, origin: string): string {
  if (outrider !== VERSION) return `this chat has version ${VERSION} of the protocol, not ${outrider}`;
  return allows(allowed, origin) ? "" : `this chat does not work for pages of ${origin}`;
}

function post(message: WindowMessage, origin: string): void {
  // An opaque origin, such as that of a sandboxed frame, cannot be named; it is not on a list either.
  parent.postMessage(message, origin === "null" ? "*" : origin);
}

configure(new URLSearchParams(location.search));
addEventListener("message", (event) => {
  const message = windowMessage(event.data);
  if (message && event.source === parent && parent !== self) answer(message, event);
});
if (parent !== self) post({ outrider: VERSION, kind: "available" }, "*");
