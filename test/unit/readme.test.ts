import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { settingsTable } from '../../src/config/table.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Cells without the spaces that the formatter aligns them with. */
function rows(table: string): string[][] {
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  return lines
    .map((line) => line.slice(1, -1).split('|'))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter((cells) => !cells.every((cell) => /^-+$/.test(cell)));
}

test('the table of flags in the README is the one that the settings make', () => {
  const inside = /<!-- flags[^>]*-->([\s\S]*?)<!-- \/flags -->/.exec(readme)?.[1] ?? '';
  assert.ok(rows(settingsTable()).length > 25);
  assert.deepEqual(rows(inside), rows(settingsTable()));
});

test('every file that the README links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link ?? '');
  assert.ok(links.length > 3);
  for (const link of links) readFileSync(new URL(`../../${link}`, import.meta.url));
});
