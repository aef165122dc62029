import { loadOnnx } from './src/engines/onnx/load.ts';
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
const st = o.stepper;
const med = (a: number[]) => a.toSorted((x, y) => x - y)[a.length >> 1];
for (const b of [1, 4, 8])
  for (const rep of [0, 1]) {
    for (let i = 0; i < b; i++)
      await st.step([{ slot: i, tokens: Array.from({ length: 64 }, (_, j) => j + 5), sample: false }]);
    const ts = [];
    let inner = [];
    for (let k = 0; k < 40; k++) {
      const t = performance.now();
      const r = await st.client.call(
        'step',
        Array.from({ length: b }, (_, i) => ({ slot: i, tokens: [k + 3], sample: true })),
      );
      ts.push(performance.now() - t);
      inner.push((r as any).ms ?? 0);
    }
    console.log(b, 'rtt', med(ts).toFixed(2), 'inner', med(inner).toFixed(2));
    for (let i = 0; i < b; i++) await st.trim(i, 0);
  }
await o.stepper.dispose();
