// Validates AnnData files of the user's own against the CELLxGENE schema. A worker (validator.js) reads the files by slices
// and fetches the tables of terms and genes that rules ask for; the page only shows what it finds. No file leaves the
// device.

const tables = new URL("reference/", document.baseURI).href;

// How many values of a cause are shown at first.
const mostValues = 20;

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};
const button = (text, testId, onclick) =>
  element("button", { type: "button", class: "button", "data-testid": testId, onclick }, text);

const numberText = (number) => number.toLocaleString("en");
const plural = (n, one, many) => `${numberText(n)} ${n === 1 ? one : many}`;

// What a reader sees of text from a file: control characters and those that turn the direction are shown as such.
const hidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;
const sentence = (text) => text && text[0].toUpperCase() + text.slice(1);
const shown = (text) => text.replace(hidden, (of) => `\\u{${of.codePointAt(0).toString(16)}}`);

// The theme that was chosen in the Explorer.
try {
  const { theme } = JSON.parse(localStorage.getItem("tessera.preferences") ?? "{}");
  if (["light", "dark"].includes(theme)) document.body.dataset.theme = theme;
} catch {
  // Without storage the system's theme holds.
}

// ---------------------------------------------------------------------------------------------------------------------
// The worker: one for all files, which are validated one after another

const queue = [];
let worker = null;
let current = null;

