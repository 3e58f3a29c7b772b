// Datasets on this device: opens files of the user's own, has a worker build them, and lists those of before.
//
// A file never leaves the device. Its dataset goes to the browser's storage for this page, where the service worker
// (sw.js) reads it for whatever asks for `device/{key}/{name}/…`: so the Explorer opens it as it opens any other. The
// key is made of the file's length and its two ends, so that the same file has the same address everywhere, and a link
// can say what file to open.

const base = document.baseURI.replace(/[^/]*$/, "");
const tail = 1 << 16;
const mebibyte = 1 << 20;

// The most that a worker's memory may become.
const mostMemory = 3.5 * 1024 * mebibyte;

// How much of a build's time an entry of a matrix takes in each of its stages.
const weights = { reading: 3, "writing cells of": 4, "writing genes of": 3 };

const types = { "application/x-hdf5": [".h5ad", ".h5", ".h5mu"], "application/zip": [".zip"] };

addLink();
function addLink() {
  const link = document.createElement("link");
  document.head.append(Object.assign(link, { rel: "stylesheet", href: new URL("./device.css", import.meta.url) }));
}

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};
const button = (text, testId, onclick, kind = "") =>
  element("button", { type: "button", class: `button ${kind}`, "data-testid": testId, onclick }, text);

