// The part of OpenAI's chat completion shape that Outrider speaks, with OpenAI's names. The engine checks requests
// (internal/openai) and refuses by name what it does not know, so these types promise no more than it keeps.

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string | ContentPart[];
}

/** A stretch of text, or a picture in a user's message, which needs a model with vision. */
export type ContentPart =
  | { type: "text"; text: string }
  | {
      type: "image_url";
      /** A data:, blob:, http: or https: address; a server must allow this page to read it (CORS). */
      image_url: { url: string; detail?: "auto" | "high" };
    };

export interface ChatCompletionRequest {
  messages: ChatMessage[];
  /** The loaded model's id; left out, the loaded model answers. */
  model?: string;
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean } | null;
  /** 0 to 2, 1 when left out; 0 always takes the likeliest token. */
  temperature?: number | null;
  top_p?: number | null;
  /** Makes an answer with temperature repeatable. */
  seed?: number | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  /** Up to four strings that end the answer. */
  stop?: string | string[] | null;
}

export type FinishReason = "stop" | "length";

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  /** Seconds since 1970. */
  created: number;
  model: string;
  choices: {
    index: 0;
    message: { role: "assistant"; content: string };
    finish_reason: FinishReason;
    logprobs: null;
  }[];
  usage: Usage;
}

/** A piece of a streamed answer. With include_usage, the last chunk has usage and no choices. */
export interface ChatCompletionChunk {
  id: string;
  object: "chat.completion.chunk";
  created: number;
  model: string;
  choices: {
    index: 0;
    delta: { role?: "assistant"; content?: string };
    finish_reason: FinishReason | null;
    logprobs: null;
  }[];
  usage?: Usage | null;
}
