import { checkOptions } from '../check.js';
import { isMade } from '../own.js';
import { Bias } from './bias.js';
import { type ConjugateActivation, ConjugateLeak } from './conjugate-leak.js';
import type { Cost } from './cost.js';
import { CrossEntropy } from './cross-entropy.js';
import { CrossEntropyReadOut, type CrossEntropyReadOutOptions } from './cross-entropy-read-out.js';
import { undecayed } from './decay.js';
import { Dense, type DenseOptions } from './dense.js';
import type { Interaction } from './interaction.js';
import { Lateral, type LateralOptions } from './lateral.js';
import type { Layer } from './layer.js';
import { Leak, type LeakOptions } from './leak.js';
import { Memory, type MemoryOptions } from './memory.js';
import { Potential } from './potential.js';
import { Resistive, type ResistiveOptions } from './resistive.js';
import { SquaredError, type SquaredErrorOptions } from './squared-error.js';
import { Untied, type UntiedOptions } from './untied.js';

/** A kind of interaction or cost that the package ships, and how it is told in JSON. */
export interface Shipped<T> {
  readonly type: abstract new (...args: never[]) => T;
  /** How many layers it joins. */
  readonly joins: number;
  /** What it must be told besides its layers and its name; what is undefined is left out. */
  options(part: never): Readonly<Record<string, unknown>>;
  /** The part again, from its layers, its options and its name, all of which it checks. */
  build(layers: readonly Layer[], options: never): T;
}

type Named = { name?: string };

/** By kind. What a dense connection shares is not its own affair: see describe.ts. */
export const INTERACTIONS: Readonly<Record<string, Shipped<Interaction>>> = {
  leak: {
    type: Leak,
    joins: 1,
    options: ({ strength }: Leak) => ({ strength }),
    build: ([on], options: LeakOptions) => new Leak(on, options),
  },
  conjugateLeak: {
    type: ConjugateLeak,
    joins: 1,
    options: ({ activation }: ConjugateLeak) => ({ activation }),
    build: ([on], { activation, ...options }: Named & { activation: ConjugateActivation }) =>
      new ConjugateLeak(on, activation, options),
  },
  potential: {
    type: Potential,
    joins: 1,
    options: ({ coefficients }: Potential) => ({ coefficients }),
    build: ([on], { coefficients, ...options }: Named & { coefficients: number[] }) =>
      new Potential(on, coefficients, options),
  },
  bias: {
    type: Bias,
    joins: 1,
    options: () => ({}),
    build: ([on], options: Named) => new Bias(on, options),
  },
  lateral: {
    type: Lateral,
    joins: 1,
    options: ({ gain }: Lateral) => ({ gain }),
    build: ([on], options: LateralOptions) => new Lateral(on, options),
  },
  memory: {
    type: Memory,
    joins: 1,
    options: ({ patterns, sharpness, gain }: Memory) => ({ patterns, sharpness, gain }),
    build: ([on], { patterns, ...options }: MemoryOptions & { patterns: number }) => new Memory(on, patterns, options),
  },
  dense: {
    type: Dense,
    joins: 2,
    options: ({ gain }: Dense) => ({ gain }),
    build: ([pre, post], options: DenseOptions) => new Dense(pre, post, options),
  },
  untied: {
    type: Untied,
    joins: 2,
    options: ({ gain }: Untied) => ({ gain }),
    build: ([pre, post], options: UntiedOptions) => new Untied(pre, post, options),
  },
  resistive: {
    type: Resistive,
    joins: 2,
    options: ({ conductance }: Resistive) => ({ conductance }),
    build: ([pre, post], options: ResistiveOptions) => new Resistive(pre, post, options),
  },
};

/** By kind. What `withDecay` adds is none of their options. */
export const COSTS: Readonly<Record<string, Shipped<Cost>>> = {
  squaredError: {
    type: SquaredError,
    joins: 1,
    options: ({ weights }: SquaredError) => ({ weights: weights && [...weights] }),
    build: ([of], options: SquaredErrorOptions) => new SquaredError(of, options),
  },
  crossEntropy: {
    type: CrossEntropy,
    joins: 1,
    options: () => ({}),
    build([of], options: object) {
      checkOptions('crossEntropy options', options, []);
      return new CrossEntropy(of);
    },
  },
  crossEntropyReadOut: {
    type: CrossEntropyReadOut,
    joins: 1,
    options: ({ classes, gain }: CrossEntropyReadOut) => ({ classes, gain }),
    build: ([of], { classes, ...options }: CrossEntropyReadOutOptions & { classes: number }) =>
      new CrossEntropyReadOut(of, classes, options),
  },
};

/** The kind of that name, if the package ships it. */
export function shippedKind<T>(kinds: Readonly<Record<string, Shipped<T>>>, name: unknown): Shipped<T> | undefined {
  return typeof name === 'string' && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

/** The kind that a part is of, if it is one of the package's own objects and none of a user's. */
export function kindOf<T extends { readonly kind: string }>(
  kinds: Readonly<Record<string, Shipped<T>>>,
  part: T,
): Shipped<T> | undefined {
  const kind = shippedKind(kinds, part.kind);
  return kind && isMade(part) && Object.getPrototypeOf(part) === kind.type.prototype ? kind : undefined;
}

/** Whether an interaction is the package's own, which can be trusted to write where it should and be saved. */
export function isShipped(interaction: Interaction): boolean {
  return kindOf(INTERACTIONS, interaction) !== undefined;
}

/** Whether a cost is the package's own, with or without decay. */
export function isShippedCost(cost: Cost): boolean {
  return kindOf(COSTS, undecayed(cost)) !== undefined;
}
