// The first script of the worker that writes cells as an AnnData file.
import init from "./bundles/subset.js";

await init({ module_or_path: new URL("./bundles/subset.wasm", import.meta.url) });
