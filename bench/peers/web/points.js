// The points that all viewers show: coordinates from -1 to 1, and two columns of labels.

const bytes = async name => {
  const answer = await fetch(`../data/${name}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.arrayBuffer();
};

/** The coordinates: two arrays of floats. */
export const coordinates = async () => {
  const [x, y] = await Promise.all([bytes('x.f32'), bytes('y.f32')]);
  return { x: new Float32Array(x), y: new Float32Array(y) };
};

/** The labels' numbers in one of the two columns. */
export const labels = async column => new Uint8Array(await bytes(`labels${column}.u8`));

/** A color for each label there can be: turns of the golden angle. */
export const colors = Array.from({ length: 256 }, (_, label) => {
  const hue = (label * 137.508) % 360;
  const channel = n => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.5 - 0.4 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `#${[0, 8, 4].map(n => channel(n).toString(16).padStart(2, '0')).join('')}`;
});

/** Says how many points are selected. */
export const say = count => {
  document.getElementById('count').textContent = String(count);
};

/** What the page is measured by: whether all is drawn, and how to color by a column. */
export const page = (window.peer = { isWhole: false, colorBy: null });
