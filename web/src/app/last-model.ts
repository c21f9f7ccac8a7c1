// The model of the last visit, in localStorage. A browser may deny that; the page then starts with Nano.

import { storedId } from "../stored-id.js";

const keys = { model: "outrider.model", mmproj: "outrider.mmproj" };

/** A model and its vision file, as the attributes of <scout-chat> name them. */
export interface LastModel {
  model: string | null;
  mmproj: string | null;
}

/** Returns the model of the last visit. */
export function lastModel(): LastModel {
  try {
    return { model: localStorage.getItem(keys.model), mmproj: localStorage.getItem(keys.mmproj) };
  } catch {
    return { model: null, mmproj: null };
  }
}

/** Keeps a model for the next visit, without the secrets of its address. */
export function keepModel({ model, mmproj }: LastModel): void {
  try {
    keep(keys.model, model);
    keep(keys.mmproj, mmproj);
  } catch {
    // the next visit starts with Nano
  }
}

function keep(key: string, value: string | null): void {
  if (value) localStorage.setItem(key, storedId(value));
  else localStorage.removeItem(key);
}
