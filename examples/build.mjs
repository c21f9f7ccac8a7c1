// Builds every example into dist/examples.

import { fileURLToPath } from "node:url";
import { build } from "vite";

export const names = ["html", "react", "vue", "svelte"];

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

for (const name of names) {
  await build({
    root: path(name),
    configFile: path("vite.config.mjs"),
    logLevel: "warn",
    build: { outDir: path(`../dist/examples/${name}`), emptyOutDir: true },
  });
}
