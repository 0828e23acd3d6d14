import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RunFolder } from '../../lib/cli/run-folder.js';
import { DataError } from '../../lib/errors.js';
import { hopfield } from '../../lib/index.js';
import { expectError, notedDuring, temporaryFolder } from '../files/support.js';

describe('RunFolder', () => {
  if (process.platform === 'win32') return; // modes and links are others there
  const at = temporaryFolder();
  const record = (epoch: number) => ({ epoch, error: 0, cost: 0, energy: 0, seconds: 0 });
  const model = hopfield([1, 1], { engine: 'javascript' });
  after(() => model.dispose());

  it('is its owner’s only, with all that it lies in', async () => {
    const run = await RunFolder.create(at('deep', 'run'), {});
    await run.saveModel(model);
    await run.append(record(1));
    await run.close();
    expect([at('deep'), at('deep', 'run')].map((path) => statSync(path).mode & 0o777)).to.deep.equal([0o700, 0o700]);
    const modes = readdirSync(at('deep', 'run')).map((name) => statSync(at('deep', 'run', name)).mode & 0o777);
    expect(modes).to.deep.equal([0o600, 0o600, 0o600]);
  });

  it('is on the disk before anything is written to it, and each epoch before the next', async () => {
    let run: RunFolder | undefined;
    const noted = await notedDuring(async () => {
      run = await RunFolder.create(at('deep', 'run'), {});
    });
    const [above, deep, path] = [at('.'), at('deep'), at('deep', 'run')];
    expect(noted.slice(0, 5)).to.deep.equal([
      `synced ${join(above, '..')}`,
      ...[`made ${deep}`, `synced ${above}`],
      ...[`made ${path}`, `synced ${deep}`],
    ]);
    const appended = await notedDuring(async () => run?.append(record(1)));
    expect(appended).to.deep.equal([`synced ${join(path, 'history.jsonl')}`]);
    await run?.close();
  });

  it('follows no symbolic link in the place of its history', async () => {
    const run = await RunFolder.create(at('run'), {});
    await run.append(record(1));
    writeFileSync(at('victim'), 'as it was');
    renameSync(at('run', 'history.jsonl'), at('run', 'moved'));
    symlinkSync(at('victim'), at('run', 'history.jsonl'));
    for (const write of [() => run.append(record(2)), () => run.writeHistory([])]) {
      await expectError(write, DataError, 'ERR_FILE', `'${at('run', 'history.jsonl')}'`, 'a symbolic link');
    }
    expect(readFileSync(at('victim'), 'utf8')).to.equal('as it was');
    await run.close();
  });

  it('is no symbolic link, nor may one take its name', async () => {
    mkdirSync(at('victim'));
    symlinkSync('victim', at('link'));
    for (const open of [() => RunFolder.create(at('link'), {}), () => RunFolder.reopen(at('link'))]) {
      await expectError(open, DataError, 'ERR_FILE', `'${at('link')}'`, 'a symbolic link');
    }
    const run = await RunFolder.create(at('run'), {});
    renameSync(at('run'), at('moved'));
    symlinkSync('victim', at('run'));
    for (const write of [() => run.append(record(1)), () => run.writeHistory([]), () => run.saveModel(model)]) {
      await expectError(write, DataError, 'ERR_FILE', `'${at('run')}'`, 'a symbolic link');
    }
    expect(readdirSync(at('victim'))).to.deep.equal([]);
    await run.close();
  });
});
