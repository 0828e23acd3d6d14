import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '../../lib/files/safetensors.js';
import type { EpochRecord } from '../../lib/index.js';
import type { Random } from '../../lib/random.js';
import { type Checkpoint, readCheckpoint } from '../../lib/training/checkpoint.js';
import type { Position } from '../../lib/training/checkpoint-state.js';
import { eqprop, writeColumns } from '../cli/support.js';
import { inFolder } from './folder.js';
import type { Scenario } from './scenario.js';

/** An epoch of 10 updates takes some ten milliseconds. */
const SETTINGS = [
  '--preset',
  'paper-2',
  '--batch',
  '4',
  '--hidden',
  '150,100',
  '--momentum',
  '0.3',
  '--rates',
  '0.1,0.05,0.02',
];

/** Milliseconds after the run has been announced. */
const LONGEST_WAIT = 400;
/** Milliseconds until a process that was told to end must have ended. */
const LONGEST_EXIT = 10_000;

const withoutTimes = (history: readonly EpochRecord[]) => JSON.stringify(history.map((it) => ({ ...it, seconds: 0 })));

async function historyOf(run: string): Promise<EpochRecord[]> {
  const lines = (await readFile(join(run, 'history.jsonl'), 'utf8')).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

async function newestOf(run: string): Promise<Checkpoint> {
  const folder = join(run, 'checkpoints');
  const names = (await readdir(folder)).sort();
  const stale = names.filter((name) => !name.startsWith('checkpoint-'));
  if (stale.length > 0) throw new Error(`'${stale[0]}' is left in ${folder}`);
  return readCheckpoint(join(folder, names.at(-1) ?? ''));
}

/** Whether a checkpoint has the parameters of the model that was saved after it. */
async function isOfModel({ parameters }: Checkpoint, run: string): Promise<boolean> {
  const { tensors } = await readSafetensors(join(run, 'model.safetensors'));
  return [...tensors].every(([name, { data }]) => {
    const saved = parameters.get(name);
    return saved?.length === data.length && saved.every((value, i) => value === data[i]);
  });
}

/** Whether a position is at or after another. */
function isAsFar(now: Position, before: Position): boolean {
  return now.epoch > before.epoch || (now.epoch === before.epoch && now.totals.examples >= before.totals.examples);
}

/** Runs `eqprop train` and sends it SIGTERM; returns what was wrong, and how long it took to end. */
async function stopOne(args: readonly string[], run: string, before: Position | undefined, random: Random) {
  const wrong: string[] = [];
  let told = 0;
  const wait = LONGEST_WAIT * random.uniform();
  const { code, stdout, stderr } = await eqprop(args, {
    once: [
      `run ${run}\n`,
      (child) =>
        setTimeout(() => {
          told = performance.now();
          child.kill('SIGTERM');
        }, wait),
    ],
  });
  const milliseconds = performance.now() - told;
  if (code !== 1 || !stderr.startsWith('interrupted by SIGTERM')) wrong.push(`it ended with ${code}: ${stderr.trim()}`);
  if (milliseconds > LONGEST_EXIT) wrong.push(`it took ${milliseconds} ms to end`);
  const checkpoint = await newestOf(run);
  const { position } = checkpoint;
  if (!(await isOfModel(checkpoint, run))) wrong.push('the checkpoint is not where the training was stopped');
  if (before && !isAsFar(position, before)) wrong.push('the training went back');
  if (before && /going on with epoch (\d+)/.exec(stdout)?.[1] !== String(before.epoch)) {
    wrong.push(`it did not go on with epoch ${before.epoch}`);
  }
  if (withoutTimes(await historyOf(run)) !== withoutTimes(position.history)) {
    wrong.push('history.jsonl is not the history of the checkpoint');
  }
  return { wrong, milliseconds, position };
}

export const sigterm: Scenario = {
  what: 'SIGTERM at random moments of eqprop train: a valid checkpoint, an exit within 10 s, and --resume goes on to the same bits',
  rounds: 200,
  quick: 3,
  run: (rounds, random) =>
    inFolder(async (root) => {
      const [data, run, whole] = [join(root, 'columns'), join(root, 'run'), join(root, 'whole')];
      await mkdir(data);
      writeColumns(data, 28);
      const failures: string[] = [];
      let position: Position | undefined;
      let [slowest, midEpoch] = [0, 0];
      for (let round = 1; round <= rounds; round++) {
        const begin = position ? ['train', '--resume'] : ['train', data, ...SETTINGS, '--epochs', '1000000'];
        const varied = ['--threads', String(1 + random.below(3)), '--checkpoint-every', String(1 + random.below(9))];
        const stopped = await stopOne([...begin, '--run', run, ...varied], run, position, random);
        failures.push(...stopped.wrong.map((wrong) => `round ${round}: ${wrong}`));
        position = stopped.position;
        slowest = Math.max(slowest, stopped.milliseconds);
        if (position.totals.examples > 0) midEpoch++;
        if (round % 50 === 0) console.error(`  ${round} stops, epoch ${position.epoch}, ${failures.length} failures`);
      }
      const epochs = String(position?.epoch ?? 1);
      const last = await eqprop(['train', '--resume', '--run', run, '--epochs', epochs]);
      const once = await eqprop(['train', data, ...SETTINGS, '--epochs', epochs, '--run', whole]);
      if (last.code !== 0 || once.code !== 0) failures.push(`the last runs failed: ${last.stderr} ${once.stderr}`);
      const models = await Promise.all([run, whole].map((path) => readFile(join(path, 'model.safetensors'))));
      if (!models[0].equals(models[1])) failures.push('the model has other bits than that of a run that was let alone');
      if (withoutTimes(await historyOf(run)) !== withoutTimes(await historyOf(whole))) {
        failures.push('the history is another than that of a run that was let alone');
      }
      return { failures, figures: { stops: rounds, midEpoch, epochs, slowestExit: `${Math.round(slowest)} ms` } };
    }),
};
