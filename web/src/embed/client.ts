// The chat in a frame, as the page that shows it uses it.

import { EngineError } from "../errors.js";
import { Client } from "../rpc.js";
import {
  type EmbedAnswer,
  type EmbedEvent,
  type EmbedMethods,
  type EmbedSettings,
  type EmbedState,
  VERSION,
  type WindowMessage,
  windowMessage,
} from "./protocol.js";

export { EngineError, type ErrorCode, type ErrorData } from "../errors.js";
export type { EmbedAnswer, EmbedEvents, EmbedSettings, EmbedState } from "./protocol.js";

/** How long a frame may take to load, ms. */
const PATIENCE = 30_000;

/** How to connect. */
export interface ConnectOptions {
  /** Aborting it stops waiting for the frame; without a signal, waiting ends after 30 seconds. */
  signal?: AbortSignal;
}

/**
 * Connects to the chat in a frame whose address is that of embed.html. Rejects with an EngineError if the chat does not
 * work for pages of this origin, or does not answer. Each connection ends the one before.
 */
export async function connectChat(frame: HTMLIFrameElement, { signal }: ConnectOptions = {}): Promise<EmbeddedChat> {
  const { origin } = new URL(frame.src, document.baseURI);
  const ended = new AbortController();
  const patience = AbortSignal.timeout(PATIENCE);
  const stop = AbortSignal.any([signal ?? patience, ended.signal]);
  const post = (kind: "hello" | "connect", target: string, ports: MessagePort[] = []) =>
    frame.contentWindow?.postMessage({ outrider: VERSION, kind } satisfies WindowMessage, target, ports);
  try {
    const available = nextMessage(frame, origin, "available", stop);
    post("hello", "*"); // says nothing; the frame may have loaded long ago, or show another page yet
    await available;
    const refused = nextMessage(frame, origin, "refused", stop);
    const { port1, port2 } = new MessageChannel();
    const chat = new EmbeddedChat(port1);
    post("connect", origin, [port2]);
    await Promise.race([chat.state(), refused.then(({ reason }) => Promise.reject(refusal(reason)))]);
    return chat;
  } finally {
    ended.abort();
  }
}

/** Resolves with the next message of a kind that a frame of this origin sends. Rejects once signal fires. */
function nextMessage<K extends WindowMessage["kind"]>(
  frame: HTMLIFrameElement,
  origin: string,
  kind: K,
  signal: AbortSignal,
): Promise<Extract<WindowMessage, { kind: K }>> {
  const result = new Promise<Extract<WindowMessage, { kind: K }>>((resolve, reject) => {
    const receive = (event: MessageEvent) => {
      const message = windowMessage(event.data);
      if (event.source !== frame.contentWindow || event.origin !== origin) return;
      if (message?.kind === kind) resolve(message as Extract<WindowMessage, { kind: K }>);
    };
    addEventListener("message", receive, { signal });
    signal.addEventListener("abort", () => reject(refusal(`the chat of ${origin} does not answer`)));
  });
  result.catch(() => {}); // the caller may have what it needs already
  return result;
}

function refusal(reason: string): EngineError {
  return new EngineError("invalid_request", `${reason}; check the frame's address and the chat's list of pages`);
}

/** The chat in a frame. It dispatches the events of EmbedEvents, as `<scout-chat>` does. */
export class EmbeddedChat extends EventTarget {
  readonly #client: Client<EmbedMethods>;
  readonly #port: MessagePort;
  readonly #closed = new AbortController();

  /** Makes the end of a connection; connectChat does. */
  constructor(port: MessagePort) {
    super();
    this.#port = port;
    this.#client = new Client(port, { failure: "the chat in the frame failed" });
    const dispatch = ({ type, detail }: EmbedEvent) => this.dispatchEvent(new CustomEvent(type, { detail }));
    this.#client.call("events", [], { signal: this.#closed.signal, onProgress: dispatch }).catch(() => {});
  }

  /** Sets the model and other settings. Fields that are left out stay as they are. */
  async configure(settings: EmbedSettings): Promise<void> {
    await this.#client.call("configure", [settings]);
  }

  /** Returns what the chat is doing, and with which model. */
  state(): Promise<EmbedState> {
    return this.#client.call("state", []);
  }

  /** Sends a message. Resolves with the complete answer; with null if it was stopped. Rejects with an EngineError. */
  send(text: string, { signal }: { signal?: AbortSignal } = {}): Promise<EmbedAnswer | null> {
    return this.#client.call("send", [text], { signal });
  }

  /** Stops the load or the answer under way. */
  async stop(): Promise<void> {
    await this.#client.call("stop", []);
  }

  /** Starts a new conversation. */
  async clear(): Promise<void> {
    await this.#client.call("clear", []);
  }

  /** Ends the connection; the chat stays. Calls that are not answered yet reject as aborted. */
  close(): void {
    this.#closed.abort();
    this.#client.close();
    this.#port.close();
  }
}
