// Small values that a tab or the site remembers, where the browser allows it.

type Area = "localStorage" | "sessionStorage";

/** Returns a remembered value; null if there is none or the browser denies it. */
export function recall(area: Area, key: string): string | null {
  try {
    return globalThis[area].getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a value, or forgets it if it is null. Does nothing if the browser denies it. */
export function remember(area: Area, key: string, value: string | null): void {
  try {
    if (value === null) globalThis[area].removeItem(key);
    else globalThis[area].setItem(key, value);
  } catch {} // the page works without
}
