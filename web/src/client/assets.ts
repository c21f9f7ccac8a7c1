// Where the assets of this build are.

import engineWorker from "worker:../worker/engine.worker.ts";
import pictureWorker from "worker:../worker/picture.worker.ts";
import storageWorker from "worker:../worker/storage.worker.ts";
import imageWasm from "go:image.wasm";
import mainWasm from "go:main.wasm";
import type { Assets } from "../assets.js";

/** The assets beside the page's script. */
export const ownAssets: Assets = { engineWorker, storageWorker, pictureWorker, mainWasm, imageWasm };
