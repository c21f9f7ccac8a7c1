// What wasm_exec.js, of the Go toolchain, defines.

/** Runs one Go program. */
declare class Go {
  /** What the program imports. */
  readonly importObject: WebAssembly.Imports;
  /** Runs the program; resolves when it exits. */
  run(instance: WebAssembly.Instance): Promise<void>;
}
