// The first script of the worker that builds datasets from files of the user's own.
import init from "./bundles/builder.js";

await init({ module_or_path: new URL("./bundles/builder.wasm", import.meta.url) });
