// The states of a conversation, with an engine whose answers the test writes. The rule above all: a load or an answer
// that was ended or replaced changes nothing any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConversationController } from "../../dist/modules/element/conversation-controller.js";
import { EngineError } from "../../dist/modules/errors.js";

const lost = () => new EngineError("device_lost", "the GPU was lost", { retryable: true });
const badFile = () => new EngineError("not_gguf", "this is not a GGUF file");

/** Lets everything run that waits for nothing but promises. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/** An engine that records its calls. The test settles each by hand. */
class FakeEngine {
  loads = [];
  answers = [];
  unloads = 0;
  /** Calls go on after their signal has fired: the worst that an engine can do. */
  ignoresAbort = false;
  stats = async () => ({ tokensPerSecond: 41, paging: null });
  chat = { completions: { create: (request, options) => this.#create(request, options) } };

  load(source, { signal, onProgress }) {
    const { promise, resolve, reject } = withResolvers();
    signal.addEventListener("abort", () => this.ignoresAbort || reject(new EngineError("aborted", "stopped")));
    this.loads.push({ source, onProgress, resolve: () => resolve({ id: source, warnings: [] }), reject });
    return promise;
  }

  async unload() {
    this.unloads++;
  }

  /** As the engine's streams do, an aborted one ends without an error. */
  async #create(request, { signal, onProgress }) {
    const answer = new FakeAnswer(request, onProgress);
    signal.addEventListener("abort", () => this.ignoresAbort || answer.end());
    this.answers.push(answer);
    return answer;
  }
}

class FakeAnswer {
  #queue = [];
  #wake = () => {};

  constructor(request, onProgress) {
    this.request = request;
    this.onProgress = onProgress;
  }

  write = (content, finish_reason = null) =>
    this.#push({ value: { choices: [{ delta: { content }, finish_reason }] } });
  end = () => this.#push({ done: true });
  fail = (error) => this.#push({ error });

