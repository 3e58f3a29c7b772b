// Answers for datasets on this device, and for the page where there is no network. It is registered once a file is opened
// here: who only looks at what a server has never gets it.
//
// `device/{key}/{name}/{file}` below the page's root is a file of a dataset. Its bytes lie in the browser's storage for
// this page (the origin private file system), in `device/{key}/`: `index.json` says which of the numbered files it is.
//
// The files of the page are kept as a whole, those of one version together, so that no page gets parts of another: a
// new version is fetched whole before it takes over, and takes over once no page of the old one is open.

// What the page is made of, and the page that validates files. The Explorer's own program, and tables of terms and genes,
// are kept when they are first asked for.
const files = [
  "./",
  "./start.js",
  "./style.css",
  "./device.js",
  "./device.css",
  "./bundles/device.js",
  "./bundles/device.wasm",
  "./builder.js",
  "./bundles/builder.js",
  "./bundles/builder.wasm",
  "./bundles/catalog.js",
  "./bundles/catalog.wasm",
  "./bundles/worker.js",
  "./bundles/worker.wasm",
  "./bundles/subset.js",
  "./bundles/subset.wasm",
  "./bundles/plots.js",
  "./bundles/plots.wasm",
  "./icon.svg",
  "./worker.js",
  "./subset.js",
  "./plots.js",
  "./validate.html",
  "./validate.js",
  "./validate.css",
  "./validator.js",
  "./bundles/validator.js",
  "./bundles/validator.wasm",
];
const prefix = "page ";
const version = prefix + files.join(" ");
const root = new URL("./", location.href);

// Files and folders that were chosen, until their page asks for them: a page cannot hand one to the next by its address.
const chosen = new Map();

// Complete datasets that were asked for.
const indices = new Map();

const directoryOf = async (key) => {
  const storage = await navigator.storage.getDirectory();
  return (await storage.getDirectoryHandle("device")).getDirectoryHandle(key);
};

const indexOf = async (key) => {
  const known = indices.get(key);
  if (known) return known;
  const directory = await directoryOf(key);
  const file = await (await directory.getFileHandle("index.json")).getFile();
  const index = { directory, ...JSON.parse(await file.text()) };
  if (index.isComplete) indices.set(key, index);
  return index;
};

// The bytes that a range asks for; `null` where there are none.
const rangeOf = (header, size) => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  if (first === undefined || Number(first) >= size) return null;
  return [Number(first), last ? Math.min(Number(last), size - 1) : size - 1];
};

const fromDevice = async (path, request) => {
  const [key, , file] = path;
  let blob;
  try {
    const index = await indexOf(key);
    const isManifest = file === "manifest.tsm";
    const place = index.files[isManifest && !index.isComplete ? "look.tsm" : file];
    // It was not there to be copied.
    if (!place && index.isComplete) return new Response("The dataset lacks this file.", { status: 410 });
    const [number] = place;
    blob = await (await index.directory.getFileHandle(number)).getFile();
  } catch {
    return new Response("It is not on this device.", { status: 404 });
  }
  const headers = {
    "content-type": "application/octet-stream",
    "cache-control": "no-store",
    "accept-ranges": "bytes",
  };
  const asked = request.headers.get("range");
  if (!asked) return new Response(blob, { headers });
  const range = rangeOf(asked, blob.size);
  if (!range) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${blob.size}` } });
  }
  const [first, last] = range;
  headers["content-range"] = `bytes ${first}-${last}/${blob.size}`;
  headers["content-length"] = `${last - first + 1}`;
  return new Response(blob.slice(first, last + 1), { status: 206, headers });
};

// Keeps the page, all of it or nothing.
const keepPage = async () => {
  const cache = await caches.open(version);
  if (await cache.match(root)) return;
  // Two names may lead to one file, which is asked for once.
  const addresses = new Set(files.map((file) => new URL(file, root).href));
  await cache.addAll([...addresses].map((address) => new Request(address, { cache: "no-cache" })));
};

const pathOf = (address) => address.pathname.slice(root.pathname.length);
const isRoot = (address) => ["", "index.html"].includes(pathOf(address));
const isNamedByContent = (address) => /-[0-9a-f]{16}\.\w+$/.test(address.pathname);
const isTable = (address) => pathOf(address).startsWith("reference/");
const isOfDevice = (address) => (new URL(address).searchParams.get("data") ?? "").startsWith("device/");

// A page of a dataset on this device is of one version, as are the files that it asks for. All else comes from the
// network, and from here only where there is none.
const fromPage = async (event, address) => {
  const { request } = event;
  const isNavigation = request.mode === "navigate";
  const cache = await caches.open(version);
  const kept = await cache.match(isNavigation && isRoot(address) ? root : request);
  if (kept && isNamedByContent(address)) return kept;
  const asking = isNavigation ? address : (await clients.get(event.clientId))?.url;
  if (kept && asking && isOfDevice(asking)) return kept;
  try {
    const answer = await fetch(request);
    const isToKeep = isNamedByContent(address) || isTable(address);
    if (isToKeep && answer.ok && (await cache.match(root))) event.waitUntil(cache.put(request, answer.clone()));
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
};

addEventListener("install", (event) => {
  // The first one lets the page work first.
  if (registration.active) event.waitUntil(keepPage());
});

addEventListener("activate", (event) => {
  const forgetOthers = async () => {
    const others = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== version);
    await Promise.all(others.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(forgetOthers());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || !address.href.startsWith(root.href)) return;
  const path = pathOf(address).split("/");
  if (path[0] === "device" && path.length === 4) {
    event.respondWith(fromDevice(path.slice(1), request));
  } else if (path.length === 1 || ["fonts", "snippets", "reference"].includes(path[0])) {
    event.respondWith(fromPage(event, address));
  }
});

addEventListener("message", (event) => {
  const { kind, key, source } = event.data;
  const [port] = event.ports;
  if (kind === "claim") {
    event.waitUntil(clients.claim());
  } else if (kind === "keep-page") {
    event.waitUntil(keepPage());
  } else if (kind === "take-over") {
    const takeOver = async () => {
      if ((await clients.matchAll({ type: "window", includeUncontrolled: true })).length <= 1) await skipWaiting();
    };
    event.waitUntil(takeOver());
  } else if (kind === "chosen") {
    chosen.set(key, source);
    port.postMessage(null);
  } else if (kind === "give") {
    port.postMessage(chosen.get(key) ?? null);
  } else if (kind === "forget") {
    chosen.delete(key);
    indices.delete(key);
  }
});
