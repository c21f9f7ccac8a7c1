// The part of OpenAI's chat completion interface that Outrider supports, with OpenAI's names. The engine checks
// requests (internal/openai) and refuses unknown fields by name.

/** One message of a conversation. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string | ContentPart[];
}

/** A part of a message: text, or a picture in a user's message, which needs a model with vision. */
export type ContentPart =
  | { type: "text"; text: string }
  | {
      type: "image_url";
      /** A data:, blob:, http: or https: address; a server must allow this page to read it (CORS). */
      image_url: { url: string; detail?: "auto" | "high" };
    };

/** What to answer, and how. */
export interface ChatCompletionRequest {
  messages: ChatMessage[];
  /** The loaded model's id; may be left out. */
  model?: string;
  /** Whether the answer continues the last message, which is the assistant's. Not of OpenAI; the name is vLLM's. */
  continue_final_message?: boolean | null;
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean } | null;
  /** 0 to 2, 1 if left out; 0 always chooses the most likely token. */
  temperature?: number | null;
  top_p?: number | null;
  /** Makes sampling repeatable. */
  seed?: number | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  /** Up to four strings that end the answer. */
  stop?: string | string[] | null;
}

/** Why an answer ended: at its own end or a stop string, or at a limit of its length. */
export type FinishReason = "stop" | "length";

/** Numbers of tokens. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** A whole answer. */
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

/** One delta of a streamed answer, under OpenAI's name. With include_usage, the last one has usage and no choices. */
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
