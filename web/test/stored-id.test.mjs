// Which parts of an address are stored; TestAnIDHasNoSecrets of loader/fetch has the same cases.

import assert from "node:assert/strict";
import { test } from "node:test";
import { storedId } from "../../dist/modules/stored-id.js";

test("what is stored of an address has no secrets", () => {
  for (const [address, id] of [
    ["https://a.b/m.gguf?token=abc", "https://a.b/m.gguf?token="],
    ["https://a.b/m.gguf?file=2&Access_Token=abc=d&v=1#top", "https://a.b/m.gguf?file=2&Access_Token=&v=1"],
    ["https://a.b/m.gguf?X-Amz-Date=1&X-Amz-Signature=f0", "https://a.b/m.gguf?X-Amz-Date=&X-Amz-Signature="],
    ["https://a.b/m.gguf?Expires=1&Signature=x&Key-Pair-Id=K", "https://a.b/m.gguf?Expires=&Signature=&Key-Pair-Id="],
    ["https://a.b/m.gguf?sv=2024&se=2026&sig=x%3D", "https://a.b/m.gguf?sv=2024&se=&sig="],
    ["https://a.b/m.gguf?download=true&monkey=1", "https://a.b/m.gguf?download=true&monkey=1"],
    ["https://a.b/m.gguf", "https://a.b/m.gguf"],
    ["nano", "nano"],
    ["local:odd?token=1.gguf", "local:odd?token=1.gguf"],
  ]) {
    assert.equal(storedId(address), id);
  }
});
