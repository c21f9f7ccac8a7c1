// Serves one page's calls of the chat in a frame.

import type { ScoutChatEvents } from "../element/events.js";
import type { ScoutChat } from "../element/scout-chat.js";
import { EngineError, toErrorData } from "../errors.js";
import { type Call, type Handlers, serve } from "../rpc.js";
import { type EmbedAnswer, type EmbedEvent, type EmbedMethods, type EmbedSettings, settingNames } from "./protocol.js";

const eventTypes: readonly (keyof ScoutChatEvents)[] = [
  "status-changed",
  "load-progress",
  "model-loaded",
  "message-sent",
  "message-received",
  "error-raised",
];

/** Answers the calls that arrive at a port with an element. */
export class ChatServer {
  readonly #chat: ScoutChat;
  readonly #port: MessagePort;
  readonly #closed = new AbortController();

  constructor(chat: ScoutChat, port: MessagePort) {
    [this.#chat, this.#port] = [chat, port];
    serve<EmbedMethods>(port, this.#handlers());
  }

  /** Ends the connection. */
  close(): void {
    this.#closed.abort();
    this.#port.close();
  }

  #handlers(): Handlers<EmbedMethods> {
    const chat = this.#chat;
    return {
      configure: async (_, settings) => this.#configure(settings),
      state: async () => ({ status: chat.status, model: chat.model }),
      send: ({ signal }, text) => this.#send(text, signal),
      stop: async () => done(chat.stop()),
      clear: async () => done(chat.clear()),
      events: (call) => this.#events(call),
    };
  }

  #configure(settings: EmbedSettings): null {
    for (const name of settingNames) {
      if (settings[name] !== undefined) this.#chat.setAttribute(name, String(settings[name]));
    }
    return null;
  }

  async #send(text: string, signal: AbortSignal): Promise<EmbedAnswer | null> {
    const { status } = this.#chat;
    if (status !== "ready") {
      throw new EngineError("invalid_request", `the chat is ${status}, not ready; send after it is`, {
        retryable: true,
      });
    }
    const outcome: { answer?: EmbedAnswer; error?: EngineError } = {};
    const ended = new AbortController();
    this.#listen("message-received", (answer) => (outcome.answer = answer), ended.signal);
    this.#listen("error-raised", (error) => (outcome.error = error), ended.signal);
    signal.addEventListener("abort", () => this.#chat.stop());
    await this.#chat.send(text);
    ended.abort();
    if (outcome.error) throw outcome.error;
    return outcome.answer ?? null;
  }

  /** Reports events until the call is aborted or the connection ends. */
  async #events(call: Call<EmbedEvent>): Promise<null> {
    const ended = AbortSignal.any([call.signal, this.#closed.signal]);
    for (const type of eventTypes) {
      this.#listen(type, (detail) => call.progress({ type, detail: plain(detail) } as EmbedEvent), ended);
    }
    await new Promise((resolve) => ended.addEventListener("abort", resolve));
    return null;
  }

  #listen<K extends keyof ScoutChatEvents>(
    type: K,
    receive: (detail: ScoutChatEvents[K]) => void,
    signal: AbortSignal,
  ) {
    this.#chat.addEventListener(type, (event) => receive((event as CustomEvent).detail), { signal });
  }
}

/** Returns what a method without a result replies. */
const done = (_: void): null => null;

/** Returns the detail of an event as data that can be posted. */
function plain(detail: unknown): unknown {
  return detail instanceof Error ? toErrorData(detail) : detail;
}
