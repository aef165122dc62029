/**
 * Embeddings per second of one model: `npm run bench:embeddings -- --model PATH`. Of a GGUF file lanes against threads; of an
 * ONNX folder 32 texts one by one against the same at once, with exit code 1 where that gains less than it has to.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compareBatches } from './support/embedding-batches.ts';
import { compareLanes } from './support/embedding-lanes.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    inputs: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '12,128,500' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string' },
  },
});
if (values.model === undefined) throw new Error('--model names no GGUF file and no ONNX folder of an embedding model');
const path = resolve(values.model);
const rounds = Number(values.rounds);
if (statSync(path).isDirectory()) {
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  process.exitCode = (await compareBatches(path, rounds, threads)) ? 0 : 1;
} else {
  await compareLanes(path, {
    count: Number(values.inputs),
    lengths: values.tokens.split(',').map(Number),
    rounds,
  });
}
