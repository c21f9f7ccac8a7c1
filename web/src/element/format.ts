// Names of models as people read them.

/** Returns a model's name from its URL, id or file name: "Llama-3.2-1B-Instruct-Q4_K_M". */
export function modelName(source: string): string {
  const file = source.split(/[?#]/)[0]!.split("/").pop() || source;
  return decoded(file)
    .replace(/^local:/, "")
    .replace(/(-00001-of-\d{5})?\.gguf$/i, "");
}

/** Returns a part of an address without its percent-encoding; as it is if that is not valid, as in "100%.gguf". */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
