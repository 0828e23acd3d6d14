import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '..', '..');
/** What a page of its own describes, or a pattern of names. */
const ELSEWHERE = /^(bench\/rivals|native\/(fuzz|test)|lib\/engine\/javascript\/procedures)\//;

/** The sources of a folder, from the root, without what else lies there. */
function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|cc|h)$/.test(name))
    .map((name) => relative(root, join(root, folder, name)).replaceAll('\\', '/'));
}

describe('the map in HACKING.md', () => {
  it('names every file', () => {
    const [, map] = /## Rooms\n(.*?)\n## /s.exec(readFileSync(join(root, 'HACKING.md'), 'utf8')) ?? [];
    const named = new Set(map.match(/`[^`\n]+`/g)?.map((name) => name.slice(1, -1)));
    const files = ['lib', 'native', 'bench'].flatMap(sourcesIn).filter((file) => !ELSEWHERE.test(file));
    expect(files.length).to.be.above(200);
    const missing = files.filter((file) => !named.has(basename(file, extname(file))));
    expect(missing).to.deep.equal([]);
  });
});
