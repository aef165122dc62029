import { loadOnnx } from './src/engines/onnx/load.ts';
import { Scheduler } from './src/scheduling/scheduler.ts';
const base = {
  format: 'onnx',
  dtype: undefined,
  device: 'auto',
  contextSize: undefined,
  slots: undefined,
  threads: undefined,
  batchSize: undefined,
  gpuLayers: 'auto',
  scratchFolder: '/tmp',
  kvCacheType: 'f16',
  flashAttention: 'auto',
  onLog: (l: string, m: string) => console.log(l, m),
} as any;
for (const name of ['SmolLM2-135M-Instruct-ONNX', 'tiny-random-llama']) {
  let t = performance.now();
  const e: any = await loadOnnx({ path: '/work/shared/models/' + name, ...base });
  console.log(
    name,
    'load',
    performance.now() - t,
    e.stepper.slots,
    e.stepper.contextSize,
    e.stepper.batchSize,
    e.stepper.info,
    e.device,
  );
  const s = new Scheduler(e.stepper, {
    maxQueue: 100,
    maxQueueWaitMs: 60000,
    stepBudgetMs: 250,
    endTokens: e.tokenizer.special.eog,
    prefixReuse: true,
    promptCache: undefined,
  });
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
  const gen = async (prompt: string, max = 48) => {
    const ids = e.tokenizer.encode(prompt, { special: true, continues: false });
    const out: number[] = [];
    const t0 = performance.now();
    let first = 0;
    for await (const ev of s.run(
      { prompt: ids, maxTokens: max, minTokens: max, sampling } as any,
      new AbortController().signal,
    )) {
      if (ev.type === 'token') {
        if (!first) first = performance.now() - t0;
        out.push(ev.id);
      }
    }
    return {
      out,
      first,
      ms: performance.now() - t0,
      text: Buffer.concat(out.map((i) => Buffer.from(e.tokenizer.bytes(i)))).toString(),
    };
  };
  const prompts = Array.from(
    { length: 8 },
    (_, i) =>
      '<|im_start|>user\nTell me ' +
      'very '.repeat(i * 3) +
      'much about the number ' +
      i +
      '.<|im_end|>\n<|im_start|>assistant\n',
  );
  const singles = [];
  t = performance.now();
  for (const p of prompts) singles.push(await gen(p));
  const seq = performance.now() - t;
  console.log('sequential', seq, 'decode tok/s', 47 / ((singles[0].ms - singles[0].first) / 1000));
  console.log(singles[1].text);
  t = performance.now();
  const many = await Promise.all(prompts.map((p) => gen(p)));
  console.log(
    'together',
    performance.now() - t,
    'equal',
    many.map((m, i) => m.out.every((x, j) => x === singles[i].out[j])),
  );
  if (name.startsWith('Smol')) {
    const r = await gen('word '.repeat(512), 2);
    console.log('512 ttft', r.first);
    const r2 = await gen('word '.repeat(520) + ' more', 2);
    console.log('again', r2.first);
    console.log(s.stats());
  }
  await s.dispose();
}
