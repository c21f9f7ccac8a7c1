// One answer, streamed from the engine.

import type { Engine } from "../client/engine.js";
import type { ChatCompletionChunk, ChatMessage } from "../client/openai.js";
import type { Message } from "../conversation/message.js";
import type { EngineStats } from "../protocol.js";
import { repeatsItself } from "./repetition.js";

/** What an answer is asked with. */
export interface AnswerRequest {
  messages: ChatMessage[];
  /** null: 0, and the answer ends when it repeats itself. */
  temperature: number | null;
  /** Whether the answer continues the last message, instead of following it. */
  continues: boolean;
}

/** An answer under way. Its message is replaced with each word that arrives. */
export class Answer {
  readonly #abort = new AbortController();
  readonly #onChange: () => void;
  #message: Message;

  /** message is what there is of the answer, without its cut. onChange is called after each change of it. */
  constructor(message: Message, onChange: () => void) {
    this.#onChange = onChange;
    this.#message = message;
  }

  /** The answer so far. */
  get message(): Message {
    return this.#message;
  }

  /** Streams the answer, and returns when it is whole or was cancelled. */
  async stream(engine: Engine, { messages, temperature, continues }: AnswerRequest): Promise<void> {
    const chunks = await engine.chat.completions.create(
      { messages, temperature: temperature ?? 0, stream: true, ...(continues && { continue_final_message: true }) },
      { signal: this.#abort.signal, onProgress: (activity) => this.#update({ activity }) },
    );
    for await (const { choices } of chunks) {
      this.#append(choices[0]);
      if (temperature !== null || !repeatsItself(this.#message.text)) continue;
      this.#update({ cut: "repeated" });
      break; // which ends the request
    }
  }

  /** Adds the statistics of the engine's last answer, which is this one, and a note if the answer was cancelled. */
  finish({ tokensPerSecond, paging }: EngineStats): void {
    const speed = tokensPerSecond || undefined;
    this.#update({ speed, paging, ...(this.#abort.signal.aborted && { cut: "stopped" }) });
  }

  /** Stops the answer; what has arrived stays. */
  cancel(): void {
    this.#abort.abort();
  }

  #append(choice: ChatCompletionChunk["choices"][0] | undefined): void {
    const text = choice?.delta.content;
    if (text) this.#update({ text: this.#message.text + text, activity: undefined });
    if (choice?.finish_reason === "length") this.#update({ cut: "length" });
  }

  #update(change: Partial<Message>): void {
    this.#message = { ...this.#message, ...change };
    this.#onChange();
  }
}
