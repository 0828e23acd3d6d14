import { Bias } from './bias.js';
import type { Cost } from './cost.js';
import { Dense } from './dense.js';
import type { Interaction } from './interaction.js';
import { Leak } from './leak.js';
import { SquaredError } from './squared-error.js';
export const isShipped = (i: Interaction) => i instanceof Bias || i instanceof Dense || i instanceof Leak;
export const isShippedCost = (c: Cost) => c instanceof SquaredError;
