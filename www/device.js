// The first script of the program that opens files of the user's own.
import init, { begin } from "./bundles/device.js";

const link = document.createElement("link");
document.head.append(Object.assign(link, { rel: "stylesheet", href: new URL("./device.css", import.meta.url) }));
await init({ module_or_path: new URL("./bundles/device.wasm", import.meta.url) });
begin(new URL("./builder.js", import.meta.url).href);

export { choose, open, openRemote, ready, shelf } from "./bundles/device.js";