  async next() {
    while (this.#queue.length === 0) await new Promise((resolve) => (this.#wake = resolve));
    const { error, value, done = false } = this.#queue.shift();
    if (error) throw error;
    return { value, done };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  #push(item) {
    this.#queue.push(item);
    this.#wake();
  }
}

/** A controller with its host, which records events and statuses. */
function setUp(recorder) {
  const host = {
    recorder,
    current: new FakeEngine(),
    events: [],
    statuses: [],
    loadsEnded: 0,
    temperature: 0,
    engine: () => host.current,
    loadSettings: () => ({ paging: {}, ask: false }),
    answerSettings: () => ({ system: "Be brief.", temperature: host.temperature }),
    requestUpdate() {},
    statusChanged: (status) => host.statuses.push(status),
    loadEnded: () => host.loadsEnded++,
    emit: (type, detail) => host.events.push([type, detail]),
  };
  return { host, engine: host.current, conversation: new ConversationController(host) };
}

/** A controller whose model is open. */
async function setUpReady() {
  const all = setUp();
  const loading = all.conversation.load("m", "Model");
  all.engine.loads[0].resolve();
  await loading;
  return all;
}

/** A controller with an answer under way, of which a word has arrived. */
async function setUpGenerating() {
  const all = await setUpReady();
  const sent = all.conversation.send("Hello");
  await settle();
  const [answer] = all.engine.answers;
  answer.write("Hi ");
  await settle();
  return { ...all, sent, answer };
}

const texts = ({ messages }) => messages.map(({ role, text }) => `${role}: ${text}`);
const types = ({ events }) => events.map(([type]) => type);

test("a load leads to an open model", async () => {
  const { host, engine, conversation } = setUp();
  assert.equal(conversation.state.status, "idle");
  const loading = conversation.load("m", "Model");
  assert.equal(conversation.state.status, "loading");
  engine.loads[0].onProgress({ phase: "load" });
  engine.loads[0].resolve();
  assert.equal(await loading, conversation.model);
  assert.deepEqual(conversation.model, { source: "m", name: "Model", info: { id: "m", warnings: [] } });
  assert.deepEqual(host.statuses, ["loading", "ready"]);
  assert.deepEqual(types(host), ["load-progress", "model-loaded"]);
  assert.equal(host.loadsEnded, 1);
});

test("a load that is replaced changes nothing when it ends, however it ends", async () => {
  for (const end of ["resolve", "reject"]) {
    const { host, engine, conversation } = setUp();
    engine.ignoresAbort = true;
    const first = conversation.load("a", "A");
    const second = conversation.load("b", "B");
    engine.loads[0].onProgress({ phase: "load" });
    engine.loads[0][end](badFile());
    assert.equal(await first, undefined);
    assert.equal(conversation.state.status, "loading");
    engine.loads[1].resolve();
    await second;
    assert.equal(conversation.model.name, "B");
    assert.deepEqual(host.statuses, ["loading", "loading", "ready"]);
    assert.deepEqual(types(host), ["model-loaded"]);
    assert.equal(host.loadsEnded, 2);
  }
});

test("a load that is stopped leads back to idle, without an error", async () => {
  const { host, conversation } = setUp();
  const loading = conversation.load("m", "Model");
  conversation.stop();
  assert.equal(await loading, undefined);
  assert.equal(conversation.state.status, "idle");
  assert.deepEqual(types(host), []);
});

test("a load that fails shows the error; trying again loads the same model", async () => {
  const { host, engine, conversation } = setUp();
  const loading = conversation.load("m", "Model");
  engine.loads[0].reject(lost());
  await loading;
  assert.equal(conversation.state.status, "error");
  assert.equal(conversation.error.code, "device_lost");
  assert.equal(conversation.model, undefined);
  assert.deepEqual(types(host), ["error-raised"]);
  conversation.retry();
  assert.equal(conversation.error, undefined);
  engine.loads[1].resolve();
  await settle();
  assert.equal(conversation.state.status, "ready");
  assert.equal(engine.loads[1].source, "m");
});

test("an error that cannot pass offers no retry", async () => {
  const { engine, conversation } = setUp();
  const loading = conversation.load("m", "Model");
  engine.loads[0].reject(badFile());
  await loading;
  assert.equal(conversation.error.code, "not_gguf");
  assert.equal(conversation.retry, undefined);
});

test("what is not an EngineError is shown as an internal error", async () => {
  const { engine, conversation } = setUp();
  const loading = conversation.load("m", "Model");
  engine.loads[0].reject(new TypeError("x is undefined"));
  await loading;
  assert.equal(conversation.error.code, "internal");
  assert.match(conversation.error.message, /in the page: x is undefined/);
});

test("a message is answered word by word", async () => {
  const { host, conversation, sent, answer } = await setUpGenerating();
  assert.equal(conversation.state.status, "generating");
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi "]);
  answer.write("there");
  answer.end();
  await sent;
  assert.equal(conversation.state.status, "ready");
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
  assert.equal(conversation.messages[1].speed, 41);
  assert.deepEqual(types(host), ["model-loaded", "message-sent", "message-received"]);
  assert.deepEqual(host.events.at(-1)[1], { text: "Hi there", tokensPerSecond: 41 });
});

test("a request has the system prompt, all messages, and pictures before their text", async () => {
  const { engine, conversation, sent, answer } = await setUpGenerating();
  answer.end();
  await sent;
  void conversation.send("What is this?", [{ id: 1, name: "p.png", url: "data:,", checked: true, blob: new Blob() }]);
  await settle();
  assert.deepEqual(engine.answers[1].request, {
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi " },
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "data:," } },
          { type: "text", text: "What is this?" },
        ],
      },
    ],
    temperature: 0,
    stream: true,
  });
});

test("what the engine does shows until the next word", async () => {
  const { conversation, answer } = await setUpGenerating();
  const waiting = { phase: "network", waiting: true, message: "" };
  answer.onProgress(waiting);
  assert.equal(conversation.messages[1].activity, waiting);
  answer.write("there");
  await settle();
  assert.equal(conversation.messages[1].activity, undefined);
});

test("an answer that fills the context says so", async () => {
  const { conversation, sent, answer } = await setUpGenerating();
  answer.write(undefined, "length");
  answer.end();
  await sent;
  assert.equal(conversation.messages[1].cut, "length");
});

test("a message is not sent without a model, nor during an answer", async () => {
  const { conversation } = setUp();
  await conversation.send("Hello");
  assert.deepEqual(conversation.messages, []);
  const generating = await setUpGenerating();
  await generating.conversation.send("Are you there?");
  assert.deepEqual(texts(generating.conversation), ["user: Hello", "assistant: Hi "]);
});

test("an answer that is stopped keeps what has arrived", async () => {
  const { host, conversation, sent } = await setUpGenerating();
  conversation.stop();
  await sent;
  assert.equal(conversation.state.status, "ready");
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi "]);
  assert.equal(conversation.messages[1].cut, "stopped");
  assert.equal(host.events.at(-1)[0], "message-received");
});

test("an answer that fails keeps its words; trying again loads the model and answers anew", async () => {
  const { engine, conversation, sent, answer } = await setUpGenerating();
  answer.fail(lost());
  await sent;
  assert.equal(conversation.state.status, "error");
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi "]);
  assert.ok(conversation.model);
  conversation.retry();
  engine.loads[1].resolve();
  await settle();
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: "]);
  assert.deepEqual(conversation.conversation.places.get(conversation.messages[1].id).index, 1);
  engine.answers[1].write("Hello!");
  engine.answers[1].end();
  await settle();
  assert.equal(conversation.state.status, "ready");
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hello!"]);
});

