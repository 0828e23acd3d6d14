import { corruption } from './corruption.js';
import { files } from './files.js';
import { hostile } from './hostile.js';
import type { Scenario } from './scenario.js';

/** All attacks by name, which is also the name of their file. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  corruption,
  files,
  hostile,
};
