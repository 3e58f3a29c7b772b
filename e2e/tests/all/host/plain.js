// A plain frame, and hosts that do not keep to the protocol.
const [server, dataset] = document.body.dataset.explorer.split(" ");

// What each port has heard, by what was wrong about its handing over.
window.heard = {};

const hello = (frame) => new Promise((resolve) => {
  addEventListener("message", (event) => {
    if (event.source === frame.contentWindow && event.origin === server) resolve(event.data);
  });
});

window.openFrame = async (host) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-same-origin";
  frame.src = `${server}/d/${dataset}?embed=1&host=${host}`;
  const said = hello(frame);
  document.querySelector("main").append(frame);
  return { frame, said };
};

// Hands over a port, asks it for the view and records what it hears.
window.offer = (name, from, frame, message) => {
  const { port1, port2 } = new MessageChannel();
  heard[name] = [];
  port1.onmessage = ({ data }) => heard[name].push(data);
  const post = new from.Function("frame", "message", "origin", "port", "frame.postMessage(message, origin, [port])");
  post(frame.contentWindow, message, server, port2);
  port1.postMessage({ id: 1, type: "getView" });
  return port1;
};

window.isLoaded = true;
