// An engine worker that follows a script instead of computing, so that the tests of the page can bring it into every state.
// It replaces the page's Worker and answers the calls of EngineMethods in web/src/protocol.ts.

/** Runs in the page before its scripts. The fields of script say where to pause, stop or fail. */
export function fakeEngine(script) {
  class FakeWorker extends EventTarget {
    #aborted = new Set();

    postMessage(request) {
      if (request.kind === "abort") return this.#aborted.add(request.id);
      this.#answer(request).catch((error) => this.#reply({ kind: "error", id: request.id, error }));
    }

    terminate() {}

    async #answer({ id, method, args }) {
      const result = await this[method]?.(id, ...args);
      this.#reply({ kind: "result", id, result: result ?? null });
    }

    #reply(data) {
      queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
    }

    /** Waits; throws once the request is aborted. */
    async #pause(id, ms) {
      for (const end = Date.now() + ms; Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(5, ms)));
        if (this.#aborted.has(id)) throw { code: "aborted", message: "stopped", retryable: true };
      }
    }

    async preflight(id) {
      await this.#pause(id, 5);
      return { sentence: "This machine: the whole model on the GPU", verdict: "runs", reasons: [], downloadBytes: 0, ...script.preflight };
    }

    async load(id, source) {
      const total = 98_362_432;
      for (const phase of ["download", "load"]) {
        for (let step = 0; step <= 10; step++) {
          await this.#pause(id, script.loadMs ?? 5);
          const progress = { phase, bytesDone: (total * step) / 10, bytesTotal: total, bytesPerSecond: 12.3e6, secondsLeft: 8 - 0.8 * step };
          this.#reply({ kind: "progress", id, progress });
          if (script.holdLoadAt === step) await this.#pause(id, 1e8);
        }
      }
      if (script.loadError) throw script.loadError;
      return { id: source.id ?? source.url ?? "file", name: "SmolLM2 135M Instruct", architecture: "llama", contextLength: 2048, bytes: total, vision: script.vision ?? false, warnings: script.warnings ?? [] };
    }

    async picture(id, url) {
      await this.#pause(id, script.pictureMs ?? 5);
      if (!script.vision) throw { code: "invalid_request", message: "this model cannot see pictures", retryable: false };
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      if (script.refuse && bytes.length < 100) throw { code: "bad_image", message: "the PNG file is damaged or cut short", retryable: false };
      return { tiles: 13 };
    }

    async chat(id, request) {
      const { content } = request.messages.at(-1);
      const pictures = typeof content === "string" ? [] : content.filter(({ type }) => type === "image_url");
      const said = typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
      for (let done = 0; pictures.length && done <= (script.tiles ?? 3); done++) {
        this.#reply({ kind: "progress", id, progress: { phase: "picture", done, total: 13 } });
        await this.#pause(id, script.tileMs ?? 5);
      }
      if (script.holdTiles) await this.#pause(id, 1e8);
      const reply = (delta, finish_reason = null) =>
        this.#reply({ kind: "progress", id, progress: { phase: "delta", chunk: { id: "c", object: "chat.completion.chunk", created: 0, model: "m", choices: [{ index: 0, delta, finish_reason, logprobs: null }] } } });
      const words = (script.answer ?? (pictures.length ? `You showed ${pictures.length}: ${said}` : `You said: ${said}`)).split(/(?<= )/);
      reply({ role: "assistant" });
      for (const [i, content] of words.entries()) {
        await this.#pause(id, script.tokenMs ?? 5);
        if (script.fatalAt === i && !(script.fatalOnce && window.fatalBefore)) {
          window.fatalBefore = true;
          return this.#reply({ kind: "fatal", error: script.fatal });
        }
        reply({ content });
        for (const progress of script.progressAt?.[i] ?? []) {
          await this.#pause(id, script.progressEvery ?? 5);
          this.#reply({ kind: "progress", id, progress });
        }
        if (script.holdChatAt === i) await this.#pause(id, 1e8);
      }
      reply({}, "stop");
    }

    async models() {
      return script.stored ?? [];
    }

    async delete(_id, model) {
      script.stored = script.stored.filter((stored) => stored.id !== model);
    }

    async stats() {
      const paging = script.paging && { ...script.paging, bytesMissing: (script.paging.bytesMissing -= script.paging.step ?? 0) };
      return { tokensPerSecond: 41.4, paging: paging ?? null };
    }
  }
  window.Worker = FakeWorker;
}