const startWorker = () => {
  worker = new Worker(new URL("./validator.js", import.meta.url), { type: "module" });
  let isReady = false;
  worker.onmessage = ({ data }) => {
    if (!data.kind) {
      isReady = true;
      ask();
    } else if (current) {
      hear(data);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const loading = "The validator cannot be loaded: see that you are connected, and choose the file again.";
    const failing = "The validator has failed on this file, perhaps for want of memory: try `tile-server validate` instead.";
    endWorker();
    current?.[current.mends ? "unmended" : "failed"](isReady ? failing : loading);
    current = null;
    next();
  };
};

const endWorker = () => {
  worker?.terminate();
  worker = null;
};

const ask = () => {
  const { number, file, options, mends } = current;
  worker.postMessage({ number, file, mends, tables, ...options });
};

const next = () => {
  if (current || !queue.length) return;
  current = queue.shift();
  if (!current.mends) current.started();
  if (worker) ask();
  else startWorker();
};

const hear = (reply) => {
  switch (reply.kind) {
    case "metadata":
      current.metadata(JSON.parse(reply.report), JSON.parse(reply.groups));
      return;
    case "matrix":
      current.reads(reply.place, reply.n);
      return;
    case "read":
      current.hasRead(reply.n);
      return;
    case "done":
      current.done(JSON.parse(reply.report), JSON.parse(reply.groups), reply.note);
      break;
    case "mended":
      current.mended(reply.pieces, reply.leftOut);
      break;
    case "failed":
      if (current.mends) {
        current.unmended(`It cannot be mended: ${reply.message}.`);
        break;
      }
      current.failed(`It cannot be validated: ${reply.message}.`);
  }
  current = null;
  next();
};

const cancel = (view) => {
  const at = queue.indexOf(view);
  if (at >= 0) queue.splice(at, 1);
  if (view === current) {
    endWorker();
    current = null;
    next();
  }
};

// ---------------------------------------------------------------------------------------------------------------------
// Findings

// Rules whose findings say that a file is none that could follow a schema.
const unreadable = ["file_unreadable", "file_undecodable"];

// Findings by cause, as the worker groups them: of each, which of the findings it has.
const grouped = (findings, groups) =>
  groups.map(({ findings: numbers, n_rows: nRows }) => {
    const own = numbers.map((number) => findings[number]);
    return { ...own[0], findings: own, nRows };
  });

const rowsText = ({ place, n_rows: n, first_rows: first }) => {
  const isOfGenes = place.startsWith("var") || place.startsWith("raw.var");
  const [one, many] = isOfGenes ? ["gene", "genes"] : ["cell", "cells"];
  const names = first.map(shown).join(", ");
  return plural(n, one, many) + (names && `: ${names}${n > first.length ? ", …" : ""}`);
};

const findingItem = (finding) => {
  const item = element("li");
  if (finding.value !== null) item.append(element("code", {}, shown(finding.value)));
  if (finding.suggestion) item.append(element("p", { class: "suggestion" }, sentence(shown(finding.suggestion))));
  if (finding.fix) item.append(element("p", {}, `Fix: ${shown(finding.fix)}`));
  if (finding.n_rows) item.append(element("p", {}, rowsText(finding)));
  item.append(element("p", {}, shown(finding.text)));
  return item;
};

const groupItem = (group) => {
  const list = element("ul", { class: "validate-values" });
  const fill = (findings) => list.append(...findings.map(findingItem));
  const what = element("span", { class: "validate-what" }, element("code", {}, shown(group.place)), `: ${shown(group.what)}`);
  const rows = group.nRows ? rowsText({ ...group, n_rows: group.nRows, first_rows: [] }) : "";
  const count = element("span", { class: "validate-count" }, [group.rule, rows].filter(Boolean).join(" · "));
  const severity = element("span", { class: `validate-severity ${group.severity}` }, group.severity);
  const details = element(
    "details",
    { class: "validate-group", "data-testid": "validate-group", "data-rule": group.rule, "data-place": group.place },
    element("summary", {}, severity, what, count),
    list,
  );
  // A file may have thousands of values: they are made when they are asked for.
  details.addEventListener("toggle", () => {
    if (!details.open || list.children.length) return;
    fill(group.findings.slice(0, mostValues));
    const more = group.findings.slice(mostValues);
    if (!more.length) return;
    const item = element("li");
    item.append(button(`Show ${plural(more.length, "more value", "more values")}`, "validate-more", () => {
      item.remove();
      fill(more);
      list.children[mostValues]?.setAttribute("tabindex", "-1");
      list.children[mostValues]?.focus();
    }));
    list.append(item);
  });
  return details;
};

const searchText = (group) =>
  [group.place, group.what, group.rule, group.name, group.severity, ...group.findings.flatMap((finding) => [
    finding.value ?? "", finding.suggestion ?? "", finding.text, ...finding.first_rows,
  ])].join("\n").toLowerCase();

// ---------------------------------------------------------------------------------------------------------------------
// Files that are saved

const save = (name, type, ...parts) => {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};

const columns = [
  "severity", "rule", "name", "place", "what", "value", "n_rows", "first_rows", "suggestion", "fix", "text",
];

// A cell of a table that no spreadsheet takes for a formula.
const csvCell = (value) => {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const csv = ({ findings }) =>
  [columns, ...findings.map((finding) => columns.map((column) => finding[column]))]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");

// ---------------------------------------------------------------------------------------------------------------------
// One file

let nFiles = 0;

class FileView {
  constructor(file, options) {
    nFiles += 1;
    this.number = nFiles;
    this.mends = false;
    this.file = file;
    this.options = options;
    this.verdict = element("p", { class: "validate-verdict", role: "status", "data-testid": "validate-verdict" }, "Waiting");
    this.progress = element("progress", { class: "validate-progress", "aria-label": "Progress" });
    this.stop = button("Cancel", "validate-cancel", () => {
      cancel(this);
      this.ended("Canceled.");
    });
    this.head = element("header", {}, element("h2", {}, shown(file.name)), this.stop);
    this.search = element("input", {
      type: "search",
      class: "validate-search",
      placeholder: "Search findings",
      "aria-label": `Search the findings in ${shown(file.name)}`,
      "data-testid": "validate-search",
      oninput: () => this.filter(),
    });
    this.search.hidden = true;
    this.none = element("p", { class: "note", role: "status", "data-testid": "validate-none" });
    this.list = element("div");
    this.section = element(
      "section",
      { class: "validate-file", "aria-label": shown(file.name), "data-testid": `validate-file-${file.name}`, "data-state": "waiting" },
      this.head, this.verdict, this.progress, this.search, this.none, this.list,
    );
  }

  started() {
    this.section.dataset.state = "running";
    this.verdict.textContent = "Reading obs, var, uns and obsm";
  }

  metadata(report, groups) {
    const n = this.show(report.findings, groups).filter(({ severity }) => severity === "error").length;
    this.verdict.textContent = n
      ? `${plural(n, "cause", "causes")} of errors in obs, var, uns and obsm; matrices are read now`
      : "obs, var, uns and obsm follow the schema; matrices are read now";
  }

  reads(place, n) {
    this.progress.max = Math.max(n, 1);
    this.progress.value = 0;
    this.progress.setAttribute("aria-label", `Reading ${place}`);
  }

  hasRead(n) {
    this.progress.value += n;
  }

  done(report, causes, note) {
    const groups = this.show(report.findings, causes);
    if (note) this.verdict.after(element("p", { class: "validate-note" }, `${sentence(shown(note))}.`));
    const n = (severity) => groups.filter((group) => group.severity === severity).length;
    const more = [
      n("strict") && `${numberText(n("strict"))} stricter`,
      n("warning") && plural(n("warning"), "warning", "warnings"),
    ].filter(Boolean);
    const unread = groups.find(({ name }) => unreadable.includes(name));
    const verdict = unread
      ? `Cannot be read: ${shown(unread.findings[0].text)}`
      : report.is_valid
        ? `Follows schema ${report.schema}`
        : `Does not follow schema ${report.schema}: ${plural(n("error"), "cause", "causes")} of errors`;
    if (unread) for (const { item } of this.groups) item.open = true;
    this.verdict.classList.add(report.is_valid ? "is-right" : "is-wrong");
    this.ended(verdict + (more.length ? ` (${more.join(", ")})` : ""));
    const stem = this.file.name.replace(/\.h5ad$/, "");
    const json = () => save(`${stem}.findings.json`, "application/json", JSON.stringify(report, null, 2));
    const table = () => save(`${stem}.findings.csv`, "text/csv", csv(report));
    this.head.append(button("Save JSON", "validate-save-json", json), button("Save CSV", "validate-save-csv", table));
    this.offerMending(new Set(report.findings.map(({ fix }) => fix).filter(Boolean)));
    this.section.dataset.state = "done";
  }

  // The changes that need no decision, to be looked at, and a copy with them. The worker that found them makes it.
  offerMending(fixes) {
    if (!fixes.size) return;
    const by = worker;
    const list = element("ul", { class: "validate-values" }, ...[...fixes].map((fix) => element("li", {}, shown(fix))));
    this.mend = button("Save mended copy", "validate-mend", () => {
      if (by !== worker) return this.unmended("It cannot be mended any more: choose the file again.");
      this.mends = true;
      this.mend.disabled = true;
      queue.push(this);
      next();
    });
    const summary = element("summary", {}, `${plural(fixes.size, "change needs", "changes need")} no decision`);
    const details = element("details", { class: "validate-fixes", "data-testid": "validate-fixes" }, summary, list);
    this.mending = element("p", { class: "note", role: "status" });
    this.search.before(element("div", { class: "validate-mending" }, details, this.mend, this.mending));
  }

  mended(pieces, leftOut) {
    const parts = pieces.map((piece) => (Array.isArray(piece) ? this.file.slice(...piece) : piece));
    const name = `${this.file.name.replace(/\.h5ad$/, "")}.mended.h5ad`;
    save(name, "application/x-hdf5", ...parts);
    this.unmended(
      leftOut.length ? `Saved, and validated above, without: ${leftOut.map(shown).join("; ")}.` : "Saved, and validated above.",
    );
    take([new File(parts, name)]);
  }

  unmended(message) {
    this.mends = false;
    this.mend.disabled = false;
    this.mending.textContent = shown(message);
  }

  failed(message) {
    this.verdict.classList.add("is-wrong");
    this.ended(shown(message));
    this.section.dataset.state = "failed";
  }

  // Nothing more comes.
  ended(message) {
    this.verdict.textContent = message;
    this.progress.remove();
    // A focus that would be lost goes to what is said.
    if (document.activeElement === this.stop) {
      this.verdict.tabIndex = -1;
      this.verdict.focus();
    }
    this.stop.remove();
    this.section.dataset.state = "ended";
  }

  show(findings, causes) {
    const groups = grouped(findings, causes);
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((of) => `${of.dataset.rule} ${of.dataset.place}`));
    this.groups = groups.map((group) => ({ text: searchText(group), item: groupItem(group) }));
    this.list.replaceChildren(...this.groups.map(({ item }) => item));
    for (const { item } of this.groups) item.open = open.has(`${item.dataset.rule} ${item.dataset.place}`);
    this.search.hidden = groups.length < 2;
    this.filter();
    return groups;
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/);
    const groups = this.groups ?? [];
    for (const { text, item } of groups) item.hidden = !words.every((word) => text.includes(word));
    const isWithoutHit = groups.length > 0 && groups.every(({ item }) => item.hidden);
    this.none.textContent = isWithoutHit ? `No finding has “${this.search.value.trim()}”.` : "";
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Files that come

const byTestId = (testId) => document.querySelector(`[data-testid="${testId}"]`);
const input = byTestId("validate-input");
const drop = document.querySelector(".validate-drop");
const files = byTestId("validate-files");

const checkboxes = [byTestId("validate-ignore-labels"), byTestId("validate-pre-analysis")];
const again = byTestId("validate-again");
// The files that are shown, the latest first.
let views = [];

const take = (chosen) => {
  const [ignoresLabels, isPreAnalysis] = checkboxes.map(({ checked }) => checked);
  const added = [...chosen].map((file) => new FileView(file, { ignoresLabels, isPreAnalysis }));
  files.prepend(...added.map(({ section }) => section));
  views.unshift(...added);
  queue.push(...added);
  next();
};

// What is shown holds by the options of when it was chosen.
for (const checkbox of checkboxes) {
  checkbox.addEventListener("change", () => {
    const [ignoresLabels, isPreAnalysis] = checkboxes.map(({ checked }) => checked);
    const isAsShown = ({ options }) => options.ignoresLabels === ignoresLabels && options.isPreAnalysis === isPreAnalysis;
    again.hidden = views.every(isAsShown);
  });
}
byTestId("validate-again-run").addEventListener("click", () => {
  const shownFiles = views.map(({ file }) => file);
  queue.length = 0;
  if (current) cancel(current);
  for (const { section } of views) section.remove();
  views = [];
  again.hidden = true;
  take(shownFiles);
  checkboxes[0].focus();
});

byTestId("validate-choose").addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  take(input.files);
  input.value = "";
});
const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  drop.classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer.files);
});
