import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";

const isCustomElement = (tag) => tag === "scout-chat";

export default {
  base: "./",
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } }), svelte()],
  // The development server would move the package's scripts away from the files beside them.
  optimizeDeps: { exclude: ["outrider"] },
};
