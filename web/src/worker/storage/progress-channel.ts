// What one tab downloads, announced to the other tabs of the site.

/** Says how many bytes of a chunk have arrived in the tab that downloads it. */
interface Announcement {
  id: string;
  chunk: number;
  received: number;
}

const NAME = "outrider-progress";

let channel: BroadcastChannel | undefined;

/** Returns the channel. Node would wait for it at the end of a program, a browser does not. */
function openChannel(): BroadcastChannel {
  channel ??= new BroadcastChannel(NAME);
  (channel as { unref?(): void }).unref?.();
  return channel;
}

/** Announces how much of a chunk has arrived here. */
export function announce(id: string, chunk: number, received: number): void {
  openChannel().postMessage({ id, chunk, received } satisfies Announcement);
}

/** Calls onBytes with what another tab announces of a chunk, until the function that it returns is called. */
export function watchOtherTabs(id: string, chunk: number, onBytes: (received: number) => void): () => void {
  const listen = ({ data }: MessageEvent<Announcement>) => {
    if (data.id === id && data.chunk === chunk) onBytes(data.received);
  };
  const open = openChannel();
  open.addEventListener("message", listen);
  return () => open.removeEventListener("message", listen);
}
