// <tessera-explorer>: the Tessera Explorer in a frame, as an element of any page.
//
// The frame is of another origin and isolated; all that passes between it and the element are the messages of
// embed.schema.json. See docs/embedding.md.

const VERSION = 1;

// How long a frame may take to say hello.
const HELLO_MILLIS = 15_000;

// How long an element may be out of sight before it gives up the graphics device's memory.
const UNSEEN_MILLIS = 30_000;

// A moved element is disconnected and connected again at once.
const MOVE_MILLIS = 10;

// Rows that a frame may tell, at most: 400 MB of them.
const MOST_ROWS = 1e8;

// How far from the screen an element loads that is loaded lazily.
const NEAR = "300px";

const SANDBOX =
  "allow-scripts allow-same-origin allow-downloads allow-popups allow-popups-to-escape-sandbox allow-forms";

// Attributes that say how the Explorer presents itself; the frame knows them by these names.
const SETTINGS = ["ui", "panels", "theme", "gestures", "storage", "link-base"];

// Attributes that say what is shown, as the text of a link has them.
const IN_LINK = { "color-by": "c", embedding: "e", layer: "layer", genes: "genes" };

const REFLECTED = [...SETTINGS, "src", "embedding", "genes", "layer", "filter", "loading", "reveal", "poster", "label", "group"];

const style = new CSSStyleSheet();
style.replaceSync(
  ":host{display:block;position:relative;min-height:420px}:host([hidden]){display:none}" +
    "iframe,img,.cover{position:absolute;inset:0;width:100%;height:100%;border:0}" +
    "::slotted([slot=poster]){position:absolute;inset:0}" +
    "img{object-fit:contain;pointer-events:none}[hidden]{display:none!important}" +
    ".cover{display:grid;place-content:center;justify-items:center;gap:8px;padding:16px;box-sizing:border-box;" +
    "font:14px system-ui,sans-serif;text-align:center}.cover button{font:inherit;padding:8px 16px}" +
    ".cover slot{display:block;padding:8px 16px;border-radius:6px;background:Canvas;color:CanvasText}",
);

// Elements by their group.
const groups = new Map();

const isText = (value) => typeof value === "string";

// What the signs before members say that these must be.
const SIGNS = {
  "+": Number.isFinite,
  $: isText,
  "@": (value) => Array.isArray(value) && value.every(isText),
  "%": (value) => value === undefined || typeof value?.analysis?.query?.filters === "object",
  "!": (value) => typeof value === "object",
};

// The members of the events of a frame. It may be anybody's: nothing else of it is passed on.
const EVENTS = {
  __proto__: null,
  ready: "!dataset",
  load: "-",
  progress: "+n +total",
  viewchange: "%view patch link cause",
  selectionchange: "+n +total $description cause",
  hover: "!over",
  result: "$kind group reference n genes column labels",
  share: "$link $url",
  error: "$code $message tile recoverable",
};

// Those members of an object; undefined where one is not what it must be.
const picked = (from, members) => {
  const found = {};
  for (const member of members.split(" ")) {
    const sign = SIGNS[member[0]];
    const name = sign ? member.slice(1) : member;
    const value = from?.[name];
    if (sign?.(value) === false) return;
    if (value !== undefined) found[name] = value;
  }
  return found;
};

// What a method rejects with; without more, since the frame answers what it was not asked.
class TesseraError extends Error {
  constructor({ code, message } = { code: "failed", message: "the viewer's answer makes no sense" }) {
    super(message);
    this.name = "TesseraError";
    this.code = code;
  }
}

const part = (name, tag, more = {}) => Object.assign(document.createElement(tag), { part: name, ...more });

// What a group shares of a view.
const sharedOf = ({ analysis: { color, color_options, layer, query } }) =>
  JSON.stringify({ color, color_options, layer, query: { filters: query.filters } });

