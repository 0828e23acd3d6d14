import { allocations } from './allocations.js';
import { binding } from './binding.js';
import { buffers } from './buffers.js';
import { corruption } from './corruption.js';
import { files } from './files.js';
import { hostile } from './hostile.js';
import { jobs } from './jobs.js';
import { kernels } from './kernels.js';
import { kill } from './kill.js';
import { lifetimes } from './lifetimes.js';
import { resume } from './resume.js';
import type { Scenario } from './scenario.js';
import { sigterm } from './sigterm.js';
import { syscalls } from './syscalls.js';
import { threads } from './threads.js';
import { workers } from './workers.js';

/** All attacks by name, which is also the name of their file. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  allocations,
  binding,
  buffers,
  corruption,
  files,
  hostile,
  jobs,
  kernels,
  kill,
  lifetimes,
  resume,
  sigterm,
  syscalls,
  threads,
  workers,
};