const bytesText = (bytes) => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 999.5 && unit < units.length - 1; unit += 1) bytes /= 1000;
  return `${bytes < 9.95 && unit ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
};

const secondsText = (seconds) => {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 90) return `about ${5 * Math.ceil(seconds / 5)} s left`;
  return `about ${Math.ceil(seconds / 60)} min left`;
};

// What a shell takes as one word.
const quoted = (name) => (/^[\w.+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);
const commandOf = (name) => `tile-server serve ${quoted(name)}`;

// ---------------------------------------------------------------------------------------------------------------------
// Storage

const rootDirectory = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle("device", { create: true });

const readIndex = async (directory) => {
  try {
    const file = await (await directory.getFileHandle("index.json")).getFile();
    return JSON.parse(await file.text());
  } catch {
    return null;
  }
};

const writeIndex = async (directory, index) => {
  const file = await directory.getFileHandle("index.json", { create: true });
  const writable = await file.createWritable();
  await writable.write(JSON.stringify(index));
  await writable.close();
};

const indexOf = async (key) => {
  const root = await rootDirectory();
  const directory = await root.getDirectoryHandle(key).catch(() => null);
  return directory && readIndex(directory);
};

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

// Removes a dataset's directory. A worker that was ended, by a reload for one, keeps its files open for a moment, so this
// is tried for some seconds.
const removeDirectory = async (root, key) => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await root.removeEntry(key, { recursive: true });
    } catch (error) {
      if (error.name !== "NotFoundError") {
        await sleep(100);
        continue;
      }
    }
    return;
  }
};

const remove = async (key) => {
  tellServiceWorker({ kind: "forget", key });
  await removeDirectory(await rootDirectory(), key);
  await handles("readwrite", (store) => store.delete(key)).catch(() => {});
};

// Removes what a build has left that is no part of the dataset.
const tidy = async (directory, index) => {
  const files = { ...index.files };
  delete files["look.tsm"];
  const kept = new Set(Object.values(files).map(([number]) => number));
  for await (const name of directory.keys()) {
    if (name !== "index.json" && !kept.has(name)) await directory.removeEntry(name).catch(() => {});
  }
};

// Handles of files and addresses of those of hosts, which the next visit may read again where the user still allows that.
const handles = (mode, ask) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open("tessera-device", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("handles");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = ask(opening.result.transaction("handles", mode).objectStore("handles"));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    };
  });

// ---------------------------------------------------------------------------------------------------------------------
// The service worker

const tellServiceWorker = (message) => navigator.serviceWorker?.controller?.postMessage(message);

const askServiceWorker = (message) =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    navigator.serviceWorker.controller.postMessage(message, [port2]);
  });

// What the browser lacks that this takes.
class Unable extends Error {}

const registerServiceWorker = async () => {
  const hasAll = navigator.serviceWorker && navigator.storage?.getDirectory && navigator.locks && window.indexedDB;
  const lacks = "This browser lets this page keep nothing on the device (it may be a private window, or the page's " +
    "address does not begin with https).";
  if (!hasAll) throw new Unable(lacks);
  const registration = await navigator.serviceWorker.register(new URL("sw.js", base), { scope: base }).catch(() => {
    // Without a network the one that is there will do.
    return navigator.serviceWorker.getRegistration(base);
  });
  if (!registration) throw new Unable(lacks);
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    // A page that was reloaded past it.
    const controlled = new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    });
    registration.active.postMessage({ kind: "claim" });
    await controlled;
  }
  await navigator.storage.getDirectory().catch(() => {
    throw new Unable(lacks);
  });
  return registration;
};

// A new version of the page waits until no page of the old one is open: this one gives way before it begins.
const giveWay = (registration) => {
  if (!registration.waiting) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage({ kind: "take-over" });
};

// ---------------------------------------------------------------------------------------------------------------------
// Choosing a file

// A source is `{ name, file }`, `{ name, files }` for a folder, as pairs of a path in it and a file, or
// `{ name, address, nBytes, tag }` for a file of a host.
const filesBelow = async (directory, path = "") => {
  const files = [];
  for await (const [name, handle] of directory.entries()) {
    if (handle.kind === "directory") files.push(...(await filesBelow(handle, `${path}${name}/`)));
    else files.push([path + name, await handle.getFile()]);
  }
  return files;
};

const sourceOf = async ({ file, handle }) => {
  if (handle?.kind === "directory") return { name: handle.name, files: await filesBelow(handle) };
  if (handle) file = await handle.getFile();
  return { name: file.name, file };
};

// What tells a source from others.
const marksOf = ({ file, files, address, nBytes, tag }) => {
  if (address) return [`${address} ${nBytes} ${tag}`];
  if (files) return files.map(([path, { size }]) => `${path} ${size}\n`).sort();
  return [`${file.size} `, file.slice(0, tail), file.slice(Math.max(file.size - tail, 0))];
};

const keyOf = async (source) => {
  const content = await new Blob(marksOf(source)).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

const addressOf = (key, name) => {
  const address = new URL(base);
  address.searchParams.set("data", `device/${key}/${encodeURIComponent(name)}`);
  return address.href;
};

const ofAddress = () => {
  const [, key, name] = new URLSearchParams(location.search).get("data").split("/");
  return { key, name: decodeURIComponent(name ?? "") };
};

/** Opens a file, or what a handle leads to, in this window. `hash` is the view to begin with. */
export const open = async (picked, hash = "") => {
  try {
    await registerServiceWorker();
    const source = await sourceOf(picked);
    const key = await keyOf(source);
    const { handle } = picked;
    if (handle) await handles("readwrite", (store) => store.put(handle, key)).catch(() => {});
    await askServiceWorker({ kind: "chosen", key, source });
    const address = addressOf(key, source.name) + hash;
    if (address === location.href) location.reload();
    else location.assign(address);
  } catch (error) {
    const text = error instanceof Unable ? error.message : unreadable(error);
    showFailure((picked.handle ?? picked.file).name, text);
  }
};

const unreadable = (error) => `The browser cannot read it: ${error.message}`;

/** Opens the file at an address, by ranges: of this host, or of one that the document allows. */
export const openRemote = async (text) => {
  const url = new URL(text, base);
  const name = decodeURIComponent(url.pathname.split("/").pop()) || url.host;
  const allowed = document.querySelector("meta[name=tessera-data-origins]")?.content.split(/\s+/) ?? [];
  try {
    if (url.origin !== new URL(base).origin && !allowed.includes(url.origin)) {
      throw new Unable(`This page may not show data of ${url.origin}. Whoever runs it can allow that by the option --data-origin of tile-server serve or export.`);
    }
    await registerServiceWorker();
    const answer = await fetch(url, { headers: { range: "bytes=0-0" } });
    const nBytes = Number(answer.headers.get("content-range")?.split("/")[1]);
    if (answer.status !== 206 || !nBytes) {
      throw new Unable(`${url.host} does not send parts of files (it answers ${answer.status} to a request for a range, or keeps Content-Range from scripts). Download the file and open it here.`);
    }
    const source = { name, address: url.href, nBytes, tag: answer.headers.get("etag") ?? "" };
    const key = await keyOf(source);
    await handles("readwrite", (store) => store.put(source, key)).catch(() => {});
    await askServiceWorker({ kind: "chosen", key, source });
    location.replace(addressOf(key, name) + location.hash);
  } catch (error) {
    showFailure(name, error instanceof Unable ? error.message : unreadable(error));
  }
};

let field = null;

// Asks for a file. The field stands in the document, where every browser lets it be pressed.
const fieldFor = (onfile) => {
  field?.remove();
  const take = () => {
    const [file] = field.files;
    if (file) onfile({ file });
    field.value = "";
  };
  const accept = Object.values(types).flat().join(",");
  field = element("input", { type: "file", class: "visually-hidden", accept, tabindex: "-1", "aria-hidden": "true" });
  field.dataset.testid = "device-file";
  field.addEventListener("change", take);
  document.body.append(field);
};

// What is picked by a dialog of the browser's; `null` where the user changes their mind.
const unlessAborted = (asked) =>
  asked.catch((error) => {
    if (error.name === "AbortError") return null;
    throw error;
  });

/** Asks for a file and opens it. */
export const choose = async (hash = "") => {
  if (!field) fieldFor((chosen) => open(chosen, hash));
  if (!window.showOpenFilePicker) {
    field.click();
    return;
  }
  const handles = await unlessAborted(showOpenFilePicker({ types: [{ description: "AnnData", accept: types }] }));
  if (handles) await open({ handle: handles[0] }, hash);
};

const chooseFolder = async () => {
  const handle = await unlessAborted(showDirectoryPicker());
  if (handle) await open({ handle });
};

// ---------------------------------------------------------------------------------------------------------------------
// Screens

let screen = null;

const showScreen = (title, ...parts) => {
  screen?.remove();
  const box = element("div", { class: "screen-box" }, element("h1", { class: "screen-title" }, title), ...parts);
  screen = element("main", { class: "screen screen-center device-screen", "data-testid": "device-screen" }, box);
  document.body.append(screen);
};

const home = () => element("a", { href: base }, "All datasets");

const ways = (...children) => element("div", { class: "screen-ways" }, ...children);

const command = (name) => {
  const text = commandOf(name);
  const copy = button("Copy", "device-copy", () => navigator.clipboard.writeText(text));
  return element("div", { class: "device-command" }, element("code", { "data-testid": "device-command" }, text), copy);
};

const openAnother = (text) => {
  fieldFor((picked) => open(picked, location.hash));
  return button(text, "device-choose", () => choose(location.hash), "primary");
};

function showFailure(name, message) {
  showBanner(null);
  const text = element("p", { role: "alert", "data-testid": "device-error" }, message);
  showScreen(`${name} cannot be opened here`, text, ways(openAnother("Open a file…"), home()));
}

let banner = null;

// What stands over the Explorer while the rest is built; `null` takes it away.
function showBanner(content) {
  if (!content) {
    banner?.remove();
    banner = null;
    return;
  }
  if (!banner) {
    banner = element("aside", { class: "device-banner", "data-testid": "device-banner", "aria-label": "Progress" });
    document.body.append(banner);
  }
  banner.replaceChildren(...content);
}

// ---------------------------------------------------------------------------------------------------------------------
// Building

// The source of a dataset: the one that was chosen on the page before, or the one that an earlier visit has a handle of.
const sourceFor = async (key) => {
  const chosen = await askServiceWorker({ kind: "give", key });
  if (chosen) return chosen;
  const handle = await handles("readonly", (store) => store.get(key)).catch(() => null);
  if (handle?.address) return handle;
  if ((await handle?.queryPermission({ mode: "read" })) !== "granted") return null;
  return sourceOf({ handle }).catch(() => null);
};

// Asks for the file of a dataset that is not on this device; ends when another page opens it.
const askForFile = (name) => {
  const text = `This address is of a file on somebody's device, “${name}”. Open your copy of it: it stays on this device.`;
  showScreen(`Open ${name}`, element("p", {}, text), ways(openAnother(`Open ${name}…`), home()));
  return new Promise(() => {});
};

