// What wasm_exec.js defines: the class that runs a Go program.

declare class Go {
  readonly importObject: WebAssembly.Imports;
  /** Runs the program; resolves when it exits. */
  run(instance: WebAssembly.Instance): Promise<void>;
}
