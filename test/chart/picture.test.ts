import { expect } from 'chai';
import type { Panel } from '../../lib/chart/panel.js';
import { pictureOf } from '../../lib/chart/picture.js';

const panel: Panel = {
  title: 'Error',
  description: 'Two points.',
  xLabel: 'epoch',
  yLabel: 'error in per cent',
  xScale: 'linear',
  xTicks: [1, 2],
  curves: [
    {
      label: 'falling',
      line: [
        [1, 5],
        [2, 3],
      ],
      marks: [[2, 3]],
    },
  ],
};

/** The heights at which grid lines are drawn, from below. */
const gridOf = (svg: string) => [...svg.matchAll(/<line x1="66" y1="([\d.]+)" x2="430"/g)].map(([, y]) => Number(y));

describe('pictureOf', () => {
  it('writes powers of ten on the vertical axis, or what the panel asks for', async () => {
    const tens = await pictureOf('A <picture>', [panel]);
    expect(tens).to.include('10⁰').and.to.include('10¹').and.to.include('A &#60;picture&#62;');
    const own = await pictureOf('A picture', [{ ...panel, yTicks: [2, 4, 8] }]);
    expect(own).to.not.include('10⁰');
    for (const tick of ['>2<', '>4<', '>8<']) expect(own).to.include(tick);
    const [two, four, eight] = gridOf(own);
    expect(two - four).to.be.closeTo(four - eight, 0.02); // a logarithmic axis
    expect(eight).to.be.below(four);
  });

  it('puts panels side by side', async () => {
    const width = (svg: string) => Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
    expect(width(await pictureOf('Two', [panel, panel]))).to.be.above(1.9 * width(await pictureOf('One', [panel])));
  });
});