// The numbers in a roaring bitmap in its portable format, ascending. What says that it has more than may be, or has fewer
// than it says, is none: a few bytes can stand for billions.
const numbersOf = (buffer, most) => {
  const data = new DataView(buffer);
  let at = 0;
  let n_found = 0;
  const u16 = () => data.getUint16((at += 2) - 2, true);
  const hasRuns = u16() === 12347;
  const more = u16();
  const n = hasRuns ? more + 1 : u16() + 65536 * u16();
  const runs = new Uint8Array(buffer, at, hasRuns ? (n + 7) >> 3 : 0);
  at += runs.length;
  const containers = Array.from({ length: n }, () => [65536 * u16(), u16() + 1]);
  if (!hasRuns || n >= 4) at += 4 * n;
  const total = containers.reduce((sum, [, count]) => sum + count, 0);
  if (total > most) throw new TesseraError();
  const numbers = new Uint32Array(total);
  containers.forEach(([base, count], i) => {
    if ((runs[i >> 3] >> (i & 7)) & 1) {
      for (let left = u16(); left > 0; left--) {
        const start = base + u16();
        for (let last = start + u16(), number = start; number <= last && n_found < total; number++) numbers[n_found++] = number;
      }
    } else if (count > 4096) {
      for (let bit = 0; bit < 65536; bit++) if ((data.getUint8(at + (bit >> 3)) >> (bit & 7)) & 1) numbers[n_found++] = base + bit;
      at += 8192;
    } else {
      for (; count > 0; count--) numbers[n_found++] = base + u16();
    }
  });
  if (n_found !== total) throw new TesseraError();
  return numbers;
};

export class TesseraExplorer extends HTMLElement {
  static observedAttributes = [...REFLECTED, "view", "color-by"];

