import { loadOnnx } from './src/engines/onnx/load.ts';
import { loadGguf } from './src/engines/gguf/load.ts';
import { Scheduler } from './src/scheduling/scheduler.ts';
const base = {
  format: 'onnx',
  dtype: undefined,
  device: 'auto',
  contextSize: 4096,
  slots: 8,
  threads: undefined,
  batchSize: undefined,
  gpuLayers: 'auto',
  scratchFolder: '/tmp',
  kvCacheType: 'f16',
  flashAttention: 'auto',
  onLog: () => {},
} as any;
const o: any = await loadOnnx({ path: '/work/shared/models/SmolLM2-135M-Instruct-ONNX', ...base });
const g: any = await loadGguf({ path: '/work/main/models/SmolLM2-135M-Instruct.Q4_1.gguf', ...base });
const mk = (e: any) =>
  new Scheduler(e.stepper, {
    maxQueue: 100,
    maxQueueWaitMs: 60000,
    stepBudgetMs: 250,
    endTokens: e.tokenizer.special.eog,
    prefixReuse: true,
    promptCache: undefined,
  });
const so = mk(o),
  sg = mk(g);
const sampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 1,
};
const gen = async (s: any, prompt: number[], max: number) => {
  const t0 = performance.now();
  let first = 0;
  for await (const ev of s.run(
    { prompt, maxTokens: max, minTokens: max, sampling } as any,
    new AbortController().signal,
  ))
    if (ev.type === 'token') first ||= performance.now() - t0;
  return { first, ms: performance.now() - t0 };
};
const med = (a: number[]) => a.toSorted((x, y) => x - y)[a.length >> 1];
const rnd = (n: number, seed: number) =>
  Array.from({ length: n }, (_, i) => ((i * 7919 + seed * 104729) % 40000) + 100);
const R: any = {};
const add = (k: string, v: number) => (R[k] ??= []).push(v);
for (let r = 0; r < 5; r++) {
  for (const [n, s] of [
    ['o', so],
    ['g', sg],
  ] as const) {
    add(n + ' ttft512', (await gen(s, rnd(512, r), 2)).first);
    add(n + ' ttft104', (await gen(s, rnd(104, r + 50), 2)).first);
    for (const c of [1, 4, 8]) {
      const t = performance.now();
      await Promise.all(Array.from({ length: c }, (_, i) => gen(s, rnd(20, r * 100 + i + c * 10), 48)));
      add(n + ' tok/s ' + c, (c * 48) / ((performance.now() - t) / 1000));
    }
  }
}
for (const k of Object.keys(R))
  if (k.startsWith('o'))
    console.log(
      k.slice(2),
      'onnx',
      med(R[k]).toFixed(0),
      'gguf',
      med(R['g' + k.slice(1)]).toFixed(0),
      'ratio',
      (med(R[k]) / med(R['g' + k.slice(1)])).toFixed(2),
    );
await so.dispose();
await sg.dispose();
