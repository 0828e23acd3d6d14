import { writeFileSync } from 'node:fs';
import type { Floats } from 'eqprop';
import { PNG } from 'pngjs';

/** Pixels a side of an image, screen pixels of each of its pixels, and between images. */
const [SIDE, ZOOM, GAP] = [28, 2, 4];

/** Writes rows of 28 × 28 images, each row [columns, 784] of numbers from 0 to 1, as one grey picture. */
export function writeSheet(path: string, rows: readonly Floats[]): void {
  const pitch = SIDE * ZOOM + GAP;
  const columns = rows[0].length / SIDE ** 2;
  const png = new PNG({ width: columns * pitch + GAP, height: rows.length * pitch + GAP });
  png.data.fill(96);
  for (const [r, row] of rows.entries()) {
    for (const [i, value] of row.entries()) {
      const [column, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
      const grey = Math.round(255 * value);
      for (let zy = 0; zy < ZOOM; zy++) {
        const left = (GAP + r * pitch + y * ZOOM + zy) * png.width + GAP + column * pitch + x * ZOOM;
        png.data.fill(grey, 4 * left, 4 * (left + ZOOM));
      }
    }
  }
  for (let i = 3; i < png.data.length; i += 4) png.data[i] = 255; // opaque
  writeFileSync(path, PNG.sync.write(png, { colorType: 0 }));
}
