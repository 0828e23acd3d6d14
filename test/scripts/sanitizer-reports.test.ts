import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

interface Reports {
  errors: string[];
  leaks: string[];
  others: number;
}
const { readReports } = require('../../../scripts/sanitizer-reports.js') as {
  readReports(folder: string): Reports;
};

const leak = (...frames: string[]) =>
  `Direct leak of 8 byte(s) in 1 object(s) allocated from:\n${frames.map((frame, i) => `    #${i} 0x7f00 in ${frame}`).join('\n')}`;
const allocated = 'operator new(unsigned long) ../libsanitizer/asan/asan_new_delete.cpp:95';
const ours = 'eqprop::Job::start(Napi::Env) /home/me/eqprop/native/binding/job.cc:48';
const v8 = 'v8::internal::Map::CopyWithField() (/usr/bin/node+0x1)';

describe('reports of sanitizers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eqprop-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function reportsOf(...texts: string[]): Reports {
    for (const [i, text] of texts.entries()) writeFileSync(join(folder, `report.${i}`), text);
    return readReports(folder);
  }
  const leaking = (...leaks: string[]) =>
    `==1==ERROR: LeakSanitizer: detected memory leaks\n\n${leaks.join('\n\n')}\n\n`;

  it('tell leaks of the addon’s, also of what Node made for it, from V8’s and other programs’', () => {
    const own = [leak(allocated, ours, v8), leak(allocated, 'napi_create_promise (/usr/bin/node+0x2)', ours, v8)];
    const foreign = [
      leak(allocated, 'void std::vector<int>::_M_realloc_insert()', v8, ours),
      leak('malloc libc.so', 'xmalloc (/usr/bin/bash+0x9)'),
    ];
    const { errors, leaks, others } = reportsOf(leaking(own[0], foreign[0]), leaking(foreign[1], own[1]));
    expect(errors).to.deep.equal([]);
    expect(leaks.map((text) => text.trim())).to.deep.equal(own);
    expect(others).to.equal(2);
  });

  it('tell errors from warnings', () => {
    const errors = [
      '==2==ERROR: AddressSanitizer: heap-use-after-free on address 0x1',
      'plan.cc:3:1: runtime error: load of null pointer',
    ];
    expect(reportsOf(...errors, '==3==WARNING: AddressSanitizer failed to allocate 0x1 bytes')).to.deep.equal({
      errors,
      leaks: [],
      others: 0,
    });
  });

  it('are none where there is no folder', () => {
    expect(readReports(join(folder, 'none'))).to.deep.equal({ errors: [], leaks: [], others: 0 });
  });
});
