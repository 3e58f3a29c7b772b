// embedding-atlas' EmbeddingView. It draws a lasso and hands its outline out; who is inside, the host has to find.

import { EmbeddingView } from './node_modules/embedding-atlas/dist/component.js';
import { colors, coordinates, labels, page, say } from './points.js';

const [{ x, y }, first] = await Promise.all([coordinates(), labels(0)]);
const columns = [first, null];
let outline = null;
const view = new EmbeddingView(document.getElementById('view'), {
  data: { x, y, category: first },
  categoryColors: colors,
  width: 800,
  height: 800,
  pixelRatio: 1,
  config: { mode: 'points', autoLabelEnabled: false },
  onRangeSelection: range => (outline = Array.isArray(range) ? range : null),
});

// By the even-odd rule, edge by edge for the points between the outline's bounds.
const countInside = corners => {
  const xs = Float64Array.from(corners, corner => corner.x);
  const ys = Float64Array.from(corners, corner => corner.y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  let count = 0;
  for (let point = 0; point < x.length; point += 1) {
    const [px, py] = [x[point], y[point]];
    if (px < left || px > right || py < low || py > high) continue;
    let inside = false;
    for (let to = 0, from = xs.length - 1; to < xs.length; from = to, to += 1) {
      const crosses = ys[to] > py !== ys[from] > py;
      if (crosses && px < ((xs[from] - xs[to]) * (py - ys[to])) / (ys[from] - ys[to]) + xs[to]) inside = !inside;
    }
    if (inside) count += 1;
  }
  return count;
};
addEventListener('pointerup', () => outline && say(countInside(outline)));

page.colorBy = async column => {
  columns[column] ??= await labels(column);
  view.update({ data: { x, y, category: columns[column] } });
};
page.isWhole = true;
