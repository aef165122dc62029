import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { onBothTinyEngines } from '../support/engines.ts';
import { screen } from '../support/screen.ts';

onBothTinyEngines(({ path }) => {
  test('a model is measured in this process, and unloaded', async () => {
    const terminal = { env: {}, stdout: screen(), stderr: screen() };
    const sizes = ['--context-size', '256', '--parallel', '2', '--threads', '1', '--device', 'cpu'];
    const load = ['--clients', '1,2', '--requests', '4', '--prompt-tokens', '8', '--max-tokens', '6'];
    const code = await run(['bench', '--model', path, '--json', ...sizes, ...load], terminal);
    assert.equal(terminal.stderr.text(), '');
    assert.equal(code, 0);
    const { target, levels } = JSON.parse(terminal.stdout.text()) as {
      target: { kind: string; model: { slots: number } };
      levels: { errors: number; completionTokens: number }[];
    };
    assert.deepEqual([target.kind, target.model.slots], ['model', 2]);
    assert.deepEqual(
      levels.map(({ errors, completionTokens }) => [errors, completionTokens]),
      [
        [0, 24],
        [0, 24],
      ],
    );
  });
});
