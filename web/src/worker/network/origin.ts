// What is known about a server, the origin of an address: whether it answers, since when it does not, and who may open
// a stream to it next. All reads of the worker share it.
//
// When a request fails because the network or the server is away, the origin closes for a while, which grows with each
// failure in a row, or for as long as the server asked for. Then it lets one stream through; its outcome decides for
// all others. So there is one request now and then however many reads wait.

import { aborted, type EngineError } from "../../errors.js";
import type { Waiting } from "../storage/source.js";
import type { Cancel, Clock } from "./clock.js";
import { Concurrency, MAX_STREAMS } from "./concurrency.js";
import type { NetworkError } from "./http-errors.js";
import { type Priorities, type Priority, rankOf } from "./priorities.js";

/** Milliseconds of the first wait and of the longest that the server did not ask for. */
const FIRST_DELAY = 1000;
const MAX_DELAY = 60_000;

/** How many connections browsers open to a host with HTTP/1.1. Further requests would wait inside the browser. */
const CONNECTIONS = 6;

/** An origin whose last bytes came less than so many milliseconds ago is receiving. */
const RECEIVING_TIME = 5000;

/** What a read needs to say to get a stream. */
export interface StreamRequest {
  priority: Priority;
  /** It is for a few bytes only, and does not count as one of the streams that are open at once. */
  small?: boolean;
  signal: AbortSignal;
  /** Is called whenever the origin begins to wait, or waits longer, and with undefined when the server has answered. */
  onWaiting: (waiting: Waiting | undefined) => void;
  /** The longest wait in milliseconds; acquire rejects with the cause of a longer one at once. */
  maxWait?: number;
}

interface Pending extends StreamRequest {
  grant(stream: Stream): void;
  refuse(error: EngineError): void;
}

/** The permission to have one request open. */
export class Stream {
  readonly rank: number;
  readonly small: boolean;
  /** How often the origin had closed when the stream was granted. */
  readonly round: number;
  readonly #preemption = new AbortController();

  constructor(rank: number, small: boolean, round: number) {
    this.rank = rank;
    this.small = small;
    this.round = round;
  }

  /** Fires when the stream has to end because its connection is needed for something more urgent. */
  get preempted(): AbortSignal {
    return this.#preemption.signal;
  }

  /** Ends the stream; the read that has it asks for another. */
  preempt(): void {
    this.#preemption.abort();
  }
}

/** Why and until when an origin is closed. */
interface Outage {
  cause: NetworkError;
  until: number;
  /** The server said how long. */
  told: boolean;
  cancelTimer: Cancel;
  /** The wait is over: one stream may try. */
  over: boolean;
  trial?: Stream | undefined;
}

/** The state of one origin. */
export class Origin {
  /** A page has read an answer of this origin, so its requests are not blocked by CORS. */
  contacted = false;
  /** Bytes per second of one stream, 0 if not measured. */
  speed = 0;
  /** When the speed was measured. */
  measured = 0;
  readonly #concurrency = new Concurrency();
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #priorities: Priorities;
  readonly #queue: Pending[] = [];
  readonly #streams = new Set<Stream>();
  #outage: Outage | undefined;
  #failures = 0;
  #round = 0;
  #lastReceived = 0;

