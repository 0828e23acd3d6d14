import { corruption } from './corruption.js';
import { kill } from './kill.js';
import { resume } from './resume.js';
import type { Scenario } from './scenario.js';
import { sigterm } from './sigterm.js';
import { syscalls } from './syscalls.js';

/** All attacks by name, which is also the name of their file. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  corruption,
  kill,
  resume,
  sigterm,
  syscalls,
};
