/**
 * The ONNX engine beside Transformers.js, our GGUF engine and onnxruntime-genai, on the same weights and in one run:
 * `npm run bench:onnx -- --onnx FOLDER`. `--python` names a Python with onnxruntime-genai; without it that row is left out.
 */
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defaultModelPath } from '../src/config/model-path.ts';
import { readOnnxFolder } from '../src/engines/onnx/folder/folder.ts';
import { startAnswers } from './support/answers.ts';
import { openDecoder } from './support/decoders.ts';
import { median, table } from './support/report.ts';

const { values } = parseArgs({
  options: {
    onnx: { type: 'string', default: join(process.env['HEARTH_TEST_MODELS'] ?? '', 'SmolLM2-135M-Instruct-ONNX') },
    gguf: { type: 'string', default: defaultModelPath() },
    python: { type: 'string', default: join(homedir(), '.cache', 'hearth-peers', 'genai', 'bin', 'python') },
    rounds: { type: 'string', default: '5' },
    contexts: { type: 'string', default: '64,1024,2048' },
  },
});
const folder = readOnnxFolder(resolve(values.onnx), { dtype: undefined, gpu: false });
const rounds = Number(values.rounds);
const threads = availableParallelism();
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const NEW_TOKENS = 48;
const STEPS = 24;
const contexts = values.contexts.split(',').map(Number);

const onnx = await openDecoder({ path: folder.path, format: 'onnx' });
const gguf = await openDecoder({ path: values.gguf, format: 'gguf' });
const stock = await startAnswers(process.execPath, [
  here('support/stock-generate.mjs'),
  folder.path,
  folder.dtype,
  String(threads),
]);
const genai = existsSync(values.python)
  ? await startAnswers(values.python, [
      here('support/genai-decode.py'),
      folder.path,
      folder.modelFile,
      '4096',
      String(threads),
    ])
  : undefined;

const measured = new Map<string, number[]>();
const note = (name: string, value: number): void => void measured.set(name, [...(measured.get(name) ?? []), value]);
try {
  for (let round = 0; round < rounds; round += 1) {
    note('stock', await stock.ask(String(NEW_TOKENS)));
    for (const clients of [1, 4, 8]) note(`onnx ${clients}`, await onnx.tokensPerSecond(clients, NEW_TOKENS, round));
    note('onnx first', await onnx.firstTokenMs(512, round));
    note('gguf first', await gguf.firstTokenMs(512, round));
    for (const context of contexts) {
      note(`onnx at ${context}`, await onnx.stepMs(8, context, STEPS));
      note(`gguf at ${context}`, await gguf.stepMs(8, context, STEPS));
      if (genai) note(`genai at ${context}`, await genai.ask(`8 ${context} ${STEPS}`));
    }
    const figures = [...measured].map(([name, all]) => `${name} ${(all.at(-1) ?? Number.NaN).toFixed(1)}`);
    console.error(`round ${round + 1} of ${rounds}: ${figures.join(', ')}`);
  }
} finally {
  stock.end();
  genai?.end();
  await onnx.close();
  await gguf.close();
}

/** The median of the rounds' ratios, and both medians. */
function row(title: string, ours: string, theirs: string, bar: string): string[] {
  const a = measured.get(ours) ?? [];
  const b = measured.get(theirs) ?? [];
  const ratio = median(a.map((value, at) => value / (b[at] ?? Number.NaN)));
  return [title, median(a).toFixed(1), median(b).toFixed(1), ratio.toFixed(2), bar];
}

const batches = [1, 4, 8].map((clients, at) =>
  row(`tokens/s, ${clients} together : generate()`, `onnx ${clients}`, 'stock', `≥ ${[1, 1.6, 2][at] ?? 0}`),
);
const steps = contexts.flatMap((context) => [
  row(`ms a step of 8 at ${context} : GGUF`, `onnx at ${context}`, `gguf at ${context}`, ''),
  ...(genai
    ? [row(`ms a step of 8 at ${context} : genai`, `onnx at ${context}`, `genai at ${context}`, '≤ 1.25')]
    : []),
]);
const first = row('ms to the first token of 512 : GGUF', 'onnx first', 'gguf first', '≤ 0.6');
console.log(table(['figure', 'ours', 'theirs', 'ratio', 'bar'], [...batches, first, ...steps]));
if (!genai) console.log(`onnxruntime-genai was left out: ${values.python} is not there.`);
