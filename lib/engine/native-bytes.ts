import { loadAddon } from './addon.js';

/**
 * How many bytes of memory the native engine holds in this process: weights, data sets, momentum and what jobs work with, of
 * all models in all its workers. JavaScript's arrays are not among them, nor are threads' stacks. A model's are given back
 * when it is disposed of and its jobs have ended, or when it is garbage collected, which heeds them, too. 0 where the addon
 * does not load.
 */
export function nativeBytes(): number {
  const addon = loadAddon();
  return addon instanceof Error ? 0 : addon.bytes();
}
