import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envName, flagName, nearestName } from '../../src/config/names.ts';
import { settingNames } from '../../src/config/settings.ts';
import { settingsTable } from '../../src/config/table.ts';

test('names follow from one spelling', () => {
  assert.equal(flagName('maxQueueWait'), 'max-queue-wait');
  assert.equal(envName('topP'), 'HEARTH_TOP_P');
});

test('the nearest name is what was probably meant, or nothing', () => {
  const flags = settingNames.map(flagName);
  const meant: [string, string | undefined][] = [
    ['prot', 'port'],
    ['maxQueue', 'max-queue'],
    ['max_tokens', 'max-tokens'],
    ['max_new_tokens', 'max-tokens'],
    ['temp', 'temperature'],
    ['n-gpu-layers', 'gpu-layers'],
    ['key', 'api-key'],
    ['tokenizer', undefined],
    ['x', undefined],
  ];
  for (const [written, name] of meant) assert.equal(nearestName(written, flags), name, written);
});

test('the table has a row of four cells for every setting', () => {
  const lines = settingsTable().trimEnd().split('\n');
  assert.equal(lines.length, settingNames.length + 2);
  for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 6, line);
  assert.ok(lines.includes('| `--port` | `HEARTH_PORT` | 8000 | port to listen on; 0 picks a free one |'));
  assert.match(lines[2] ?? '', /^\| `--model`, `--model_name_or_path` \| `HEARTH_MODEL` \| the embedded model \|/);
});
