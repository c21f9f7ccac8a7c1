// Every text of the interface in English. The type of this table is the type of all tables.

import { Format } from "./format.js";
import { paceOf } from "./pace.js";

const format = new Format({
  locale: "en",
  decimal: ".",
  units: ["B", "KB", "MB", "GB", "TB"],
  justNow: "just now",
  tokensPerSecond: "tokens/s",
});

/** The interface in English. */
export const en = {
  language: "en",
  dir: "ltr" as "ltr" | "rtl",
  format,

  app: {
    offered: "Offered by this server",
    newVersion: "A new version is ready.",
    reload: "Reload",
  },

  header: {
    models: "Models",
    modelsTitle: "Choose another model",
    clear: "New",
    clearTitle: "Start a new conversation",
  },

  chooser: {
    heading: "Choose a model",
    privacy: "It runs on this machine. What you write stays here.",
    /** By the id of a model of the catalogue: what it is good for. */
    notes: {
      nano: "Built in: small talk and simple drawings",
      "llama-4-scout": "109 billion parameters, text and pictures",
      "llama-3.2-1b": "Quick and capable",
      "llama-3.2-3b": "Slower, with better answers",
      "smollm2-135m": "Tiny: to try it out",
    } as Record<string, string>,
    elsewhere: "Downloading in another tab: choose it to join",
    visionFile: "vision file",
    stored: "Stored",
    storedPart: (percent: number) => `${percent || "under 1"} % stored`,
    delete: (name: string) => `Delete the stored ${name}`,
    deleteTitle: "Delete from this browser",
    url: "Address of a GGUF file",
    urlExample: "https://…/model.gguf",
    visionURL: "Address of its vision file",
    visionURLExample: "https://…/mmproj.gguf, to read pictures (optional)",
    load: "Load",
    files: "Open GGUF files, or drop them here",
    copied: "This browser copies them; Chrome and Edge read them where they are.",
  },

  drop: {
    pictures: "Drop pictures to attach them",
    models: "Drop GGUF files to open them",
  },

  composer: {
    /** Of the region with the message being written. */
    label: "Your message",
    message: "Message",
    placeholder: "Ask anything",
    placeholderNoModel: "Choose a model first",
    send: "Send",
    sendTitle: "Send (Enter)",
    stop: "Stop",
    stopTitle: "Stop (Escape)",
    attach: "Attach pictures",
    remove: (name: string) => `Remove ${name}`,
    removeTitle: "Remove",
  },

  conversation: {
    label: "Conversation",
    greeting: "What would you like to know?",
    earlier: "Show earlier messages",
    you: "You",
    answer: "Answer",
    /** Why an answer ended before the model ended it. */
    cut: {
      stopped: "Stopped",
      length: "Cut short: the answer or the context has reached its limit",
      interrupted: "Interrupted",
      repeated: "Stopped: the same text came again and again",
    },
    network: "Waiting for the network: part of the model is still missing",
    tile: (tile: number, total: number) => `Looking at tile ${tile} of ${total}…`,
    vision: (phase: string, done: number, total: number) =>
      `${phase}: the vision encoder, ${format.bytes(done)} of ${format.bytes(total)}…`,
    recover: (done: number, total: number) => {
      const how = total ? `, ${format.bytes(done)} of ${format.bytes(total)}` : "";
      return `The GPU was reset: loading the model again${how}; then the answer continues…`;
    },
    restart: (done: number, total: number) => {
      const how = total ? `, ${format.bytes(done)} of ${format.bytes(total)}` : "";
      return `The engine was started again: loading the model${how}; then the answer begins…`;
    },
    hitRate: (percent: number) => `${percent} % of experts found on the GPU`,
  },

  /** Within an answer. */
  markdown: {
    code: "Code",
    table: "Table",
    copy: "Copy",
    copied: "Copied",
    longLine: "This line is too long to be formatted.",
  },

  message: {
    actions: "Actions for this message",
    copy: "Copy",
    copied: "Copied",
    edit: "Edit",
    resend: "Send",
    cancel: "Cancel",
    regenerate: "Answer again",
    continue: "Continue",
    delete: "Delete",
    keep: "Keep",
    deleteHeading: "Delete this message?",
    deleteText: (after: number) =>
      after === 0
        ? ""
        : format.plural(after, {
            one: "The message after it is deleted too.",
            other: `The ${after} messages after it are deleted too.`,
          }),
    previousBranch: "Previous version",
    nextBranch: "Next version",
    branch: (n: number, total: number) => `Version ${n} of ${total}`,
  },

  history: {
    label: "Conversations",
    show: "Show conversations",
    hide: "Hide conversations",
    new: "New conversation",
    search: "Search",
    none: "No conversations yet",
    noMatch: "Nothing found",
    pinned: "Pinned",
    today: "Today",
    yesterday: "Yesterday",
    week: "Last 7 days",
    draft: (words: string) => `Draft: ${words}`,
    actions: (title: string) => `Actions for ${title}`,
    titleLabel: "Title",
    rename: "Rename",
    pin: "Pin",
    unpin: "Unpin",
    exportMarkdown: "Save as Markdown",
    exportJSON: "Save as JSON",
    exportAll: "Export all",
    import: "Import",
    imported: (count: number) =>
      format.plural(count, { one: "1 conversation was imported.", other: `${count} conversations were imported.` }),
    importProblems: {
      not_json: (file: string) => `${file} is not a JSON file. Choose a file that was exported here.`,
      not_export: (file: string) => `${file} is not an export of conversations. Choose a file that was exported here.`,
      newer: (file: string) => `${file} is of a newer version of Outrider. Reload the page, then import it again.`,
      damaged: (file: string, n: number) => `Nothing was imported: conversation ${n} of ${file} is damaged.`,
    },
    delete: "Delete",
    keep: "Keep",
    deleteHeading: (title: string) => `Delete “${title}”?`,
    deleteText: "Its messages and pictures are deleted from this browser.",
    you: "You",
    answer: "Answer",
    failed:
      "The browser stores nothing for this site at the moment: conversations are not kept when the page is closed.",
    cleared: (count: number) =>
      format.plural(count, {
        one: "The browser has deleted what this site stored: a conversation is gone.",
        other: `The browser has deleted what this site stored: ${count} conversations are gone.`,
      }),
    understood: "Close",
  },

  loading: {
    /** What a load does in each phase. */
    phases: {
      preflight: "Finding out what this machine can do with it",
      device: "Starting the GPU",
      header: "Reading the file",
      memory: "Finding out how much GPU memory there is",
      download: "Downloading",
      verify: "Checking the downloaded files",
      load: "Loading onto the GPU",
    },
    copying: "Copying into the browser",
    paused: "Paused. What has arrived is kept.",
    network: "Waiting for the network…",
    cancel: "Cancel",
    pause: "Pause",
    resume: "Resume",
    nextAttempt: (seconds: number) => `next attempt ${seconds > 0 ? `in ${format.duration(seconds)}` : "now"}`,
    progress: (done: number, total: number) => `${format.bytes(done)} of ${format.bytes(total)}`,
    speed: (bytesPerSecond: number) => `${format.bytes(bytesPerSecond)}/s`,
    left: (seconds: number) => `${format.duration(seconds)} left`,
    start: (bytes: number) => `This is what the first word needs; ${format.bytes(bytes)} in all follow while you chat.`,
  },

  welcome: {
    nano:
      "You are talking to Outrider Nano, a tiny model that came with this page. It knows Outrider, adds small " +
      "numbers, tells short stories and looks at simple drawings.",
    get: (name: string) => `Get ${name}`,
    continue: (name: string, percent: number) => `${name}, ${percent} %: continue?`,
    continueNote: (bytes: number) => `Its download is not complete: ${format.bytes(bytes)} are missing.`,
    getNote: "First a check of what this machine can do with it. Nothing is downloaded before you agree.",
  },

  /** A download beside the conversation. */
  background: {
    ready: (name: string) => `${name} is ready.`,
    start: "Start it",
    later: "Later",
    notify: "Tell me when it is ready",
    notified: "You will be told when it is ready.",
  },

  preflight: {
    /** The answer to the question whether it runs here. */
    verdict: {
      runs: "It runs on this machine.",
      runs_slowly: "It runs on this machine, but slowly.",
      does_not_fit: "It does not fit on this machine.",
    },
    speed: (tokensPerSecond: number) => {
      const { words, unit } = paceOf(tokensPerSecond);
      const count = words === 1 ? "one word" : `${words} words`;
      return `Its answers come at about ${count} ${unit === "hour" ? "an" : "a"} ${unit}.`;
    },
    toDownload: (bytes: number) => `${format.bytes(bytes)} to download`,
    takes: (seconds: number) => `about ${format.duration(seconds)}`,
    start: (bytes: number) => `You can chat after the first ${format.bytes(bytes)}; the rest follows meanwhile`,
    toCopy: (bytes: number) => `${format.bytes(bytes)} to copy into the browser`,
    onDisk: (bytes: number) => `${format.bytes(bytes)} on the disk in all`,
    free: (bytes: number) => `${format.bytes(bytes)} free`,
    /** By the limit that stands in the way: what is needed, what there is, and what to do. */
    limits: {
      buffer: (needed: number, available: number) =>
        `The GPU must hold ${format.bytes(needed)} in one piece; this one allows ${format.bytes(available)}. ` +
        "Choose a smaller file of the model.",
      gpu_memory: (needed: number, available: number) =>
        `It needs at least ${format.bytes(needed)} of GPU memory; ${format.bytes(available)} can be used. ` +
        "Close other tabs, or choose a smaller model.",
      storage: (needed: number, available: number) =>
        `${format.bytes(needed)} are still to be stored; the browser has ${format.bytes(available)} free. ` +
        "Free space on the disk, or delete another model.",
    },
    details: "Details",
    pauseHint: "You can stop the download and continue it another time.",
    slow: "Why it is slow:",
    tryAnyway: "Try anyway",
    downloadAnyway: "Download anyway",
    copy: "Copy into the browser",
    download: "Download",
    inBackground: (name: string) => `Download and go on with ${name}`,
    decline: "Choose another model",
    back: (name: string) => `Back to ${name}`,
  },

  paging: {
    experts: (placed: number, total: number) => `${placed} of ${total} experts on the GPU`,
    downloaded: (done: number, total: number) => `${format.bytes(done)} of ${format.bytes(total)} downloaded so far`,
    waiting: (why: string) => `waiting: ${why}`,
  },

  errors: {
    label: "Error:",
    retry: "Try again",
    keep: "Keep what is stored",
    startOver: "Delete it and start over",
    enterAddress: "Enter the address",
    allow: "Allow",
    freeSpace: "Free space…",
  },

  storage: {
    stored: (bytes: number) => `Stored models: ${format.bytes(bytes)}`,
    free: (bytes: number) => `${format.bytes(bytes)} free`,
    freeSpace: "Free space…",
    check: "Check",
    export: "Export",
    delete: "Delete",
    stop: "Stop",
    withVision: (size: string) => `${size} with its vision file`,
    onDisk: (size: string) => `${size}, on your disk`,
    incomplete: "incomplete",
    used: (ago: string) => `used ${ago}`,
    question: (name: string) => `Delete ${name}?`,
    staysOnDisk: "The file stays on your disk; only the page forgets it.",
    frees: (bytes: number) => `This frees ${format.bytes(bytes)}. Using the model again downloads or copies it again.`,
    keep: "Keep",
    checking: (percent: number) => `Checking… ${percent} %`,
    speed: "Download speed",
    noLimit: "no limit",
    limit: (bytesPerSecond: number) => `at most ${bytesPerSecond / 1e6} MB/s`,
    unchanged: "Checked: every byte is as it was stored.",
    changed: (parts: number) =>
      format.plural(parts, {
        one: "1 part has changed. The next load downloads it again.",
        other: `${parts} parts have changed. The next load downloads them again.`,
      }),
    exporting: (percent: number) => `Exporting… ${percent} %`,
    exported: "Exported.",
    stopped: "Stopped.",
  },
};

/** The type of a table of texts. */
export type Texts = typeof en;