test("an answer that fails before its first word leaves no message", async () => {
  const { engine, conversation } = await setUpReady();
  const sent = conversation.send("Hello");
  await settle();
  engine.answers[0].fail(lost());
  await sent;
  assert.deepEqual(texts(conversation), ["user: Hello"]);
});

test("after a retry whose load is replaced, nothing is answered", async () => {
  const { engine, conversation, sent, answer } = await setUpGenerating();
  answer.fail(lost());
  await sent;
  conversation.retry();
  const other = conversation.load("b", "B");
  engine.loads[2].resolve();
  await other;
  await settle();
  assert.equal(engine.answers.length, 1);
  assert.equal(conversation.model.name, "B");
});

function replaceEngine(conversation, host) {
  host.current = new FakeEngine();
  conversation.forgetModel();
}

/** Ways to end an answer for good, with the status that follows. */
const endings = {
  "another conversation": [(conversation) => conversation.show(), "ready"],
  leave: [(conversation) => conversation.leave(), "idle"],
  "another load": [(conversation) => void conversation.load("b", "B"), "loading"],
  "another engine": [(conversation, host) => replaceEngine(conversation, host), "idle"],
};

for (const [name, [end, status]] of Object.entries(endings)) {
  test(`an answer that arrives after ${name} is dropped`, async () => {
    const { host, engine, conversation, sent, answer } = await setUpGenerating();
    engine.ignoresAbort = true;
    engine.stats = () => assert.fail("the engine was asked about an answer that was ended");
    end(conversation, host);
    const before = texts(conversation);
    answer.write("again");
    answer.onProgress({ phase: "network", waiting: true, message: "" });
    answer.end();
    await sent;
    assert.equal(conversation.state.status, status);
    assert.deepEqual(texts(conversation), before);
    assert.ok(!types(host).includes("message-received"));
  });

  test(`an answer that fails after ${name} shows no error`, async () => {
    const { host, engine, conversation, sent, answer } = await setUpGenerating();
    engine.ignoresAbort = true;
    end(conversation, host);
    answer.fail(lost());
    await sent;
    assert.equal(conversation.state.status, status);
    assert.equal(conversation.error, undefined);
  });
}

test("an answer that is ended while its statistics are read is dropped", async () => {
  const { host, engine, conversation, sent, answer } = await setUpGenerating();
  const { promise, resolve } = withResolvers();
  engine.stats = () => promise;
  answer.end();
  await settle();
  conversation.show();
  resolve({ tokensPerSecond: 41, paging: null });
  await sent;
  assert.deepEqual(conversation.messages, []);
  assert.ok(!types(host).includes("message-received"));
});

test("another conversation begins without messages and keeps the model", async () => {
  const { engine, conversation, sent, answer } = await setUpGenerating();
  answer.end();
  await sent;
  conversation.show();
  assert.deepEqual(conversation.messages, []);
  assert.equal(conversation.state.status, "ready");
  assert.equal(engine.unloads, 0);
});

test("leave keeps the messages and unloads the model", async () => {
  const { engine, conversation, sent, answer } = await setUpGenerating();
  answer.end();
  await sent;
  conversation.leave();
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi "]);
  assert.equal(conversation.state.status, "idle");
  assert.equal(conversation.model, undefined);
  assert.equal(engine.unloads, 1);
});

test("a new load keeps the messages", async () => {
  const { engine, conversation, sent, answer } = await setUpGenerating();
  answer.end();
  await sent;
  const loading = conversation.load("b", "B");
  engine.loads[1].resolve();
  await loading;
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi "]);
});

test("after another engine the next load is the new engine's, and the messages stay", async () => {
  const { host, conversation, sent, answer } = await setUpGenerating();
  answer.end();
  await sent;
  replaceEngine(conversation, host);
  assert.equal(conversation.state.status, "idle");
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi "]);
  const loading = conversation.load("b", "B");
  host.current.loads[0].resolve();
  await loading;
  assert.equal(conversation.state.status, "ready");
});

test("a reported error is shown, with the model open, until it is dismissed", async () => {
  const { host, conversation } = await setUpReady();
  conversation.report(badFile());
  assert.equal(conversation.state.status, "error");
  assert.ok(conversation.model);
  conversation.dismissError();
  assert.equal(conversation.state.status, "ready");
  assert.deepEqual(host.statuses, ["loading", "ready", "error", "ready"]);
});

