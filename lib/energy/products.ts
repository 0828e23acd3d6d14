/** Products of batches and matrices, which the interactions are made of: float64, row-major, loops along rows, four
 * at a time, so that a number that was loaded is used more than once. */

/** out[e, j] −= Σ_i a[e, i] w[i, j]. Four rows of w stay in the first-level cache while the examples run past. */
export function subtractProduct(
  a: Float64Array,
  w: Float64Array,
  batch: number,
  m: number,
  n: number,
  out: Float64Array,
): void {
  const whole = m - (m % 4);
  for (let i = 0; i < whole; i += 4) {
    const [w0, w1, w2, w3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    for (let e = 0; e < batch; e++) {
      const [a0, a1, a2, a3] = [a[e * m + i], a[e * m + i + 1], a[e * m + i + 2], a[e * m + i + 3]];
      const at = e * n;
      for (let j = 0; j < n; j++) out[at + j] -= a0 * w[w0 + j] + a1 * w[w1 + j] + a2 * w[w2 + j] + a3 * w[w3 + j];
    }
  }
  for (let i = whole; i < m; i++) {
    for (let e = 0; e < batch; e++) {
      const [a0, at] = [a[e * m + i], e * n];
      for (let j = 0; j < n; j++) out[at + j] -= a0 * w[i * n + j];
    }
  }
}

/** out[e, i] −= Σ_j w[i, j] b[e, j]. Four sums at a time, as one sum would wait for its own last addition. */
export function subtractTransposed(
  b: Float64Array,
  w: Float64Array,
  batch: number,
  m: number,
  n: number,
  out: Float64Array,
): void {
  const whole = m - (m % 4);
  for (let i = 0; i < whole; i += 4) {
    const [w0, w1, w2, w3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    for (let e = 0; e < batch; e++) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      const at = e * n;
      for (let j = 0; j < n; j++) {
        const x = b[at + j];
        s0 += x * w[w0 + j];
        s1 += x * w[w1 + j];
        s2 += x * w[w2 + j];
        s3 += x * w[w3 + j];
      }
      out[e * m + i] -= s0;
      out[e * m + i + 1] -= s1;
      out[e * m + i + 2] -= s2;
      out[e * m + i + 3] -= s3;
    }
  }
  for (let i = whole; i < m; i++) {
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += b[e * n + j] * w[i * n + j];
      out[e * m + i] -= sum;
    }
  }
}

/** out[i, j] −= scale · Σ_e a[e, i] b[e, j]. */
export function subtractOuter(
  a: Float64Array,
  b: Float64Array,
  batch: number,
  m: number,
  n: number,
  scale: number,
  out: Float64Array,
): void {
  const whole = batch - (batch % 4);
  for (let i = 0; i < m; i++) {
    const at = i * n;
    for (let e = 0; e < whole; e += 4) {
      const a0 = scale * a[e * m + i];
      const a1 = scale * a[(e + 1) * m + i];
      const a2 = scale * a[(e + 2) * m + i];
      const a3 = scale * a[(e + 3) * m + i];
      const [b0, b1, b2, b3] = [e * n, (e + 1) * n, (e + 2) * n, (e + 3) * n];
      for (let j = 0; j < n; j++) out[at + j] -= a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
    }
    for (let e = whole; e < batch; e++) {
      const a0 = scale * a[e * m + i];
      for (let j = 0; j < n; j++) out[at + j] -= a0 * b[e * n + j];
    }
  }
}
