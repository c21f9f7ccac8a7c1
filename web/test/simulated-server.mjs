// A server that exists in a virtual clock alone: its latency, its speed and its outages take no real time.

/** Every simulated file repeats these bytes; their number is a prime. */
const pattern = Uint8Array.from({ length: 65_521 }, (_, i) => (Math.imul(i, 2654435761) >>> 15) & 255);

/** Returns the bytes of a simulated file from an offset on. */
function bytesAt(offset, length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const part = pattern.subarray((offset + at) % pattern.length).subarray(0, length - at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A server of one file. A test sets its members, or handle, which may return a Response in the place of the usual. */
export class SimulatedServer {
  /** Milliseconds until headers come; bytes per second of one stream; milliseconds between two pieces. */
  latency = 50;
  rate = 1e6;
  interval = 1000;
  /** The server cannot be reached. */
  down = false;
  etag = '"1"';
  requests = [];
  /** How many responses are being sent now, and at most so far. */
  open = 0;
  peak = 0;
  /** Bytes sent. */
  sent = 0;
  handle = () => undefined;
  #clock;
  #bodies = new Set();

  constructor(clock, size) {
    this.#clock = clock;
    this.size = size;
  }

  /** The function fetch of a browser that reaches this server alone. */
  fetch = async (url, { method = "GET", headers = {}, mode, signal }) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.Range ?? "");
    const request = { url, method, mode, time: this.#clock.now(), first: Number(range?.[1]), last: Number(range?.[2]) };
    this.requests.push(request);
    await this.#wait(this.latency, signal);
    if (this.down) throw new TypeError("Failed to fetch");
    const special = await this.handle(request, signal);
    return special ?? this.serve(request, signal);
  };

  /** Returns the usual response to a request. */
  serve({ first, last, method }, signal, { ...more } = {}) {
    const headers = { ETag: this.etag, "Content-Length": String(this.size), ...more };
    if (method === "HEAD") return new Response(null, { headers });
    headers["Content-Length"] = String(last - first + 1);
    headers["Content-Range"] = `bytes ${first}-${last}/${this.size}`;
    return new Response(this.#body(first, last + 1, signal), { status: 206, headers: { ...headers, ...more } });
  }

  /** Breaks all connections. */
  breakAll() {
    for (const body of this.#bodies) body.fail(new TypeError("network error"));
  }

  /** Never resolves, except that it rejects when the request is aborted. */
  silence(signal) {
    return this.#wait(1e12, signal);
  }

  #body(first, end, signal) {
    let offset = first;
    let ended = false;
    const finish = () => {
      if (ended) return;
      ended = true;
      this.open--;
      this.#bodies.delete(body);
    };
    const body = {};
    const stream = new ReadableStream(
      {
        start: (controller) => {
          body.fail = (error) => {
            if (!ended) controller.error(error);
            finish();
          };
          signal?.addEventListener("abort", () => body.fail(signal.reason));
        },
        pull: async (controller) => {
          await new Promise((resolve) => this.#clock.after(this.interval, resolve));
          const length = Math.min(end - offset, Math.ceil((this.rate * this.interval) / 1000));
          if (ended || length === 0) return;
          controller.enqueue(bytesAt(offset, length));
          offset += length;
          this.sent += length;
          if (offset < end) return;
          controller.close();
          finish();
        },
        cancel: finish,
      },
      { highWaterMark: 0 },
    );
    this.open++;
    this.peak = Math.max(this.peak, this.open);
    this.#bodies.add(body);
    return stream;
  }

  #wait(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(milliseconds, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        reject(signal.reason);
      });
    });
  }
}

/** Checks that bytes are those of a simulated file from an offset on. */
export function isRight(buffer, offset) {
  return Buffer.compare(new Uint8Array(buffer), bytesAt(offset, buffer.byteLength)) === 0;
}
