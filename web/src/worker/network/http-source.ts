// A file on a server, read in ranges. A read continues where it stopped after a lost connection, for as long as the
// network is away.
//
// The request header If-Range, which would notice a changed file, is not used: it makes every cross-origin request need
// a CORS preflight, which the servers behind model hubs refuse. samples.ts looks for changes instead.
//
// Every request goes to the original address: what it redirects to may be signed for a short time only.

import { EngineError, throwIfAborted } from "../../errors.js";
import type { FileInfo } from "../storage/chunk-store.js";
import type { OnBytes, ReadOptions, Source } from "../storage/source.js";
import { Preempted } from "./attempt.js";
import { sleep } from "./clock.js";
import { type Answer, exchange } from "./exchange.js";
import { connectionLost, fileChanged, NetworkError, webPage, wrongRange } from "./http-errors.js";
import { type Mirror, Mirrors } from "./mirrors.js";
import type { Network } from "./network.js";
import { describe } from "./open.js";
import type { StreamRequest } from "./origin.js";
import { Patience, READ_PATIENCE } from "./patience.js";
import { RangeBuffer } from "./range-buffer.js";
import { beginsLikeHTML, checkRange, contentRange, type Range, validatorOf } from "./response.js";
import { type Sample, Samples } from "./samples.js";

/** What the requests of one read have in common. */
interface Read {
  buffer: RangeBuffer;
  stream: StreamRequest;
  patience: Map<Mirror, Patience>;
}

/** Ends a response because another mirror is faster. */
class TooSlow extends Error {}

/** A file on a server that supports range requests. */
export class HTTPSource implements Source {
  readonly info: FileInfo;
  readonly #network: Network;
  readonly #mirrors: Mirrors;
  readonly #samples: Samples;

  private constructor(network: Network, urls: readonly string[], info: FileInfo) {
    this.#network = network;
    this.#mirrors = new Mirrors(network, urls);
    this.#samples = new Samples(info.validator, network.random);
    this.info = info;
  }

  /** Opens a file; mirrors are other addresses of the same file. */
  static async open(
    network: Network,
    url: string,
    mirrors: readonly string[],
    signal: AbortSignal,
  ): Promise<HTTPSource> {
    const urls = [url, ...mirrors];
    for (const address of urls) {
      if (URL.canParse(address, globalThis.location?.href)) continue;
      throw new EngineError("invalid_request", `"${address}" is not a web address; give one that begins with https://`);
    }
    return new HTTPSource(network, urls, await describe(network, urls, signal));
  }

  /** Reads a range. */
  async read(
    offset: number,
    length: number,
    signal: AbortSignal,
    onBytes: OnBytes,
    { background = false, demand = false, onWaiting = () => {}, into }: ReadOptions = {},
  ): Promise<ArrayBuffer> {
    const buffer = new RangeBuffer({ offset, length }, onBytes, into);
    const priority = demand ? "demand" : background ? "background" : "foreground";
    const read: Read = { buffer, stream: { priority, signal, onWaiting }, patience: new Map() };
    while (!buffer.complete) {
      throwIfAborted(signal);
      await this.#receive(read, await this.#nextMirror(read));
    }
    this.#samples.keep(offset, buffer.bytes);
    return buffer.bytes.buffer;
  }

  /** Waits until a mirror may be asked again after a suspect answer, and returns it. */
  async #nextMirror({ stream }: Read): Promise<Mirror> {
    const { clock } = this.#network;
    const mirror = this.#mirrors.best();
    if (mirror.notBefore > clock.now()) await sleep(clock, mirror.notBefore - clock.now(), stream.signal);
    return mirror;
  }

  /** Requests what is missing and takes what arrives. Throws only what ends the read. */
  async #receive(read: Read, mirror: Mirror): Promise<void> {
    const { buffer } = read;
    const range = buffer.missing;
    try {
      await this.#exchange(read, mirror, range, (answer) => this.#take(answer, mirror, read, range));
    } catch (thrown) {
      if (thrown instanceof NetworkError && thrown.grade !== "transient") return this.#judge(read, mirror, thrown);
      const passes = thrown instanceof NetworkError || thrown instanceof Preempted || thrown instanceof TooSlow;
      if (!passes) throw thrown;
    }
    if (buffer.ofResponse > 0) this.#patience(read, mirror).reset();
    buffer.end();
  }

  #exchange<T>(read: Read, mirror: Mirror, range: Range, handle: (answer: Answer) => Promise<T>): Promise<T> {
    const patience = this.#patience(read, mirror);
    return exchange(this.#network, { ...read.stream, url: mirror.url, range, patience }, handle);
  }

  /** Puts the body of a response into the buffer. */
  async #take({ response, pieces }: Answer, mirror: Mirror, read: Read, range: Range): Promise<void> {
    const { clock } = this.#network;
    const { buffer } = read;
    const { url } = mirror;
    await this.#check(response, mirror, read, range);
    buffer.begin(response.headers.has("Content-Length"));
    const start = clock.now();
    for await (const piece of pieces) {
      if (buffer.ofResponse === 0 && beginsLikeHTML(piece)) throw webPage(url);
      if (!buffer.add(piece)) throw wrongRange(url);
      if (this.#mirrors.isSlow(mirror, buffer.ofResponse, clock.now() - start)) throw new TooSlow();
    }
    if (!buffer.complete) throw connectionLost(url);
  }

  /** Throws if a response is not the requested range of this file. */
  async #check(response: Response, mirror: Mirror, read: Read, range: Range): Promise<void> {
    checkRange(mirror.url, response, range);
    const size = contentRange(response)?.size;
    if (size !== undefined && size !== this.info.size) throw fileChanged(mirror.url, this.info.name);
    const validator = validatorOf(response);
    const sample = this.#samples.toCompare(validator);
    if (sample && !(await this.#isSame(sample, mirror, read))) throw fileChanged(mirror.url, this.info.name);
    this.#samples.accept(validator, sample !== undefined);
  }

  /** Fetches a sample again and reports whether its bytes are the same. */
  #isSame(sample: Sample, mirror: Mirror, read: Read): Promise<boolean> {
    // Small: this read has a stream already, and would otherwise wait for others that may do the same.
    const small: Read = { ...read, stream: { ...read.stream, small: true } };
    return this.#exchange(small, mirror, sample, async ({ response, pieces }) => {
      checkRange(mirror.url, response, sample);
      let received = 0;
      let equal = true;
      for await (const piece of pieces) {
        equal &&= piece.every((byte, i) => byte === sample.bytes[received + i]);
        received += piece.length;
      }
      if (received < sample.length) throw connectionLost(mirror.url);
      return equal;
    });
  }

  /**
   * Throws a suspect or final answer away and decides whether the mirror is asked again. Throws if no mirror is left.
   */
  #judge(read: Read, mirror: Mirror, error: NetworkError): void {
    read.buffer.discard();
    const delay = error.grade === "final" ? undefined : this.#patience(read, mirror).suspect();
    if (delay === undefined) this.#mirrors.fail(mirror, error);
    else mirror.notBefore = this.#network.clock.now() + delay;
  }

  #patience(read: Read, mirror: Mirror): Patience {
    let patience = read.patience.get(mirror);
    if (!patience) {
      patience = new Patience(this.#network, mirror.url, READ_PATIENCE);
      read.patience.set(mirror, patience);
    }
    return patience;
  }
}
