import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings, resolveSettings } from '../../src/config/resolve.ts';
import { settingNames } from '../../src/config/settings.ts';

test('without anything every setting has its declared default', () => {
  const { settings, origins, warnings } = resolveSettings({}, {});
  assert.deepEqual(settings, {
    model: [],
    models: [],
    given: [],
    alias: [],
    chatTemplate: undefined,
    lora: [],
    modelsDir: undefined,
    preload: undefined,
    idleUnload: undefined,
    memoryBudget: undefined,
    device: 'auto',
    contextSize: undefined,
    parallel: undefined,
    threads: undefined,
    batchSize: undefined,
    dtype: undefined,
    gpuLayers: 'auto',
    hub: 'hf',
    yes: false,
    prefixReuse: 'on',
    promptCache: undefined,
    promptCacheSize: undefined,
    kvCacheType: 'f16',
    flashAttention: 'auto',
    host: '127.0.0.1',
    port: 8000,
    unknownFields: undefined,
    messagesKey: undefined,
    stringPrompt: 'raw',
    config: undefined,
    maxQueue: 128,
    maxQueueWait: 60,
    timeout: 600,
    maxBody: 33_554_432,
    storedResponses: 1000,
    storedResponsesSize: 64 * 1024 * 1024,
    stepBudget: 250,
    drainTimeout: 30,
    maxTokens: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    minP: undefined,
    repetitionPenalty: undefined,
    seed: undefined,
    apiKey: [],
    apiKeyFile: undefined,
    corsOrigin: [],
    logLevel: 'info',
    logFormat: undefined,
  });
  assert.ok(settingNames.every((name) => origins[name].source === 'default'));
  assert.deepEqual(warnings, []);
});

test('defaultSettings are the defaults with what differs', () => {
  assert.deepEqual(defaultSettings({ port: 0 }), {
    ...resolveSettings({}, {}).settings,
    port: 0,
    given: ['port'],
  });
});