// Tells what a build takes that the device may not have; resolves where it is to begin all the same.
const confirmNeeds = async (name, { memoryBytes, spaceBytes }) => {
  const { quota, usage } = await navigator.storage.estimate();
  const deviceMemory = (navigator.deviceMemory ?? 8) * 1024 * mebibyte;
  const freeBytes = quota - usage;
  const lacking = [];
  if (spaceBytes > freeBytes) {
    lacking.push(`about ${bytesText(spaceBytes)} of storage, of which the browser has ${bytesText(freeBytes)} for this page`);
  }
  if (memoryBytes > Math.min(mostMemory, deviceMemory / 2)) {
    lacking.push(`about ${bytesText(memoryBytes)} of memory, which may be more than the browser has`);
  }
  if (!lacking.length) return;
  const text = `To open it here takes ${lacking.join(", and ")}. The command line needs less, and shows the same:`;
  await new Promise((resolve) => {
    const anyway = button("Try it here all the same", "device-anyway", resolve);
    showScreen(`${name} is large`, element("p", { "data-testid": "device-needs" }, text), command(name), ways(anyway, home()));
  });
};

// How far a build has come, from the stages that it tells.
class Estimate {
  #begun = performance.now();
  #done = new Map();
  #total;

  constructor(matrices) {
    const perEntry = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    this.#total = matrices.reduce((sum, [, nEntries]) => sum + nEntries * perEntry, 0);
    this.matrices = new Map(matrices);
  }

