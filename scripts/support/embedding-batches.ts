import { loadOnnx } from '../../src/engines/onnx/load.ts';
import { cpuOptions } from '../../test/support/load-model.ts';
import { median, table } from './report.ts';

/** What a batch of 32 has to be faster than the same inputs one by one, in the same process. */
const bars = [
  { words: 8, reach: 3 },
  { words: 100, reach: 1.05 },
];
const INPUTS = 32;

/**
 * An ONNX embedding model: 32 texts one by one against the same in one call, interleaved, and the ratio of each round.
 * @returns whether the medians reach the bars
 */
export async function compareBatches(folder: string, rounds: number, threads: number | undefined): Promise<boolean> {
  const engine = await loadOnnx(cpuOptions({ path: folder, format: 'onnx', threads }));
  if (engine.task !== 'embed') throw new Error(`${folder} makes no vectors`);
  const { embedder, tokenizer } = engine;
  const { signal } = new AbortController();
  const encode = (text: string): number[] => tokenizer.encode(text, { special: false, continues: false });
  const rows: string[][] = [];
  let reached = true;
  for (const { words, reach } of bars) {
    const inputs = texts(words).map((text) => embedder.framed(encode(text)));
    const times: { alone: number; together: number }[] = [];
    // The first round is for the model to learn how large a run may be.
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      for (const input of inputs) await embedder.embed([input], signal);
      const between = performance.now();
      await embedder.embed(inputs, signal);
      times.push({ alone: between - began, together: performance.now() - between });
    }
    times.shift();
    const ratios = times.map(({ alone, together }) => alone / together);
    const ratio = median(ratios);
    reached &&= ratio >= reach;
    const ms = (of: 'alone' | 'together'): string => (median(times.map((one) => one[of])) / INPUTS).toFixed(2);
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    rows.push([String(words), ms('alone'), ms('together'), ratio.toFixed(2), range, `≥ ${reach}`]);
  }
  console.log(table(['words', 'ms each alone', 'ms each of 32', 'ratio (median)', 'range', 'bar'], rows));
  await embedder.dispose();
  return reached;
}

/** Texts of so many words; every one is another. */
function texts(words: number): string[] {
  const some = 'the tide turned old maps slow trains and a lighthouse near winter gardens'.split(' ');
  return Array.from({ length: INPUTS }, (_, input) =>
    Array.from({ length: words }, (_word, at) => some[(input * 7 + at * (1 + (input % 5))) % some.length]).join(' '),
  );
}