  constructor(clock: Clock, random: () => number, priorities: Priorities) {
    this.#clock = clock;
    this.#random = random;
    this.#priorities = priorities;
    priorities.onIdle(() => this.#grantNext());
  }

  /** Milliseconds until the origin may be asked again; 0 if it is open. */
  get wait(): number {
    return this.#outage ? Math.max(1, this.#outage.until - this.#clock.now()) : 0;
  }

  /** Whether streams of the origin are receiving bytes now. */
  get receiving(): boolean {
    return this.#clock.now() - this.#lastReceived < RECEIVING_TIME;
  }

  /** Waits until a request may be sent. Every stream must be released. */
  acquire(request: StreamRequest): Promise<Stream> {
    if (request.signal.aborted) return Promise.reject(aborted());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(pending), 1);
        pending.refuse(aborted());
      };
      const settle = (result: () => void) => {
        request.signal.removeEventListener("abort", leave);
        result();
      };
      const pending: Pending = {
        ...request,
        grant: (stream) => settle(() => resolve(stream)),
        refuse: (error) => settle(() => reject(error)),
      };
      request.signal.addEventListener("abort", leave, { once: true });
      this.#enqueue(pending);
      this.#announce(pending);
      this.#grantNext();
    });
  }

  /** Ends a stream. */
  release(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    if (this.#outage?.trial === stream) this.#outage.trial = undefined;
    this.#priorities.leave(stream.rank);
    this.#grantNext();
  }

  /** Says that the server has answered a stream's request: the origin opens. */
  answered(stream: Stream): void {
    this.contacted = true;
    if (this.#outage?.told && this.#outage.trial !== stream) return;
    this.#outage?.cancelTimer();
    this.#outage = undefined;
    this.#grantNext();
  }

  /** Says that a stream's request failed with a transient error: the origin closes. */
  failed(stream: Stream, cause: NetworkError): void {
    if (cause.code === "http_status") {
      this.contacted = true;
      this.#concurrency.reduce();
    }
    const now = this.#clock.now();
    const told = cause.retryAfter > 0;
    if (stream.round < this.#round) {
      // It was sent before the failure that closed the origin and says nothing new, unless it says how long to wait.
      if (!told || !this.#outage || now + cause.retryAfter <= this.#outage.until) return;
    } else {
      this.#failures++;
    }
    this.#close(cause, now + Math.max(cause.retryAfter, this.#delay()), told);
  }

  /** Says that the computer has a network again: a wait that the server did not ask for ends. */
  online(): void {
    if (this.#outage && !this.#outage.told) this.#reopen(this.#outage);
  }

  /** Counts bytes that a stream has received. */
  received(bytes: number): void {
    if (!this.#outage) this.#failures = 0;
    this.#lastReceived = this.#clock.now();
    const full = this.#streams.size === this.#concurrency.limit;
    this.#concurrency.received(bytes, full, this.#lastReceived);
    if (full) this.#grantNext(); // more streams may be open now
  }

  /** Notes the speed of one response. */
  measure(bytes: number, milliseconds: number): void {
    const speed = (bytes / Math.max(milliseconds, 1)) * 1000;
    this.speed = this.speed === 0 ? speed : 0.7 * this.speed + 0.3 * speed;
    this.measured = this.#clock.now();
  }

  /** Returns a delay that doubles with each failure in a row; chance keeps clients from asking all at once. */
  #delay(): number {
    return Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (this.#failures - 1)) * (0.5 + 0.5 * this.#random());
  }

  #close(cause: NetworkError, until: number, told: boolean): void {
    this.#outage?.cancelTimer();
    this.#round++;
    const cancelTimer = this.#clock.after(until - this.#clock.now(), () => this.#reopen(outage));
    const outage: Outage = { cause, until, told, cancelTimer, over: false };
    this.#outage = outage;
    for (const pending of [...this.#queue]) this.#announce(pending);
  }

  #reopen(outage: Outage): void {
    outage.cancelTimer();
    outage.over = true;
    this.#grantNext();
  }

  /** Reports to a read that it waits, or refuses it if the wait is too long for it. */
  #announce(pending: Pending): void {
    if (!this.#outage) return;
    const { cause, until } = this.#outage;
    if (until - this.#clock.now() > (pending.maxWait ?? Number.POSITIVE_INFINITY)) {
      this.#queue.splice(this.#queue.indexOf(pending), 1);
      pending.refuse(cause);
    } else {
      pending.onWaiting({ cause: firstClause(cause.message), until });
    }
  }

  /** Adds a read to the queue behind those of the same and of higher priority. */
  #enqueue(pending: Pending): void {
    const rank = rankOf(pending.priority);
    const behind = this.#queue.findIndex(({ priority }) => rankOf(priority) > rank);
    this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, pending);
  }

  #grantNext(): void {
    for (;;) {
      const index = this.#queue.findIndex((pending) => this.#mayGrant(pending));
      const pending = this.#queue[index];
      if (!pending) return;
      this.#queue.splice(index, 1);
      const stream = new Stream(rankOf(pending.priority), pending.small ?? false, this.#round);
      if (this.#outage) this.#outage.trial = stream;
      this.#streams.add(stream);
      this.#priorities.enter(stream.rank);
      pending.grant(stream);
      this.#freeConnection(stream.rank);
    }
  }

  #mayGrant({ priority, small }: Pending): boolean {
    const rank = rankOf(priority);
    if (this.#outage) return this.#outage.over && !this.#outage.trial;
    if (small) return true;
    const competing = [...this.#streams].filter((stream) => stream.rank <= rank && !stream.small).length;
    if (rank === 0) return competing < MAX_STREAMS;
    return competing < this.#concurrency.limit && !this.#priorities.busyAbove(rank);
  }

  /** Ends less urgent streams until one of a rank has a connection. */
  #freeConnection(rank: number): void {
    const surplus = this.#streams.size - CONNECTIONS;
    if (surplus <= 0) return;
    const victims = [...this.#streams].filter((stream) => stream.rank > rank).sort((a, b) => b.rank - a.rank);
    for (const victim of victims.slice(0, surplus)) victim.preempt();
  }
}

/** Returns what happened, without what a person could do about it: while a read waits that is nothing. */
const firstClause = (message: string) => message.split(";", 1)[0]!;
