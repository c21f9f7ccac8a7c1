// Sizes, times, speeds and names as people read them.

const units = ["B", "KB", "MB", "GB", "TB"];

/** Returns a size in decimal units with three digits: "98.4 MB". */
export function bytes(n: number): string {
  const unit = Math.min(Math.max(Math.floor(Math.log10(Math.max(n, 1)) / 3), 0), units.length - 1);
  const value = n / 1000 ** unit;
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Returns a duration, rounded to seconds below a minute and to minutes above: "8 s", "3 min", "1 h 20 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Returns how long ago a time was; both are in milliseconds since 1970: "3 days ago", "just now". */
export function timeAgo(time: number, now: number): string {
  const minutes = Math.floor((now - time) / 60_000);
  if (minutes < 1) return "just now";
  const format = new Intl.RelativeTimeFormat("en");
  if (minutes < 60) return format.format(-minutes, "minute");
  if (minutes < 24 * 60) return format.format(-Math.floor(minutes / 60), "hour");
  return format.format(-Math.floor(minutes / (24 * 60)), "day");
}

/** Returns the speed of an answer: "0.8 tokens/s", "42 tokens/s". */
export function tokensPerSecond(rate: number): string {
  return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} tokens/s`;
}

/** Returns a model's name from its URL, id or file name: "Llama-3.2-1B-Instruct-Q4_K_M". */
export function modelName(source: string): string {
  const file = source.split(/[?#]/)[0]!.split("/").pop() || source;
  return decodeURIComponent(file)
    .replace(/^local:/, "")
    .replace(/(-00001-of-\d{5})?\.gguf$/i, "");
}
