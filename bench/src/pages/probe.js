// Notes what a page draws, and when. Every measured page runs it before any script of its own, so all viewers are seen
// in the same way: by what they ask of WebGL and WebGPU, and by the pixels that come of it.
(() => {
  const probe = (window.__probe = {
    // Whether pixels are read back after each frame.
    looking: true,
    // Every change of the picture: when the frame's pixels were there, and what share of them differs from the corner's.
    seen: [],
    // The starts of the animation frames in which the viewer drew, and of all while `ticking`.
    drawn: [],
    ticks: [],
    // When an input of each kind last happened, by the browser's own stamp.
    inputs: {},
    // Every change of the watched text, and when.
    counts: [],
    // Since the page was last attended to: how long tasks of the main thread took, and inputs until the next frame.
    tasks: [],
    answers: [],
    // What a script of the page has thrown.
    failure: null,
  });
  let due = null;
  let hash = null;
  let pen = null;

  // Whether these pixels are another picture than the last, and how much of it is not background.
  const judge = (pixels, stride, width, height) => {
    const background = pixels[0];
    let now = 0;
    let lit = 0;
    for (let y = 0; y < height; y += 1) {
      for (let at = y * stride; at < y * stride + width; at += 1) {
        now = Math.imul(now ^ pixels[at], 0x01000193) + at;
        if (pixels[at] !== background) lit += 1;
      }
    }
    if (now !== hash) {
      hash = now;
      probe.seen.push({ at: performance.now(), lit: lit / (width * height) });
    }
  };

  // A canvas of WebGL: made a quarter as wide and high by the graphics process, then read, which takes 2 ms.
  const readCanvas = canvas => {
    const side = 200;
    pen ??= Object.assign(document.createElement('canvas'), { width: side, height: side }).getContext('2d');
    pen.globalCompositeOperation = 'copy';
    pen.drawImage(canvas, 0, 0, side, side);
    judge(new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer), side, side, side);
  };

  // A canvas of WebGPU, where that would take 100 ms: its texture, copied to a buffer that comes when all is drawn.
  const readTexture = async (device, texture) => {
    const { width, height } = texture;
    const stride = Math.ceil((width * 4) / 256) * 256;
    const buffer = device.createBuffer({
      size: stride * height,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    const encoder = device.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow: stride }, { width, height });
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(GPUMapMode.READ);
    judge(new Uint32Array(buffer.getMappedRange()), stride / 4, width, height);
    buffer.destroy();
  };

  // What is drawn is read in the same task, since a canvas may be empty after it.
  const drew = read => {
    const frame = document.timeline.currentTime;
    if (probe.drawn.at(-1) !== frame) probe.drawn.push(frame);
    if (!probe.looking) return;
    if (!due) {
      queueMicrotask(() => {
        const read = due;
        due = null;
        read();
      });
    }
    due = read;
  };

  for (const context of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    for (const name of ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced']) {
      const draw = context?.prototype[name];
      if (!draw) continue;
      context.prototype[name] = function (...values) {
        drew(() => readCanvas(this.canvas));
        return draw.apply(this, values);
      };
    }
  }
  const canvases = window.GPUCanvasContext?.prototype;
  if (canvases) {
    const devices = new WeakMap();
    const { configure, getCurrentTexture } = canvases;
    canvases.configure = function (configuration) {
      devices.set(this, configuration.device);
      const usage = (configuration.usage ?? GPUTextureUsage.RENDER_ATTACHMENT) | GPUTextureUsage.COPY_SRC;
      return configure.call(this, { ...configuration, usage });
    };
    canvases.getCurrentTexture = function () {
      const texture = getCurrentTexture.call(this);
      drew(() => readTexture(devices.get(this), texture));
      return texture;
    };
  }

  addEventListener('error', event => (probe.failure ??= event.message));
  addEventListener('unhandledrejection', event => (probe.failure ??= String(event.reason)));
  for (const kind of ['pointerdown', 'pointermove', 'pointerup', 'click', 'keydown']) {
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
  const observed = [];
  const observe = (options, note) => {
    const observer = new PerformanceObserver(list => list.getEntries().forEach(note));
    observer.observe(options);
    observed.push([observer, note]);
  };
  observe({ type: 'longtask' }, task => probe.tasks.push(task.duration));
  // What is no press, release or key has no number.
  observe({ type: 'event', durationThreshold: 16 }, event => event.interactionId && probe.answers.push(event.duration));
  const take = () => observed.forEach(([observer, note]) => observer.takeRecords().forEach(note));
  probe.attend = () => {
    take();
    probe.tasks = [];
    probe.answers = [];
  };
  probe.attended = () => {
    take();
    const most = times => (times.length ? Math.max(...times) : null);
    return { task: most(probe.tasks), input: most(probe.answers) };
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