  note(stage, share) {
    const kind = Object.keys(weights).find((kind) => stage.startsWith(`${kind} `));
    const nEntries = kind && this.matrices.get(stage.slice(kind.length + 1));
    if (nEntries) this.#done.set(stage, share * weights[kind] * nEntries);
  }

  get share() {
    const done = [...this.#done.values()].reduce((sum, part) => sum + part, 0);
    return this.#total ? done / this.#total : 0;
  }

  get text() {
    const { share } = this;
    if (share < 0.03) return "";
    const seconds = (performance.now() - this.#begun) / 1000;
    return secondsText((seconds * (1 - share)) / share);
  }
}

// What shows the progress of a build, which is updated in place: a button that is made anew would lose the focus.
const progressView = (name, cancel) => {
  const text = element("p", { "data-testid": "device-progress" });
  const inner = element("div", { class: "device-bar" });
  const bar = element("div", { class: "progress", role: "progressbar", "aria-label": `Opening ${name}` }, inner);
  const update = (stage, estimate) => {
    const percent = Math.round(estimate.share * 100);
    bar.setAttribute("aria-valuenow", percent);
    inner.style.setProperty("width", `${percent}%`);
    text.textContent = [stage, percent && `${percent}%`, estimate.text].filter(Boolean).join(" · ");
  };
  return { parts: [text, bar, cancel], update };
};

// Opens the page anew, now that there is all of the dataset: the address has the view. Who is at work says when.
const showWhole = (name, isUsed) => {
  const again = () => location.reload();
  if (!isUsed) {
    again();
    return;
  }
  const text = element("p", { role: "status" }, "All genes are read.");
  const title = element("strong", { class: "ellipsis" }, name);
  showBanner([title, text, button("Show them", "device-show", again, "primary")]);
};

const emptyDirectory = async (key) => {
  const root = await rootDirectory();
  await removeDirectory(root, key);
  return root.getDirectoryHandle(key, { create: true });
};

const sizeOf = (files) => Object.values(files).reduce((sum, [, nBytes]) => sum + nBytes, 0);

// Copies a dataset that was built already.
const copy = async (key, { name, files: found }) => {
  const directory = await emptyDirectory(key);
  const files = {};
  for (const [number, [path, file]] of found.entries()) {
    const handle = await directory.getFileHandle(`${number}`, { create: true });
    await file.stream().pipeTo(await handle.createWritable());
    files[path] = [`${number}`, file.size];
  }
  await writeIndex(directory, { isComplete: true, name, nBytes: sizeOf(files), files, built: Date.now() });
  tellServiceWorker({ kind: "keep-page" });
};

// Has a worker build the dataset; `onready` is called once the Explorer can open it.
const build = (key, source, onready) =>
  new Promise((resolve, reject) => {
    const { name } = source;
    const worker = new Worker(new URL("./builder.js", import.meta.url), { type: "module" });
    // A service worker that nobody talks to is ended, and with it goes the file that a reload would need.
    const alive = setInterval(() => tellServiceWorker({ kind: "alive" }), 15_000);
    let estimate = new Estimate([]);
    let look = {};
    let directory = null;
    let isShown = false;
    // Whether the user has done something with what is there so far.
    let isUsed = false;
    const end = async () => {
      clearInterval(alive);
      worker.terminate();
    };
    const fail = async (message) => {
      await end();
      await remove(key);
      reject(new Error(message));
    };
    const cancel = button("Cancel", "device-cancel", async () => {
      await end();
      await remove(key);
      location.assign(base);
    });
    const view = progressView(name, cancel);
    const show = () => {
      isShown = true;
      for (const kind of ["pointerdown", "keydown", "wheel"]) {
        addEventListener(kind, () => { isUsed = true; }, { capture: true, passive: true });
      }
      screen?.remove();
      showBanner([element("strong", { class: "ellipsis" }, name), ...view.parts]);
      onready();
    };
    const answers = {
      opened: async (needs) => {
        await confirmNeeds(name, needs);
        showScreen(`Opening ${name}`, ...view.parts);
        estimate = new Estimate(needs.matrices);
        directory = await emptyDirectory(key);
        worker.postMessage({ directory });
      },
      progress: ({ stage, share }) => {
        estimate.note(stage, share);
        view.update(stage, estimate);
      },
      look: async ({ files }) => {
        look = files;
        await writeIndex(directory, { name, files });
        // A link may ask for genes.
        if (!location.hash) show();
      },
      done: async ({ files, title, contentId, warnings }) => {
        await end();
        // Somebody may still read what was only to be looked at.
        const all = { ...look, ...files };
        const nBytes = sizeOf(files);
        const index = { isComplete: true, name, title, contentId, nBytes, files: all, warnings, built: Date.now() };
        await writeIndex(directory, index);
        navigator.storage.persist?.();
        tellServiceWorker({ kind: "keep-page" });
        resolve();
        if (isShown) {
          showWhole(name, isUsed);
        } else {
          show();
          showBanner(null);
        }
      },
      failed: ({ message, isFull }) => {
        const advice = isFull ? ` Delete datasets on this device, or use the command line: ${commandOf(name)}` : "";
        fail(message + advice);
      },
    };
    worker.addEventListener("message", ({ data }) => {
      if (!data.kind) worker.postMessage(source);
      else Promise.resolve(answers[data.kind](data)).catch((error) => fail(unreadable(error)));
    });
    worker.addEventListener("error", () => {
      fail(`The browser had not enough memory for it, or the program failed. The command line shows the same: ${commandOf(name)}`);
    });
    view.update("reading", estimate);
    showScreen(`Opening ${name}`, ...view.parts);
  });

// Other tabs neither build what one is building, nor delete what one shows.
const buildLock = (key) => `tessera-build-${key}`;
const viewLock = (key) => `tessera-view-${key}`;
const underLock = (name, options, run) => navigator.locks.request(name, options, run);

const keepOpen = (key) => {
  underLock(viewLock(key), { mode: "shared" }, () => new Promise(() => {}));
};

/** Resolves once the dataset that the address names is there, as far as it is to be looked at. */
export const ready = async () => {
  const { key, name } = ofAddress();
  fieldFor((picked) => open(picked, location.hash));
  try {
    giveWay(await registerServiceWorker());
  } catch (error) {
    showFailure(name, error.message);
    return new Promise(() => {});
  }
  keepOpen(key);
  const known = await indexOf(key);
  if (known?.isComplete) {
    tellServiceWorker({ kind: "keep-page" });
    const directory = await (await rootDirectory()).getDirectoryHandle(key);
    await tidy(directory, known);
    return undefined;
  }
  return new Promise((resolve) => {
    const buildIt = async (lock) => {
      if (!lock) {
        showScreen(`Opening ${name}`, element("p", { "data-testid": "device-waiting" }, "Another tab is building it; it is shown here once that is done."));
        // By then it is there, or this tab builds it.
        await underLock(buildLock(key), {}, () => buildIt(true));
        return;
      }
      if ((await indexOf(key))?.isComplete) {
        screen?.remove();
        resolve();
        return;
      }
      const source = (await sourceFor(key)) ?? (await askForFile(name));
      try {
        if (source.files?.some(([path]) => path === "manifest.tsm")) {
          showScreen(`Opening ${name}`, element("p", {}, "copying"));
          await copy(key, source);
          screen.remove();
          resolve();
        } else {
          await build(key, source, resolve);
        }
      } catch (error) {
        showFailure(name, error.message);
      }
    };
    underLock(buildLock(key), { ifAvailable: true }, buildIt);
  });
};

// ---------------------------------------------------------------------------------------------------------------------
// The list

const listed = async () => {
  const found = [];
  if (!navigator.storage?.getDirectory) return found;
  const root = await rootDirectory().catch(() => null);
  if (!root) return found;
  for await (const [key, directory] of root.entries()) {
    const index = await readIndex(directory);
    if (index) found.push({ key, ...index });
  }
  return found.sort((a, b) => (b.built ?? 0) - (a.built ?? 0));
};

const deleteOf = ({ key, name }, again) => {
  const deleteIt = () =>
    underLock(viewLock(key), { ifAvailable: true }, async (lock) => {
      if (lock) await remove(key);
      await again(lock ? "" : `${name} is open in another tab: close it there first.`);
    });
  const made = button("Delete", `device-delete-${key}`, deleteIt, "quiet");
  made.setAttribute("aria-label", `Delete ${name} from this device`);
  return made;
};

/** Shows what is on this device beside the list of datasets, and the button that opens a file. */
export const shelf = async () => {
  fieldFor(open);
  const list = element("ul", { class: "device-list", "aria-label": "On this device" });
  const note = element("p", { class: "note", role: "status", "data-testid": "device-note" });
  const openIt = button("Open a file…", "device-open", () => choose(), "primary");
  openIt.title = "Open an AnnData file (.h5ad, zipped zarr, 10x .h5): it stays on this device. Or drop one anywhere.";
  const openFolder = window.showDirectoryPicker ? [button("Open a folder…", "device-open-folder", chooseFolder)] : [];
  const validate = element("a", { class: "button", href: "validate.html", "data-testid": "device-validate" }, "Validate files…");
  validate.title = "Check AnnData files against the CELLxGENE schema: they stay on this device.";
  const aside = element("aside", { class: "device-shelf", "aria-label": "Files of your own" });
  aside.append(openIt, ...openFolder, validate, list, note);
  const fill = async (message = "") => {
    const datasets = await listed();
    const items = datasets.map((dataset) => {
      const { key, name, isComplete, nBytes } = dataset;
      const link = element("a", { class: "ellipsis", href: addressOf(key, name), "data-testid": `device-${key}` }, name);
      const size = element("span", { class: "note" }, isComplete ? bytesText(nBytes) : "not finished");
      return element("li", {}, link, size, deleteOf(dataset, fill));
    });
    list.replaceChildren(...items);
    const { quota, usage } = datasets.length ? await navigator.storage.estimate() : {};
    const room = quota ? `On this device: ${bytesText(usage)} of ${bytesText(quota)}` : "Files stay on this device.";
    note.textContent = message || room;
  };
  document.body.append(aside);
  await fill();
};
