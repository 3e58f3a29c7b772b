// The page's first script: opens the graphics device, and fetches the program that the address and the browser need.
//
// To find an adapter and to open its device takes a browser about as long as to fetch and compile a program, so both
// begin at once.

// Limits above WebGPU's defaults, up to this many where the adapter has them: as explorer-render/src/gpu.rs asks for
// them, since the device is opened once.
const wantedLimits = {
  maxTextureDimension1D: Infinity,
  maxTextureDimension2D: Infinity,
  maxTextureDimension3D: Infinity,
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
};
const defaultLimits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };

// Who first calls this method of `owner` gets the answer that is on its way; everybody later asks the browser.
const answerOnce = (owner, method, answer) => {
  answer.catch(() => {});
  owner[method] = (...asked) => {
    delete owner[method];
    return answer.catch(() => owner[method](...asked));
  };
};

// Opens a device ahead of the program; tells whether there is an adapter.
const openDevice = async () => {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) {
    const requiredLimits = {};
    for (const [name, most] of Object.entries(wantedLimits)) {
      requiredLimits[name] = Math.max(Math.min(adapter.limits[name], most), defaultLimits[name] ?? 0);
    }
    answerOnce(adapter, "requestDevice", adapter.requestDevice({ label: "points", requiredLimits }));
  }
  return adapter;
};

// Fetches a program and, with it, its script; then it can be started or given up. One that has to wait for its dataset is
// compiled meanwhile; a host that sends it under another type than its own has it compiled at the start.
const load = (script, program) => {
  const giveUp = new AbortController();
  const ask = () => fetch(new URL(program, import.meta.url), { signal: giveUp.signal });
  const fetched = isOnDevice ? WebAssembly.compileStreaming(ask()).catch(ask) : ask();
  const imported = import(script);
  for (const part of [fetched, imported]) part.catch(() => {});
  return { start: async () => (await imported).default({ module_or_path: fetched }), giveUp: () => giveUp.abort() };
};
const loadWebGpu = () => load("./bundles/explorer-webgpu.js", "./bundles/explorer-webgpu.wasm");
const loadEmbedded = () => load("./bundles/embedded-webgpu.js", "./bundles/embedded-webgpu.wasm");
const loadWebGl2 = () => load("./bundles/explorer-webgl2.js", "./bundles/explorer-webgl2.wasm");

const addLink = (attributes) => {
  document.head.append(Object.assign(document.createElement("link"), { crossOrigin: "anonymous", ...attributes }));
};

// Fetches what the next page will need, when nothing else is wanted.
const fetchAhead = (path) => addLink({ rel: "prefetch", href: new URL(path, import.meta.url) });

// Fetches what the program will ask for as soon as it runs.
const preload = (path) => addLink({ rel: "preload", as: "fetch", href: new URL(path, document.baseURI) });

const query = new URLSearchParams(location.search);
const isOne = ["data", "bytes"].some((name) => query.has(name));
const isOnDevice = query.get("data")?.startsWith("device/");
const remote = query.get("url");
const isExpression = location.href.startsWith(new URL("expression/", document.baseURI).href);
const isDataset = isOne || remote || location.href.startsWith(new URL("d/", document.baseURI).href);

// Shows the poster of the dataset, which the document holds, unless the address asks for another view than the first. The
// device does not wait for it: it would come no sooner, and the picture 150 ms later.
const showPoster = async () => {
  if (document.readyState === "loading") {
    await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve, { once: true }));
  }
  const poster = document.querySelector(".poster");
  if (!poster || location.hash) return;
  const [source, image] = poster.querySelectorAll("source, img");
  const theme = query.has("embed") && query.get("theme");
  if (theme === "dark") image.src = source.srcset;
  if (["dark", "light"].includes(theme)) {
    document.body.dataset.theme = theme;
    source.remove();
  }
  if (query.has("embed")) {
    const ui = query.get("ui") ?? "full";
    document.body.dataset.ui = ui;
    const panels = query.get("panels")?.split(" ") ?? (ui === "full" ? ["left", "right"] : []);
    for (const side of ["left", "right"]) poster.classList.toggle(`${side}-closed`, !panels.includes(side));
  }
  poster.hidden = false;
};
showPoster();

// Files of the user's own: dropped anywhere where nothing else takes them, or asked for by a command. A frame is somebody
// else's page.
let isDeviceLinked = false;
const loadDevice = () => {
  if (!isDeviceLinked) {
    addLink({ rel: "modulepreload", href: new URL("./bundles/device.js", import.meta.url) });
    preload(new URL("./bundles/device.wasm", import.meta.url));
    isDeviceLinked = true;
  }
  return import("./device.js");
};
// Whether a visit before has left datasets on this device.
const hasOwn = async () => {
  try {
    return Boolean(await (await navigator.storage.getDirectory()).getDirectoryHandle("device"));
  } catch {
    return false;
  }
};
const whenIdle = (act) => (window.requestIdleCallback ? requestIdleCallback(act, { timeout: 2000 }) : setTimeout(act, 500));
if (!query.has("embed")) {
  const isFile = ({ dataTransfer, defaultPrevented }) => !defaultPrevented && dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => isFile(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    // What is dropped is gone once this returns.
    const items = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
    const dropped = items.map((item) => Promise.all([item.getAsFile(), item.getAsFileSystemHandle?.().catch(() => null)]));
    Promise.all([loadDevice(), ...dropped]).then(([{ open }, ...pairs]) => open(pairs));
  });
  addEventListener("tessera-open-file", () => loadDevice().then(({ choose }) => choose()));
}
// Resolves once a dataset on this device can be opened; at once for all others.
const deviceReady = remote
  ? loadDevice().then(({ openRemote }) => openRemote(remote)).then(() => new Promise(() => {}))
  : isOnDevice && loadDevice().then(({ ready }) => ready());

const mayUseWebGpu = navigator.gpu && query.get("renderer") !== "webgl2";
if (isExpression) {
  await load("./bundles/expression.js", "./bundles/expression.wasm").start();
} else if (!isDataset) {
  preload("catalog.tsc");
  await load("./bundles/catalog.js", "./bundles/catalog.wasm").start();
  if (mayUseWebGpu) {
    for (const path of ["./bundles/explorer-webgpu.js", "./bundles/explorer-webgpu.wasm"]) fetchAhead(path);
  }
  // Most visitors have no datasets of their own, so the list, and what it leads to, come first.
  const showShelf = () => loadDevice().then(({ shelf }) => shelf());
  if (await hasOwn()) showShelf();
  else whenIdle(showShelf);
} else if (mayUseWebGpu) {
  const program = query.has("embed") ? loadEmbedded() : loadWebGpu();
  const adapter = openDevice();
  answerOnce(navigator.gpu, "requestAdapter", adapter);
  // Most often the adapter is found before the program is there.
  const hasAdapter = await adapter.catch(() => null);
  await deviceReady;
  if (hasAdapter) {
    await program.start();
  } else {
    program.giveUp();
    await loadWebGl2().start();
  }
} else {
  const program = loadWebGl2();
  await deviceReady;
  await program.start();
}
