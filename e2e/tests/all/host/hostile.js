// A page that says that it is a viewer, and then whatever it likes.
const host = new URLSearchParams(location.search).get("host");
addEventListener("message", ({ ports: [port] }) => {
  port.onmessage = ({ data }) => port.postMessage({ id: data.id, ok: { view: 1, rows: "x" } });
  const part = { content: "made up" };
  const dataset = { ...part, id: "made-up", title: "Made up", n_obs: 1, n_vars: 1, embeddings: [], evil: "x" };
  for (const message of [
    null, 7, "text", [], { event: "click" }, { event: "evil", x: 1 }, { event: "constructor" }, { event: "__proto__" },
    { event: "visibility", visible: true }, { event: "ready" }, { event: "ready", dataset: null }, { event: "viewchange", view: {} },
    { event: "share" }, { event: "error" }, { event: ["ready"] }, { id: 1 }, { id: 1e9, error: 7 }, { event: "ready", dataset: part },
    { event: "ready", dataset }, { event: "ready", dataset }, { event: "hover", over: null },
  ]) port.postMessage(message);
});
parent.postMessage({ tessera: 1, versions: [1], nonce: "0123456789abcdef0123456789abcdef" }, host);
