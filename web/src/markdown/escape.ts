// Text as HTML.

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Returns text as it is written in HTML, also in attributes. */
export function escapeHTML(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char]!);
}
