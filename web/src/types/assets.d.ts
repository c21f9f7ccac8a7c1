// Imports that cmd/build answers.

/** The URL of a worker, bundled apart. The path is relative to the importing file. */
declare module "worker:*" {
  const url: string;
  export default url;
}

/** The URL of main.wasm, built by the Go toolchain in use. */
declare module "go:main.wasm" {
  const url: string;
  export default url;
}

/** The URL of image.wasm. */
declare module "go:image.wasm" {
  const url: string;
  export default url;
}

/** Where the site keeps the files of the model inside, from its root; bytes of both together. */
declare module "model:nano" {
  const nano: { url: string; mmproj: string; bytes: number };
  export default nano;
}

/** The toolchain's wasm_exec.js, which defines globalThis.Go. */
declare module "go:wasm_exec" {}

/** What the service worker keeps for offline use: URLs and the hash of what they hold (null when the URL has it). */
declare const PRECACHE: { url: string; revision: string | null }[];
