import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveSettings } from '../../src/config/resolve.ts';
import { UsageError } from '../../src/config/usage-error.ts';

test('numbers, words and lists are read from HEARTH_ variables', () => {
  const { settings, warnings } = resolveSettings(
    {},
    {
      HEARTH_MODEL: './a.gguf',
      HEARTH_PORT: '9000',
      HEARTH_TEMPERATURE: '0',
      HEARTH_MAX_BODY: '1mb',
      HEARTH_LOG_FORMAT: 'json',
      HEARTH_API_KEY: 'one, two',
      HEARTH_CORS_ORIGIN: 'https://a.example,https://b.example',
      PATH: '/bin',
    },
  );
  assert.deepEqual(settings.model, ['./a.gguf']);
  assert.equal(settings.port, 9000);
  assert.equal(settings.temperature, 0);
  assert.equal(settings.maxBody, 1_048_576);
  assert.equal(settings.logFormat, 'json');
  assert.deepEqual(settings.apiKey, ['one', 'two']);
  assert.deepEqual(settings.corsOrigin, ['https://a.example', 'https://b.example']);
  assert.deepEqual(warnings, []);
});

test('a wrong variable is an error that names it', () => {
  assert.throws(
    () => resolveSettings({}, { HEARTH_PORT: 'abc' }),
    new UsageError('HEARTH_PORT must be a whole number from 0 to 65535, not "abc".'),
  );
});

test('an empty variable is an error, above all an empty key', () => {
  assert.throws(
    () => resolveSettings({}, { HEARTH_HOST: '' }),
    /^UsageError: HEARTH_HOST must be .*, not an empty value\.$/,
  );
  assert.throws(() => resolveSettings({}, { HEARTH_API_KEY: '' }), /^UsageError: HEARTH_API_KEY must be /);
  assert.throws(() => resolveSettings({}, { HEARTH_API_KEY: 'a,' }), /^UsageError: HEARTH_API_KEY must be /);
});

test('the variables that Kubernetes injects for a service called hearth are a warning', () => {
  const { settings, warnings } = resolveSettings(
    {},
    {
      HEARTH_PORT: 'tcp://10.0.0.1:8000',
      HEARTH_SERVICE_HOST: '10.0.0.1',
      HEARTH_SERVICE_PORT: '8000',
      HEARTH_PORT_8000_TCP_ADDR: '10.0.0.1',
    },
  );
  assert.equal(settings.port, 8000);
  assert.deepEqual(warnings, [
    'HEARTH_PORT=tcp://10.0.0.1:8000 looks like a Kubernetes service link and is ignored; use --port to set the port.',
    'Ignored environment variables that are no settings: HEARTH_SERVICE_HOST, HEARTH_SERVICE_PORT, HEARTH_PORT_8000_TCP_ADDR.',
  ]);
});

test('a misspelt variable is a warning with the name that was meant', () => {
  const { warnings } = resolveSettings({}, { HEARTH_PROT: '1' });
  assert.deepEqual(warnings, [
    'Ignored environment variables that are no settings: HEARTH_PROT (did you mean HEARTH_PORT?).',
  ]);
});
