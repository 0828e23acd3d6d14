import { expect } from 'chai';
import { phasesOf } from '../../lib/cli/phases.js';
import { coordinateDescent } from '../../lib/phases/coordinate-descent.js';
import { euler } from '../../lib/phases/euler.js';
import { fixedPoint } from '../../lib/phases/fixed-point.js';
import { temporaryFolder } from '../files/support.js';
import { json, writeColumns } from './support.js';

const preset = { free: euler({ stepSize: 0.4, iterations: 30 }), nudged: euler({ stepSize: 0.4, iterations: 5 }) };

describe('phases on the command line', () => {
  it('are those of the preset, but for what is asked for', () => {
    expect(phasesOf({}, 'p', preset, 'centered')).to.deep.equal(preset);
    expect(phasesOf({ freeIterations: 60, tolerance: 1e-3 }, 'p', preset, 'centered')).to.deep.equal({
      free: euler({ stepSize: 0.4, iterations: 60, tolerance: 1e-3 }),
      nudged: euler({ stepSize: 0.4, iterations: 5, tolerance: 1e-3 }),
    });
    expect(phasesOf({ stepSize: 1 }, 'p', preset, 'centered').nudged).to.deep.equal(
      euler({ stepSize: 1, iterations: 5 }),
    );
    const sweeps = { free: coordinateDescent({ iterations: 3 }), nudged: coordinateDescent({ iterations: 1 }) };
    expect(phasesOf({ relaxation: 1.3 }, 'p', sweeps, 'centered').free).to.include({ iterations: 3, relaxation: 1.3 });
  });

  it('take nothing of a preset with other dynamics', () => {
    const options = { dynamics: 'fixedPoint', freeIterations: 9, nudgedIterations: 2, relaxation: 0.5 } as const;
    expect(phasesOf(options, 'p', preset, 'centered')).to.deep.equal({
      free: fixedPoint({ iterations: 9, relaxation: 0.5 }),
      nudged: fixedPoint({ iterations: 2, relaxation: 0.5 }),
    });
  });

  describe('eqprop train', () => {
    const at = temporaryFolder();

    for (const dynamics of ['coordinate-descent', 'anderson']) {
      it(`trains, tests and goes on with ${dynamics}`, async () => {
        writeColumns(at('.'));
        const phases = ['--dynamics', dynamics, '--free-iterations', '30', '--nudged-iterations', '9'];
        const network = ['--hidden', '8', '--tolerance', '1e-5', '--threads', '1', '--batch', '8', '--beta', '0.5'];
        await json(['train', at('.'), ...network, ...phases, '--epochs', '4', '--run', at('whole')]);
        await json(['train', at('.'), ...network, ...phases, '--epochs', '2', '--run', at('parts')]);
        const last = await json(['train', '--resume', '--run', at('parts'), '--epochs', '4']);
        const [whole, parts] = await Promise.all(['whole', 'parts'].map((run) => json(['evaluate', at(run), at('.')])));
        expect(parts).to.include({ error: whole.error, cost: whole.cost, energy: whole.energy });
        expect(last).to.include({ epochs: 4, testError: whole.error });
        expect(whole.error).to.be.below(0.4); // by chance: 0.67
      });
    }
  });
});
