import { binding } from './binding.js';
import { buffers } from './buffers.js';
import { corruption } from './corruption.js';
import { kernels } from './kernels.js';
import type { Scenario } from './scenario.js';

/** All attacks by name, which is also the name of their file. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  binding,
  buffers,
  corruption,
  kernels,
};
