"use strict";
{
  const { ratio, size, places, columns } = JSON.parse(document.getElementById("data").textContent);
  const [figure, picture, ring, card] = ["figure", "picture", "ring", "card"].map((id) => document.getElementById(id));
  const REACH_PX = 8;
  // Cells by squares, so that the pointer asks those near it alone.
  const SQUARE_PX = 16;
  const squares = new Map();
  const nColumns = Math.ceil(size[0] / SQUARE_PX) + 1;
  const n = places.length / 2;
  for (let cell = 0; cell < n; cell += 1) {
    const [x, y] = [places[2 * cell] / 10, places[2 * cell + 1] / 10];
    const square = Math.floor(y / SQUARE_PX) * nColumns + Math.floor(x / SQUARE_PX);
    if (!squares.has(square)) squares.set(square, []);
    squares.get(square).push(cell);
  }

  const nearest = (x, y) => {
    let best = null;
    let least = REACH_PX * REACH_PX;
    const [column, row] = [Math.floor(x / SQUARE_PX), Math.floor(y / SQUARE_PX)];
    for (let dy = -1; dy <= 1; dy += 1) {
      for (let dx = -1; dx <= 1; dx += 1) {
        for (const cell of squares.get((row + dy) * nColumns + column + dx) ?? []) {
          const away = (places[2 * cell] / 10 - x) ** 2 + (places[2 * cell + 1] / 10 - y) ** 2;
          if (away < least) [best, least] = [cell, away];
        }
      }
    }
    return best;
  };

  const show = (event) => {
    const box = picture.getBoundingClientRect();
    // The browser may show the picture smaller than it is.
    const scale = box.width / (picture.naturalWidth / ratio);
    const cell = nearest((event.clientX - box.left) / scale, (event.clientY - box.top) / scale);
    ring.hidden = card.hidden = cell === null;
    if (cell === null) return;
    const [x, y] = [(places[2 * cell] / 10) * scale, (places[2 * cell + 1] / 10) * scale];
    ring.style.left = `${x}px`;
    ring.style.top = `${y}px`;
    card.replaceChildren(
      ...columns.flatMap(({ name, texts, codes }) => {
        const [term, told] = [document.createElement("dt"), document.createElement("dd")];
        term.textContent = name;
        told.textContent = texts[codes[cell]];
        return [term, told];
      }),
    );
    const left = x + 14 + card.offsetWidth > box.width ? x - 14 - card.offsetWidth : x + 14;
    card.style.left = `${Math.max(0, left)}px`;
    card.style.top = `${Math.max(0, Math.min(y + 14, box.height - card.offsetHeight))}px`;
  };

  figure.addEventListener("pointermove", show);
  figure.addEventListener("pointerdown", show);
  figure.addEventListener("pointerleave", () => {
    ring.hidden = card.hidden = true;
  });
}
