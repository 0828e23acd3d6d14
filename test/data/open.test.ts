import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { openDataset, openInputs } from '../../lib/data/open.js';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { writeSmallMnist } from './small-mnist.js';

describe('openDataset', () => {
  const at = temporaryFolder();

  it('knows mnist by name', async () => {
    const { train, test } = await openDataset('mnist');
    expect([train.name, train.count, test.count]).to.deep.equal(['mnist train', 60_000, 10_000]);
  }).timeout(20_000);

  it('reads a folder', async () => {
    writeSmallMnist(at('.'));
    expect((await openDataset(at('.'))).train.count).to.equal(3);
    const { train, test } = await openDataset(at('.'), { scale: 0.5 });
    expect([train.scale, test.scale, (await openInputs(at('.'), { scale: 2 })).scale]).to.deep.equal([0.5, 0.5, 2]);
    const wrong = () => openDataset(at('.'), { scale: Number.NaN });
    await expectError(wrong, ArgumentError, 'ERR_ARGUMENT', 'scale must be', 'NaN');
    const other = () => openInputs(at('.'), { header: true } as never);
    await expectError(other, ArgumentError, 'ERR_NAME', "openInputs options has no option 'header'");
  });

  it('refuses a folder without the files', () =>
    expectError(() => openDataset(at('.')), DataError, 'ERR_FILE', at('.'), 'train-images-idx3-ubyte'));

  it('refuses an unknown name, and a file', async () => {
    const parts = ['mnist, fashion-mnist or a folder', 'train-images-idx3-ubyte'];
    await expectError(() => openDataset('minst'), ArgumentError, 'ERR_NAME', "'minst'", ...parts);
    writeFileSync(at('file'), 'x');
    await expectError(() => openDataset(at('file')), ArgumentError, 'ERR_NAME', at('file'), ...parts);
    await expectError(() => openDataset(''), ArgumentError, 'ERR_ARGUMENT', 'nameOrPath');
  });
});
