// The worker of fake-engine.mjs. It runs in the page, before the page's scripts, and answers the calls of EngineMethods
// in web/src/protocol.ts. globalThis.engineScript says what it does:
//
//   files, freeBytes                                      the files and the free space of the store
//   changedParts, exportSteps                             what a check finds; how many steps an export has
//   stored, preflight, warnings, vision, answer, paging   results, or parts of them; each stats downloads paging.step
//   loadMs, preflightMs, pictureMs, tileMs, tokenMs,
//   progressEvery                                         how long each step takes
//   holdLoadAt, holdChatAt, holdTiles                     the step that lasts until the call is aborted
//   holdPhase                                             the phase before the download in which a load stays
//   slowToCancel                                          whether the step at holdLoadAt outlasts even that
//   loadError, loadErrorOnce                              what a load fails with, and whether only the first does
//   chatErrorOnce                                         what the first answer fails with before any word
//   refuse                                                whether pictures under 100 bytes are refused
//   fatal, fatalAt, fatalOnce                             the error and the word at which the engine ends
//   progressAt                                            progress to report after a word
//   waiting, waitMs                                       why the download waits at holdLoadAt, and for how long
{
  const script = globalThis.engineScript;
  const forever = 1e8; // ms
  const modelBytes = 98_362_432;
  const error = (code, message, retryable = false) => ({ code, message, retryable });

  /** Returns the text of a message and the number of its pictures. */
  const parseContent = (content) => {
    if (typeof content === "string") return { text: content, pictures: 0 };
    const text = content.map((part) => part.text ?? "").join("");
    return { text, pictures: content.filter(({ type }) => type === "image_url").length };
  };

  const deltaProgress = (delta, finish_reason) => {
    const choices = [{ index: 0, delta, finish_reason, logprobs: null }];
    return {
      phase: "delta",
      chunk: { id: "c", object: "chat.completion.chunk", created: 0, model: "m", choices },
    };
  };

  class FakeWorker extends EventTarget {
    #aborted = new Set();

    postMessage(request) {
      if (request.kind === "abort") this.#aborted.add(request.id);
      else this.#answer(request).catch((error) => this.#reply({ kind: "error", id: request.id, error }));
    }

    terminate() {}

    async preflight(id) {
      await this.#pause(id, script.preflightMs ?? 5);
      const sentence = "This machine: the whole model on the GPU";
      return { sentence, verdict: "runs", reasons: [], downloadBytes: 0, ...script.preflight };
    }

    async load(id, source, mmproj) {
      globalThis.loaded = [source, mmproj];
      globalThis.loads = (globalThis.loads ?? 0) + 1;
      if (script.holdPhase) await this.#hold(id, script.holdPhase);
      for (const phase of ["download", "load"]) {
        for (let step = 0; step <= 10; step++) await this.#loadStep(id, phase, step);
      }
      const { loadError } = script;
      if (script.loadErrorOnce) script.loadError = undefined;
      if (loadError) throw loadError;
      const { vision = false, warnings = [] } = script;
      const name = "SmolLM2 135M Instruct";
      const shape = { architecture: "llama", contextLength: 2048, bytes: modelBytes };
      return { id: source.id ?? source.url ?? "file", name, ...shape, vision, warnings };
    }

    async picture(id, url) {
      await this.#pause(id, script.pictureMs ?? 5);
      if (!script.vision) throw error("invalid_request", "this model cannot see pictures");
      const { byteLength } = await (await fetch(url)).arrayBuffer();
      if (script.refuse && byteLength < 100) throw error("bad_image", "the PNG file is damaged or cut short");
      return { tiles: 13 };
    }

    async chat(id, request) {
      const { chatErrorOnce } = script;
      script.chatErrorOnce = undefined;
      if (chatErrorOnce) throw chatErrorOnce;
      globalThis.continued = request.continue_final_message ?? false;
      const { text, pictures } = parseContent(request.messages.at(-1).content);
      if (pictures) await this.#encode(id);
      const whole = script.answer ?? (pictures ? `You showed ${pictures}: ${text}` : `You said: ${text}`);
      const answer = (globalThis.continued ? " " : "") + whole;
      this.#delta(id, { role: "assistant" });
      for (const [i, word] of answer.split(/(?<= )/).entries()) {
        await this.#pause(id, script.tokenMs ?? 5);
        if (script.fatalAt === i && !(script.fatalOnce && globalThis.fatalBefore)) return this.#die();
        await this.#word(id, word, i);
      }
      this.#delta(id, {}, "stop");
    }

    async pause() {
      globalThis.paused = true;
    }

    async limitBandwidth(_id, bytesPerSecond) {
      globalThis.limits = [...(globalThis.limits ?? []), bytesPerSecond];
    }

    async resume() {
      globalThis.paused = false;
    }

    async models() {
      return script.stored ?? [];
    }

    async delete(_id, model) {
      globalThis.deleted = [...(globalThis.deleted ?? []), model];
      script.stored = script.stored?.filter((stored) => stored.id !== model);
      script.files = script.files?.filter((stored) => stored.id !== model);
    }

    async storage() {
      return { freeBytes: script.freeBytes ?? 12e9, persisted: true, files: script.files ?? [] };
    }

    async verify(id, file) {
      const { bytesStored } = script.files.find((stored) => stored.id === file);
      for (let step = 0; step < 4; step++) {
        this.#reply({ kind: "progress", id, progress: (bytesStored * step) / 4 });
        await this.#pause(id, 100);
      }
      return script.changedParts ?? 0;
    }

    async export(id, file) {
      const { bytesTotal } = script.files.find((stored) => stored.id === file);
      const steps = script.exportSteps ?? 1;
      for (let step = 1; step <= steps; step++) {
        this.#reply({ kind: "progress", id, progress: (bytesTotal * step) / steps });
        await this.#pause(id, 50);
      }
      globalThis.exported = [...(globalThis.exported ?? []), file];
    }

    async import(_id, { name }) {
      return `local:${name}`;
    }

    async handle() {
      const requestPermission = async () => {
        globalThis.asked = true;
        return "granted";
      };
      return { requestPermission };
    }

    async stats() {
      if (!script.paging) return { tokensPerSecond: 41.4, paging: null };
      script.paging.bytesMissing -= script.paging.step ?? 0;
      return { tokensPerSecond: 41.4, paging: { ...script.paging } };
    }

    async #answer({ id, method, args }) {
      const result = await this[method]?.(id, ...args);
      this.#reply({ kind: "result", id, result: result ?? null });
    }

    #reply(data) {
      queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
    }

    #progress(id, progress) {
      this.#reply({ kind: "progress", id, progress });
    }

    #delta(id, delta, finishReason = null) {
      this.#progress(id, deltaProgress(delta, finishReason));
    }

    /** Waits; throws once the request is aborted. */
    async #pause(id, ms) {
      for (const end = Date.now() + ms; Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(5, ms)));
        if (this.#aborted.has(id)) throw error("aborted", "stopped", true);
      }
    }

    async #hold(id, phase) {
      const numbers = { bytesPerSecond: 0, secondsLeft: 0, waiting: "", until: 0 };
      this.#progress(id, { phase, bytesDone: 2e9, bytesTotal: phase === "memory" ? 8e9 : 0, ...numbers });
      await new Promise(script.slowToCancel ? () => {} : (resolve) => this.#pause(id, forever).then(resolve, resolve));
    }

    async #loadStep(id, phase, step) {
      await this.#pause(id, script.loadMs ?? 5);
      const bytesDone = (modelBytes * step) / 10;
      const { waiting = "", waitMs = 0 } = script.holdLoadAt === step ? script : {};
      this.#progress(id, {
        phase,
        bytesDone,
        bytesTotal: modelBytes,
        bytesPerSecond: 12.3e6,
        secondsLeft: 8 - 0.8 * step,
        waiting,
        until: waiting ? Date.now() + waitMs : 0,
      });
      if (script.holdLoadAt === step && !script.slowToCancel) await this.#pause(id, forever);
      if (script.holdLoadAt === step) await new Promise(() => {});
    }

    async #encode(id) {
      for (let done = 0; done <= 3; done++) {
        this.#progress(id, { phase: "picture", done, total: 13 });
        await this.#pause(id, script.tileMs ?? 5);
      }
      if (script.holdTiles) await this.#pause(id, forever);
    }

    async #word(id, content, i) {
      this.#delta(id, { content });
      for (const progress of script.progressAt?.[i] ?? []) {
        await this.#pause(id, script.progressEvery ?? 5);
        this.#progress(id, progress);
      }
      if (script.holdChatAt === i) await this.#pause(id, forever);
    }

    #die() {
      globalThis.fatalBefore = true;
      this.#reply({ kind: "fatal", error: script.fatal });
    }
  }

  globalThis.Worker = FakeWorker;
}
