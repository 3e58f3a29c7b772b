// Notes what a page draws, and when. Every measured page runs it before any script of its own, so all viewers are seen
// in the same way: by what they ask of WebGL and WebGPU, and by the pixels that come of it.
(() => {
  const probe = (window.__probe = {
    // Whether pixels are read back after each frame, which costs a few milliseconds.
    looking: true,
    // Every change of the picture: when the frame's pixels were there, and how many differ from the corner's.
    seen: [],
    // The starts of the animation frames in which the viewer drew, and of all while `ticking`.
    drawn: [],
    ticks: [],
    // When an input of each kind last happened, by the browser's own stamp.
    inputs: {},
    // Every change of the watched text, and when.
    counts: [],
    canvas: null,
    // What a script of the page has thrown.
    failure: null,
  });
  let due = false;
  let hash = null;
  let pen = null;

  const look = () => {
    due = false;
    const { width, height } = probe.canvas;
    if (!width || !height) return;
    pen ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    if (pen.canvas.width !== width || pen.canvas.height !== height) {
      pen.canvas.width = width;
      pen.canvas.height = height;
    }
    pen.globalCompositeOperation = 'copy';
    pen.drawImage(probe.canvas, 0, 0);
    const pixels = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);
    const background = pixels[0];
    let now = 0;
    let lit = 0;
    for (let at = 0; at < pixels.length; at += 1) {
      const pixel = pixels[at];
      now = Math.imul(now ^ pixel, 0x01000193) + at;
      if (pixel !== background) lit += 1;
    }
    if (now !== hash) {
      hash = now;
      probe.seen.push({ at: performance.now(), lit });
    }
  };

  // What is drawn is read in the same task, since a canvas may be empty after it.
  const drew = canvas => {
    probe.canvas = canvas;
    const frame = document.timeline.currentTime;
    if (probe.drawn.at(-1) !== frame) probe.drawn.push(frame);
    if (probe.looking && !due) {
      due = true;
      queueMicrotask(look);
    }
  };

  const wrap = (owner, name, canvasOf) => {
    const own = owner?.[name];
    if (!own) return;
    owner[name] = function (...values) {
      drew(canvasOf(this));
      return own.apply(this, values);
    };
  };
  for (const context of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    for (const name of ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced']) {
      wrap(context?.prototype, name, gl => gl.canvas);
    }
  }
  wrap(window.GPUCanvasContext?.prototype, 'getCurrentTexture', context => context.canvas);

  addEventListener('error', event => (probe.failure ??= event.message));
  addEventListener('unhandledrejection', event => (probe.failure ??= String(event.reason)));
  for (const kind of ['pointerdown', 'pointermove', 'pointerup', 'click']) {
    addEventListener(kind, event => (probe.inputs[kind] = event.timeStamp), { capture: true });
  }
  // While the pointer drags the picture nothing is read back; from its release on it is.
  addEventListener('pointerup', () => (probe.looking = true), { capture: true });

  probe.forget = () => {
    probe.seen = [];
    probe.drawn = [];
    probe.ticks = [];
    probe.counts = [];
  };
  probe.tick = () => {
    probe.ticking = true;
    const tick = time => {
      probe.ticks.push(time);
      if (probe.ticking) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };
  probe.watch = element => {
    let text = element.textContent;
    new MutationObserver(() => {
      if (element.textContent === text) return;
      text = element.textContent;
      probe.counts.push({ at: performance.now(), text });
    }).observe(element, { subtree: true, childList: true, characterData: true });
  };
  performance.setResourceTimingBufferSize(100000);
  probe.bytes = () =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
      (sum, entry) => sum + entry.transferSize,
      0,
    );
})();
