// Drives the Explorer by every method, and writes down every event.
const viewer = new URL(document.body.dataset.viewer);
const explorer = document.querySelector("#explorer");

const tell = (what, detail) => {
  const line = document.createElement("li");
  line.textContent = `${what} ${JSON.stringify(detail ?? "").slice(0, 160)}`;
  document.querySelector("#events").prepend(line);
};

for (const type of [
  "ready", "load", "progress", "viewchange", "selectionchange", "hover", "result", "share", "visibility", "error",
]) {
  explorer.addEventListener(type, ({ detail }) => tell(type, detail));
}
explorer.addEventListener("selectionchange", ({ detail: { n, total, description } }) => {
  document.querySelector("#selection").textContent = `${n} of ${total} cells${description && `: ${description}`}`;
});
// This page makes the links itself.
explorer.addEventListener("share", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `#${event.detail.link}`);
});

const methods = {
  getView: () => explorer.getView(),
  setView: () => explorer.setView({ tool: "pan" }, { history: "replace" }),
  setFilter: () => explorer.setFilter("f.phase=S"),
  getSelection: () => explorer.getSelection({ ids: true, max: 20 }),
  highlight: () => explorer.highlight({ label: { column: "louvain", label: "0" } }),
  flyTo: () => explorer.flyTo({ x: 0, y: 0, width: 8 }),
  fit: () => explorer.run("fit"),
  "clear filters": () => explorer.run("clear_filters"),
  compare: () => explorer.compare({ column: "bulk_labels", labels: ["Dendritic"] }, "rest"),
  markers: () => explorer.markers("louvain"),
  picture: async () => ({ bytes: (await explorer.picture({ width: 1600 })).size }),
  undo: () => explorer.undo(),
  redo: () => explorer.redo(),
  suspend: () => explorer.suspend(),
  resume: () => explorer.resume(),
};
for (const [name, ask] of Object.entries(methods)) {
  const button = Object.assign(document.createElement("button"), { textContent: name, id: `ask-${name.replace(" ", "-")}` });
  button.onclick = () => ask().then((answer) => tell(name, answer), (error) => tell(name, { code: error.code, message: error.message }));
  document.querySelector("#methods").append(button);
}

const onSubmit = (id, ask) => {
  document.querySelector(id).onsubmit = (event) => {
    event.preventDefault();
    ask(new FormData(event.target)).catch((error) => tell(id, { code: error.code, message: error.message }));
  };
};
onSubmit("#color", (form) => explorer.colorBy(form.get("color")));
onSubmit("#labels", (form) => explorer.select({ labels: { column: form.get("column"), labels: [form.get("label")] } }));

if (location.hash) explorer.setAttribute("view", location.hash.slice(1));
explorer.src = viewer.href;
// The element comes from where the viewer is.
await import(new URL(viewer.pathname.replace(/d\/[^/]*$/, "embed/v1.js"), viewer).href);
