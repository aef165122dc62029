import { usableCores } from '../../src/engines/cores.ts';
import { createEmbedder } from '../../src/engines/gguf/embedder.ts';
import { openModel } from '../../src/engines/gguf/open-model.ts';
import { median, table } from './report.ts';

/** A GGUF embedding model: lanes against threads, interleaved. @param count inputs a round @param lengths their tokens */
export async function compareLanes(
  path: string,
  { count, lengths, rounds }: { count: number; lengths: readonly number[]; rounds: number },
): Promise<void> {
  const cores = usableCores();
  const signal = new AbortController().signal;
  const cases = [
    { name: 'one after another, 1 lane, 1 thread', lanes: 1, threads: 1, sequential: true },
    { name: `one after another, 1 lane, up to ${cores} threads`, lanes: 1, threads: cores, sequential: true },
    { name: `together, 1 lane, up to ${cores} threads`, lanes: 1, threads: cores, sequential: false },
    { name: `together, ${cores} lanes (the default)`, lanes: cores, threads: cores, sequential: false },
  ];
  const loaded = await Promise.all(
    cases.map(async ({ lanes, threads }) => {
      const opened = await openModel({ path, device: 'cpu', gpuLayers: 'auto', threads });
      return createEmbedder(opened, { contextSize: undefined, lanes });
    }),
  );
  const rows: string[][] = [];
  for (const length of lengths) {
    const times = cases.map((): number[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, { embedder, tokenizer }] of loaded.entries()) {
        const encode = (text: string): number[] => tokenizer.encode(text, { special: false, continues: false });
        const given = inputs(encode, count, length).map((input) => embedder.framed(input));
        await embedder.embed(given.slice(0, 2), signal);
        const began = performance.now();
        if (cases[index]?.sequential === true) for (const input of given) await embedder.embed([input], signal);
        else await embedder.embed(given, signal);
        times[index]?.push((performance.now() - began) / count);
      }
    }
    for (const [index, { name }] of cases.entries()) {
      const ms = median(times[index] ?? []);
      rows.push([String(length), name, ms.toFixed(2), (1000 / ms).toFixed(0)]);
    }
  }
  console.log(table(['tokens', 'how', 'ms each (median)', 'inputs/s'], rows));
  for (const { embedder } of loaded) await embedder.dispose();
}

/** Inputs of about so many tokens; every one is another. */
function inputs(encode: (text: string) => number[], count: number, length: number): number[][] {
  const words = 'the tide turned old maps slow trains and a lighthouse near winter gardens'.split(' ');
  return Array.from({ length: count }, (_, input) => {
    const text = Array.from(
      { length: length },
      (_word, at) => words[(input * 7 + at * (1 + (input % 5))) % words.length],
    );
    return encode(text.join(' ')).slice(0, length - 2);
  });
}
