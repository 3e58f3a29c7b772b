// The first script of the worker that draws plots.
import init from "./bundles/plots.js";

await init({ module_or_path: new URL("./bundles/plots.wasm", import.meta.url) });
