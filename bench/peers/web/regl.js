// regl-scatterplot, as its documentation has it: both columns travel with the points, and choosing one recolors.

import createScatterplot from 'regl-scatterplot';
import { colors, coordinates, labels, page, say } from './points.js';

const view = document.getElementById('view');
const canvas = view.appendChild(document.createElement('canvas'));
canvas.style.cssText = 'width: 800px; height: 800px';
const scatterplot = createScatterplot({
  canvas,
  width: 800,
  height: 800,
  backgroundColor: '#ffffff',
  pointColor: colors,
  pointSize: 1,
  opacity: 0.7,
  colorBy: 'valueA',
});
scatterplot.subscribe('select', ({ points }) => say(points.length));

const [{ x, y }, valueA, valueB] = await Promise.all([coordinates(), labels(0), labels(1)]);
await scatterplot.draw({ x, y, valueA, valueB }, { zDataType: 'categorical', wDataType: 'categorical' });
page.colorBy = column => scatterplot.set({ colorBy: ['valueA', 'valueB'][column] });
page.isWhole = true;