test("an error that is reported during an answer does not end it", async () => {
  const { host, conversation, sent, answer } = await setUpGenerating();
  conversation.report(badFile());
  assert.equal(conversation.state.status, "generating");
  assert.equal(conversation.error.code, "not_gguf");
  answer.write("there");
  await settle();
  conversation.dismissError();
  assert.equal(conversation.error, undefined);
  answer.end();
  await sent;
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
  assert.equal(conversation.state.status, "ready");
  assert.ok(types(host).includes("error-raised"));
});

test("what the person stopped is not reported", async () => {
  const { host, conversation } = await setUpReady();
  conversation.report(new EngineError("aborted", "stopped"));
  assert.equal(conversation.state.status, "ready");
  assert.ok(!types(host).includes("error-raised"));
});

/** A controller with a question and its whole answer. */
async function setUpAnswered() {
  const all = await setUpGenerating();
  all.answer.write("there");
  all.answer.end();
  await all.sent;
  return all;
}

/** Writes the whole of the latest answer. */
async function answerWith(engine, text) {
  await settle();
  engine.answers.at(-1).write(text);
  engine.answers.at(-1).end();
  await settle();
}

test("an answer that is repeated is a branch beside the first", async () => {
  const { engine, conversation } = await setUpAnswered();
  const [, first] = conversation.messages;
  void conversation.regenerate(first.id);
  await answerWith(engine, "Hello!");
  assert.deepEqual(engine.answers[1].request.messages.slice(1), [{ role: "user", content: "Hello" }]);
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hello!"]);
  conversation.select(first.id);
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
});

test("a question that is edited is a branch, with an answer of its own", async () => {
  const { engine, conversation } = await setUpAnswered();
  const [question] = conversation.messages;
  void conversation.edit(question.id, "Bye");
  await answerWith(engine, "See you");
  assert.deepEqual(engine.answers[1].request.messages.slice(1), [{ role: "user", content: "Bye" }]);
  assert.deepEqual(texts(conversation), ["user: Bye", "assistant: See you"]);
  conversation.select(question.id);
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
});

test("an answer that was stopped continues where it was cut", async () => {
  const { engine, conversation, sent } = await setUpGenerating();
  conversation.stop();
  await sent;
  const { id } = conversation.messages[1];
  void conversation.continue();
  await answerWith(engine, " there");
  const { messages, continue_final_message } = engine.answers[1].request;
  assert.ok(continue_final_message);
  assert.deepEqual(messages.at(-1), { role: "assistant", content: "Hi" });
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
  assert.equal(conversation.messages[1].cut, undefined);
  assert.equal(conversation.messages[1].id, id);
});

test("a message that is deleted takes what follows it along", async () => {
  const { engine, conversation } = await setUpAnswered();
  void conversation.send("More");
  await answerWith(engine, "Yes");
  conversation.remove(conversation.messages[2].id);
  assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
});

for (const code of ["context_full", "bad_image"])
  test(`a message that is refused with ${code} counts as not said`, async () => {
    const { host, engine, conversation } = await setUpAnswered();
    const refused = [];
    host.refused = (text) => refused.push(text);
    const sent = conversation.send("word ".repeat(10));
    await settle();
    engine.answers[1].fail(new EngineError(code, "no"));
    await sent;
    assert.equal(conversation.error.code, code);
    assert.deepEqual(refused, ["word ".repeat(10)]);
    assert.deepEqual(texts(conversation), ["user: Hello", "assistant: Hi there"]);
    void conversation.send("short");
    await answerWith(engine, "Yes");
    assert.equal(conversation.state.status, "ready");
  });

test("whatever ends an answer, the recorder has what has arrived, as it ended", async () => {
  for (const [end] of Object.values(endings)) {
    const puts = [];
    const { host, conversation } = setUp({ put: (_, { text, cut }, growing) => puts.push([text, cut, growing]) });
    const loading = conversation.load("m", "Model");
    host.current.loads[0].resolve();
    await loading;
    void conversation.send("Hello");
    await settle();
    host.current.answers[0].write("Hi ");
    await settle();
    end(conversation, host);
    assert.deepEqual(puts[0], ["Hello", undefined, false]);
    assert.deepEqual(puts.at(-2), ["Hi ", undefined, true]);
    assert.deepEqual(puts.at(-1), ["Hi ", "stopped", false]);
  }
});

test("an answer that repeats itself ends, unless a temperature is set", async () => {
  for (const temperature of [null, 0]) {
    const { host, engine, conversation } = await setUpReady();
    host.temperature = temperature;
    const sent = conversation.send("Hello");
    for (let i = 0; i < 300; i++) engine.answers[0].write("again ");
    engine.answers[0].end();
    await sent;
    const { cut, text } = conversation.messages.at(-1);
    assert.equal(cut, temperature === null ? "repeated" : undefined);
    assert.equal(text.length < 1500, temperature === null);
    assert.equal(engine.answers[0].request.temperature, 0);
  }
});
