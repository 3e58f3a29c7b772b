// The first script of the worker that validates files of the user's own.
import init from "./bundles/validator.js";

await init({ module_or_path: new URL("./bundles/validator.wasm", import.meta.url) });