  #frame = null;
  #poster = part("poster", "img", { alt: "", hidden: true, loading: "lazy" });
  #cover;
  #fallback;
  #status = part("status", "div", { className: "cover", role: "status", hidden: true });
  #origin = "";
  #port = null;
  #id = 0;
  #calls = new Map();
  #ready;
  #settle;
  #view;
  #link = "";
  #selection;
  #dataset;
  #visible = false;
  #failed = false;
  #hears = ["share"];
  #bytes = null;
  #reads = new Set();
  #shared = "";
  #group = null;
  #patience;
  #unseen;
  #gone;
  #seen = new IntersectionObserver(([entry]) => this.#see(entry.isIntersecting), { rootMargin: NEAR });
  #hear = (event) => this.#hello(event);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    const slot = (name, ...children) => {
      const made = document.createElement("slot");
      made.name = name;
      made.append(...children);
      return made;
    };
    this.#poster.onerror = () => (this.#poster.hidden = true);
    this.#cover = slot("poster", this.#poster);
    root.append(this.#cover, this.#status);
    this.#fallback = slot("fallback");
    this.#renew();
  }

  connectedCallback() {
    clearTimeout(this.#gone);
    // What was set before the element was defined hides what the class has.
    for (const name of Object.keys(this)) {
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    addEventListener("message", this.#hear);
    this.#join();
    this.#seen.observe(this);
    if (this.#link || this.#begins) {
      this.#load();
    } else if (this.getAttribute("reveal") === "click") {
      const button = Object.assign(document.createElement("button"), { textContent: "Explore the cells" });
      button.onclick = () => this.#load();
      this.#status.replaceChildren(button);
      this.#status.hidden = false;
    }
    if (!this.#reveals) this.#pose();
  }

  // With this, moveBefore() moves the element without reloading the frame.
  connectedMoveCallback() {}

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#seen.disconnect();
    this.#leave();
    // The frame is gone with its document; the view is kept for when the element comes back.
    this.#close();
    this.#renew();
    this.#gone = setTimeout(() => this.#abandon("closed", "the element was removed"), MOVE_MILLIS);
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === "poster" || (name === "theme" && !this.#frame)) {
      if (!this.#dataset) this.#pose();
    } else if (name === "group") {
      if (this.isConnected) this.#join();
    } else if (name === "src") {
      this.#link = "";
      this.#open();
    } else if (!this.#frame) {
      // It is read when the frame loads.
    } else if (name === "label") {
      this.#frame.title = value ?? "Tessera Explorer";
    } else {
      this.#heed(this.#follow(name, value));
    }
  }

  // Nobody waits for this: what fails of it is an event.
  #heed(promise) {
    promise.catch(({ code = "failed", message }) => this.#emit("error", { code, message, recoverable: false }));
  }

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    if (type === "hover" && !this.#hears.includes(type)) {
      this.#hears.push(type);
      if (this.#port) this.#call("listen", { events: this.#hears });
    }
  }

  // Resolves with the dataset once it is open.
  get ready() {
    return this.#ready;
  }

  get view() {
    return this.#view;
  }

  set view(patch) {
    this.#heed(this.setView(patch));
  }

  get selection() {
    return this.#selection;
  }

  get dataset() {
    return this.#dataset;
  }

  get visible() {
    return this.#visible;
  }

  // { name, read(path, start, end, signal) }: where the bytes of the dataset come from, if not from the viewer's host.
  get byteSource() {
    return this.#bytes;
  }

  set byteSource(source) {
    this.#bytes = source ?? null;
    this.#again();
  }

  setView(view, { history } = {}) {
    return this.#ask("setView", { [typeof view === "string" ? "link" : "patch"]: view, history });
  }

  async getView() {
    const { view, link } = picked(await this.#ask("getView"), "%view $link") ?? {};
    if (!view) throw new TesseraError();
    [this.#view, this.#link] = [view, link];
    return view;
  }

  colorBy(color) {
    return this.#ask("colorBy", { color: color ?? "" });
  }

  setFilter(filter) {
    return this.#ask("setFilter", { filter: filter ?? "" });
  }

  select(cells, options) {
    return this.#ask("select", { ...cells, ...options });
  }

  async getSelection(options = {}) {
    const told = await this.#ask("getSelection", options);
    const selection = picked(told, EVENTS.selectionchange + " content");
    if (!selection) throw new TesseraError();
    this.#selection = selection;
    const { ids, max = MOST_ROWS } = options;
    return ids ? { ...selection, rows: numbersOf(told.rows, Math.min(max, selection.n, MOST_ROWS)) } : selection;
  }

  highlight(target = null) {
    return this.#ask("highlight", { target });
  }

  flyTo(camera = null) {
    return this.#ask("flyTo", { camera });
  }

  compare(group, reference = null, options) {
    return this.#ask("compare", { group, reference: reference === "rest" ? null : reference, ...options });
  }

  markers(column) {
    return this.#ask("markers", { column });
  }

  async picture({ type, width, height } = {}) {
    const { blob } = await this.#ask("picture", { mime: type, width, height });
    if (!(blob instanceof Blob)) throw new TesseraError();
    return blob;
  }

  run(command) {
    return this.#ask("run", { command });
  }

  undo() {
    return this.#ask("undo");
  }

  redo() {
    return this.#ask("redo");
  }

  suspend() {
    return this.#ask("suspend");
  }

  // Loads what has not been loaded yet.
  resume() {
    if (this.#frame) return this.#ask("resume");
    this.#load();
    return this.#ready;
  }

  // The address of the viewer, if it is one that a frame and a link may have.
  get #address() {
    const url = URL.parse(this.getAttribute("src") ?? "", document.baseURI);
    return url && /^https?:$/.test(url.protocol) ? url : null;
  }

  // Whether the frame loads by itself.
  get #reveals() {
    return !["click", "manual"].includes(this.getAttribute("reveal"));
  }

  // Whether it loads now.
  get #begins() {
    return this.#reveals && (this.#visible || this.getAttribute("loading") === "eager");
  }

  // Shows what stands for the cells: what the page gives until they are drawn, the dataset's poster while there is no frame.
  #pose() {
    const { origin, pathname, searchParams } = this.#address ?? {};
    const isAlone = this.isConnected && !this.#frame && !this.#bytes && origin !== location.origin;
    const theme = this.getAttribute("theme");
    const isDark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme:dark)").matches);
    const [page] = /^.*\/d\/[^/]+/.exec(pathname) ?? [];
    const isServed = isAlone && page && !searchParams.has("data");
    const src = this.getAttribute("poster") || (isServed && `${origin}${page}/poster-${isDark ? "dark" : "light"}.png`);
    this.#cover.hidden = false;
    this.#poster.hidden = !src;
    if (src) this.#poster.src = src;
  }

  // Opens another dataset: in the same frame, if it can.
  #open() {
    const url = this.#address;
    if (!this.#port || this.#bytes || url?.origin !== this.#origin) return this.#again();
    const port = this.#port;
    this.#renew();
    this.#dataset = undefined;
    this.#await();
    this.#call("open", { address: this.#locate(url) }).catch(() => port === this.#port && this.#again());
  }

  // Loads another dataset, if one is loaded or should be.
  #again() {
    if (!this.#frame && !this.#failed && !this.#begins) return this.#pose();
    this.#close();
    this.#load();
  }

  #renew() {
    const before = this.#settle;
    // Who waits for a frame that was given up waits for the next.
    this.#ready = new Promise((resolve, reject) => {
      this.#settle = {
        resolve: (dataset) => (before?.resolve(dataset), resolve(dataset)),
        reject: (error) => (before?.reject(error), reject(error)),
      };
    });
    // Who does not ask need not hear.
    this.#ready.catch(() => {});
  }

  #load() {
    if (this.#frame || !this.isConnected || !this.hasAttribute("src")) return;
    this.#renew();
    this.#failed = false;
    const url = this.#address;
    if (!url) return this.#abandon("invalid", "the attribute src must be an address by http: or https:");
    if (url.origin === location.origin) {
      return this.#abandon("invalid", `src must be of another origin than this page, ${location.origin}`);
    }
    this.#origin = url.origin;
    this.#frame = part("frame", "iframe", {
      title: this.getAttribute("label") ?? "Tessera Explorer",
      allow: "fullscreen; clipboard-write",
      credentialless: self.crossOriginIsolated,
      src: this.#locate(url),
    });
    this.#frame.sandbox = SANDBOX;
    this.#status.hidden = true;
    this.#pose();
    this.shadowRoot.prepend(this.#frame);
    this.#await();
  }

  #await() {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(
      () => this.#abandon("failed", `the viewer at ${this.#origin} does not answer; its host must name ${location.origin}`),
      HELLO_MILLIS,
    );
  }

  // The address of the frame of a viewer.
  #locate(url) {
    url.searchParams.set("embed", 1);
    url.searchParams.set("host", location.origin);
    if (this.#bytes) url.searchParams.set("bytes", this.#bytes.name ?? "data");
    for (const name of SETTINGS) {
      if (this.hasAttribute(name)) url.searchParams.set(name, this.getAttribute(name));
    }
    url.hash = this.#link || this.#linkOfAttributes() || url.hash;
    return url.href;
  }

  #linkOfAttributes() {
    const pairs = Object.entries(IN_LINK).map(([name, key]) => {
      const value = this.getAttribute(name);
      return value === null ? "" : `${key}=${encodeURIComponent(value)}`;
    });
    return [this.getAttribute("view"), ...pairs, this.getAttribute("filter")].filter(Boolean).join("&");
  }

  #follow(name, value) {
    if (SETTINGS.includes(name)) return this.#call("configure", { settings: { [name]: value ?? "" } });
    if (name === "view") return this.setView(value ?? "");
    if (name === "color-by") return this.colorBy(value);
    if (name === "filter") return this.setFilter(value);
    if (name === "embedding") return this.#ask("setEmbedding", { embedding: value });
    if (name === "layer") return this.#ask("setLayer", { layer: value });
    if (name === "genes") return this.#ask("setGenes", { genes: (value ?? "").split(/[\s,]+/).filter(Boolean) });
    return Promise.resolve();
  }

  #hello({ data, origin, source }) {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin || data?.tessera !== 1) return;
    if (!data.versions?.includes?.(VERSION) || typeof data.nonce !== "string") {
      return this.#abandon("unsupported", "the viewer speaks another version");
    }
    clearTimeout(this.#patience);
    const looks = getComputedStyle(this);
    const look = (name) => looks.getPropertyValue(`--tessera-${name}`).trim() || undefined;
    const settings = Object.fromEntries(
      SETTINGS.filter((name) => this.hasAttribute(name)).map((name) => [name, this.getAttribute(name)]),
    );
    const { port1, port2 } = new MessageChannel();
    const init = {
      tessera: 1,
      version: VERSION,
      nonce: data.nonce,
      settings,
      style: { accent: look("accent"), font: look("font"), radius: look("radius") },
      listen: this.#hears,
    };
    this.#port?.close();
    this.#port = port1;
    this.#dataset = undefined;
    port1.onmessage = ({ data }) => this.#take(data);
    const ports = [port2];
    if (this.#bytes) {
      const bytes = new MessageChannel();
      this.#serve(bytes.port1);
      ports.push(bytes.port2);
    }
    source.postMessage(init, origin, ports);
  }

  // Supplies the bytes that the frame and each of its workers ask for over a port of theirs.
  #serve(port) {
    const reads = new Map();
    port.onmessage = async ({ data, ports }) => {
      if (ports[0]) return this.#serve(ports[0]);
      const { id, path, start, end, abort } = data ?? {};
      if (abort) return reads.get(id)?.abort();
      const read = new AbortController();
      reads.set(id, read);
      this.#reads.add(read);
      try {
        // Joined to an address, anything else could lead out of the dataset's folder.
        if (!/^\w[\w.-]*$/.test(path)) throw new Error(`${path} is no file of a dataset`);
        port.postMessage({ id, bytes: await this.#bytes.read(path, start, end, read.signal) });
      } catch (error) {
        port.postMessage({ id, error: `${error?.message ?? error}` });
      }
      reads.delete(id);
      this.#reads.delete(read);
    };
  }

  async #ask(type, args) {
    await this.#ready;
    return this.#call(type, args);
  }

  #call(type, args) {
    return new Promise((resolve, reject) => {
      const message = { ...args, id: ++this.#id, type };
      this.#calls.set(message.id, { message, resolve, reject, port: this.#port });
      this.#port?.postMessage(message);
    });
  }

  #take(data) {
    const { id, event, ok, error } = data ?? {};
    const detail = event in EVENTS && picked(data, EVENTS[event]);
    if (detail) return this.#event(event, detail);
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    if (ok === undefined || error) call.reject(new TesseraError(picked(error, EVENTS.error)));
    else call.resolve(ok);
  }

  #event(event, detail) {
    if (event === "ready") {
      const dataset = picked(detail.dataset, "$id $title $content +n_obs +n_vars @embeddings");
      // A frame that says so again is asked nothing.
      if (!dataset || this.#dataset) return;
      detail.dataset = this.#dataset = dataset;
      this.#settle.resolve(dataset);
      // A frame that has loaded anew has not heard of what was asked before.
      for (const call of this.#calls.values()) {
        if (call.port !== this.#port) (call.port = this.#port).postMessage(call.message);
      }
      this.getView().then(() => this.#meet(), () => {});
      this.getSelection().catch(() => {});
    } else if (event === "load") {
      this.#cover.hidden = true;
    } else if (event === "viewchange" && detail.view) {
      [this.#view, this.#link] = [detail.view, detail.link];
      this.#share();
    } else if (event === "selectionchange") {
      const { cause, ...selection } = detail;
      this.#selection = selection;
    } else if (event === "error" && !this.#dataset && !detail.recoverable) {
      this.#settle.reject(new TesseraError(detail));
    }
    const isWanted = this.#emit(event, detail);
    if (event === "share" && isWanted) this.#call("copyLink").catch(() => {});
  }

  #emit(type, detail) {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: type === "share" }));
  }

  #see(visible) {
    if (visible && this.#reveals && this.#status.hidden) this.#load();
    if (!visible && !this.#frame) this.#pose();
    if (visible === this.#visible) return;
    this.#visible = visible;
    clearTimeout(this.#unseen);
    if (visible && this.#port) this.#call("resume").catch(() => {});
    else if (!visible) this.#unseen = setTimeout(() => this.#port && this.#call("suspend").catch(() => {}), UNSEEN_MILLIS);
    this.#emit("visibility", { visible });
  }

  // What the group shares, told to its other elements when it has changed here.
  #share() {
    const shared = sharedOf(this.#view);
    if (!this.#group || shared === this.#shared) return;
    this.#shared = shared;
    for (const other of this.#group) {
      if (other !== this) other.#adopt(shared);
    }
  }

  // Who comes takes over what is shared by those who are there.
  #meet() {
    const other = [...(this.#group ?? [])].find((other) => other !== this && other.#shared);
    this.#shared = sharedOf(this.#view);
    if (other && other.#shared !== this.#shared) this.#adopt(other.#shared);
  }

  #adopt(shared) {
    this.#shared = shared;
    // What another dataset does not have is not shown there.
    this.setView({ analysis: JSON.parse(shared) }).catch(() => {});
  }

  #join() {
    this.#leave();
    const name = this.getAttribute("group");
    if (!name) return;
    if (!groups.has(name)) groups.set(name, new Set());
    this.#group = groups.get(name).add(this);
    if (this.#view) this.#meet();
  }

  #leave() {
    this.#group?.delete(this);
    this.#group = null;
  }

  #close() {
    clearTimeout(this.#patience);
    clearTimeout(this.#unseen);
    for (const read of this.#reads) read.abort();
    this.#port?.close();
    this.#port = null;
    this.#frame?.remove();
    this.#frame = null;
    this.#dataset = undefined;
  }

  // Gives the frame up, and says why.
  #abandon(code, message) {
    const error = new TesseraError({ code, message });
    this.#close();
    this.#pose();
    this.#settle.reject(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    this.#failed = this.isConnected;
    if (!this.#failed) return;
    const url = this.#address;
    const link = url
      ? Object.assign(document.createElement("a"), {
          href: url.href,
          target: "_blank",
          rel: "noopener",
          textContent: "Open the viewer by itself",
        })
      : "";
    this.#tell(`The viewer cannot be shown: ${message}.`, link);
    this.#emit("error", { code, message, recoverable: false });
  }

  #tell(text, more) {
    this.#fallback.replaceChildren(text, more);
    this.#status.replaceChildren(this.#fallback);
    this.#status.hidden = false;
  }
}

for (const name of REFLECTED) {
  const property = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  Object.defineProperty(TesseraExplorer.prototype, property, {
    enumerable: true,
    get() {
      return this.getAttribute(name) ?? "";
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}

if (!customElements.get("tessera-explorer")) customElements.define("tessera-explorer", TesseraExplorer);
