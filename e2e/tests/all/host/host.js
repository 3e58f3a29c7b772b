// What the pages of the host's site share: the element's module, and a record of every event.
const [server, dataset] = document.body.dataset.explorer.split(" ");
await import(`${server}/embed/v1.js`);

window.events = [];
const TYPES = [
  "ready", "load", "progress", "viewchange", "selectionchange", "result", "share", "visibility", "error",
];

// An element of the demo dataset with these attributes, whose events are recorded with its id.
window.add = (id, attributes = {}, address = `${server}/d/${dataset}`) => {
  const element = document.createElement("tessera-explorer");
  for (const type of TYPES) {
    element.addEventListener(type, (event) => {
      if (event.bubbles) throw new Error(`${type} bubbles`);
      events.push({ id, type, ...event.detail });
    });
  }
  for (const [name, value] of Object.entries({ id, src: address, loading: "eager", ...attributes })) {
    element.setAttribute(name, value);
  }
  document.querySelector("main").append(element);
  return element;
};

// The frame of an element.
window.frameOf = (id) => document.getElementById(id).shadowRoot.querySelector("iframe");

// What a promise comes to, a failure by its code.
window.outcome = (promise) => promise.then((value) => ({ value }), ({ code, message }) => ({ code, message }));

// The last event of a type that is as asked.
window.heard = (id, type, isSo = () => true) => events.findLast((event) => event.id === id && event.type === type && isSo(event)) ?? null;

window.isLoaded = true;
