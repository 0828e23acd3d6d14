const ARRAYS = ['Uint8Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'ArrayBuffer'] as const;

/**
 * Bytes of array memory that an action asks for, whether it was given and is still held or not: what JavaScript constructs
 * is counted as it is asked for, and what Node's own code takes (buffers, compression) by what the process holds more at
 * the end. Nothing else may run meanwhile.
 */
export async function allocatedBy(action: () => Promise<unknown>): Promise<number> {
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => ArrayBufferView>;
  const before = process.memoryUsage().arrayBuffers;
  let asked = 0;
  const originals = ARRAYS.map((name) => [name, globals[name]] as const);
  for (const [name, original] of originals) {
    const width = (original as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    globals[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') asked += args[0] * width;
        return Reflect.construct(target, args, newTarget);
      },
    });
  }
  try {
    await action();
  } finally {
    for (const [name, original] of originals) globals[name] = original;
  }
  return Math.max(asked, process.memoryUsage().arrayBuffers - before);
}
