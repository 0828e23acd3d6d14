import { cpus } from 'node:os';

/** What figures were measured on. */
export function machine() {
  return { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, node: process.version, arch: process.arch };
}

export function sayMachine(): string {
  const { cpu, cores, node } = machine();
  return `${cpu}, ${cores} cores, Node ${node}`;
}
