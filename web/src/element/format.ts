// Names of models as people read them.

/**
 * Returns a model's name from its URL, id or file name: "Llama-3.2-1B-Instruct-Q4_K_M". A name that is nothing but the
 * ending stays as it is.
 */
export function modelName(source: string): string {
  const isFile = !/^[a-z]+:\/\//i.test(source); // in a file's name, neither "?" nor "#" nor "%" has a meaning
  const file = isFile ? source.replace(/^local:/, "") : decoded(source.split(/[?#]/)[0]!.split("/").pop()!);
  return file.replace(/(-00001-of-\d{5})?\.gguf$/i, "") || file || source;
}

/** Returns a part of an address without its percent-encoding; as it is if that is not valid, as in "100%.gguf". */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
