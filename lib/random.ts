/**
 * A seeded generator of random numbers: xoshiro128**, by Blackman and Vigna (https://prng.di.unimi.it), which passes
 * the usual test suites and whose whole state is four numbers, so that a training can be continued exactly.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /** @param seed a whole number from 0 to 2^53 − 1 */
  constructor(seed: number) {
    let x = (seed % 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1);
    for (let i = 0; i < 4; i++) {
      // splitmix32: neighbouring seeds give unrelated states.
      x = (x + 0x9e3779b9) | 0;
      let z = x ^ (x >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** All that is to come depends on: four numbers from 0 to 2^32 − 1. */
  get state(): number[] {
    return [...this.#state];
  }

  set state(state: readonly number[]) {
    this.#state.set(state);
  }

  /** A whole number from 0 to 2^32 − 1. */
  next(): number {
    const s = this.#state;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** A number in [0, 1), of 53 bits. */
  uniform(): number {
    const high = this.next() >>> 5;
    return (high * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53;
  }

  /** A number of the standard normal distribution (Box and Muller; one of the pair is thrown away, so that the state
   * says all). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number in [0, bound), each equally probable. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let x = this.next();
    while (x >= limit) x = this.next();
    return x % bound;
  }

  /** The numbers 0 … count − 1 in random order (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }
}
