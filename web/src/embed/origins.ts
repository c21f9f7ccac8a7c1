// Which pages may use the chat in a frame.

/** Reports whether a list allows an origin. A list has origins separated by spaces, or is `*`, which allows all. */
export function allows(list: string, origin: string): boolean {
  const allowed = list.split(/\s+/).filter(Boolean);
  return allowed.includes("*") || allowed.includes(origin);
}
