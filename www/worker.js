// A worker's first script: the page starts workers by this name.
import init from "./bundles/worker.js";

await init({ module_or_path: new URL("./bundles/worker.wasm", import.meta.url) });
