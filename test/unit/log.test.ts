import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLogger } from '../../src/telemetry/log.ts';

function logged(level: string, format: 'pretty' | 'json'): string {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = createLogger({ level, format, destination });
  log.debug('too fine');
  log.info(
    { model: 'm', headers: { authorization: 'Bearer secret', 'x-api-key': 'secret' }, 'x-api-key': 'secret' },
    'hello',
  );
  return text;
}

test('writes JSON lines at once, keys left out', () => {
  const line: unknown = JSON.parse(logged('info', 'json'));
  assert.ok(typeof line === 'object' && line !== null);
  assert.deepEqual(
    { ...line, time: 0, pid: 0, hostname: '' },
    {
      level: 30,
      time: 0,
      pid: 0,
      hostname: '',
      model: 'm',
      headers: { authorization: '[Redacted]', 'x-api-key': '[Redacted]' },
      'x-api-key': '[Redacted]',
      msg: 'hello',
    },
  );
});

test('writes for people, keys left out', () => {
  const text = logged('info', 'pretty');
  assert.match(text, /INFO.*: hello \{"model":"m"/);
  assert.doesNotMatch(text, /secret|too fine|hostname/);
});

test('keeps to its level', () => {
  assert.match(logged('debug', 'json'), /too fine/);
  assert.equal(logged('error', 'json'), '');
});
