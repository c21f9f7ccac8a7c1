// Imports that cmd/build resolves.

/** The URL of a worker's script, a bundle of its own. The path is relative to the importing file. */
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

/** The URLs of the two files of Nano, the model that is part of the site, and the bytes of both together. */
declare module "model:nano" {
  const nano: { url: string; mmproj: string; bytes: number };
  export default nano;
}

/** The toolchain's wasm_exec.js, which defines globalThis.Go. */
declare module "go:wasm_exec" {}

/** The version of the site that the service worker belongs to. */
declare const SITE: import("../sw/versions.js").SiteVersion;
