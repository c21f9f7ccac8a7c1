// How the analyzer describes <scout-chat>; cmd/build makes the package's custom-elements.json of its output.
export default {
  globs: ["web/src/element/scout-chat.ts"],
  outdir: "dist/cache",
  litelement: true,
  packagejson: false, // the analyzer does not change package.json
  quiet: true,
};
