import { SlotForward, type Forward, type Sessions } from './forward.ts';
import type { DecoderGraph } from './graph.ts';
import { KvStore } from './kv-store.ts';
import { layouts, type Padding } from './layout.ts';

/** Tokens of the prompts that are tried, and where the second is cut in two. */
const SHORT = 3;
const LONG = 11;
const CUT = 4;
/** What logits may differ by, as a share of their spread: quantized activations depend a little on the batch. */
const TOLERANCE = 0.02;

/**
 * Finds out how rows of different lengths can be decoded together: reads two prompts, the longer one in two chunks, decodes
 * them in one batch, and compares with each prompt alone. An export does not tell which padding its attention bears.
 * @throws Error in ONNX Runtime's words where not even one prompt alone can be run
 */
export function findPadding(sessions: Sessions, graph: DecoderGraph): Padding {
  const prompts = [SHORT, LONG].map((length) =>
    Array.from({ length }, (_, at) => (at * 31 + length) % graph.vocabularySize),
  );
  const alone = prompts.map((prompt) => aloneLogits(sessions, graph, prompt));
  if (agrees(() => ragged(sessions, graph, prompts, 'right'), alone)) return 'right';
  if (graph.positions && agrees(() => ragged(sessions, graph, prompts, 'left'), alone)) return 'left';
  return 'alone';
}

/** What decodes with a padding. */
export function createForward(
  padding: Padding,
  parts: { sessions: Sessions; graph: DecoderGraph; store: KvStore },
): Forward {
  return new SlotForward(parts, layouts[padding]);
}

function aloneLogits(sessions: Sessions, graph: DecoderGraph, prompt: readonly number[]): Float32Array {
  const store = new KvStore(graph, 1, LONG);
  const forward = createForward('alone', { sessions, graph, store });
  if (prompt.length > 1) forward.read(0, prompt.slice(0, -1), false);
  const [logits] = forward.decode([{ slot: 0, token: prompt.at(-1) ?? 0 }]);
  return Float32Array.from(logits ?? []);
}

function ragged(
  sessions: Sessions,
  graph: DecoderGraph,
  [short = [], long = []]: readonly number[][],
  padding: Padding,
): Float32Array[] {
  // More room than tokens, as it is while serving.
  const store = new KvStore(graph, 2, 2 * LONG);
  const forward = createForward(padding, { sessions, graph, store });
  forward.read(0, short.slice(0, -1), false);
  forward.read(1, long.slice(0, CUT), false);
  forward.read(1, long.slice(CUT, -1), false);
  return forward.decode([short, long].map((prompt, slot) => ({ slot, token: prompt.at(-1) ?? 0 })));
}

/** Whether a way runs at all and gives the same logits. */
function agrees(run: () => Float32Array[], expected: readonly Float32Array[]): boolean {
  let found: Float32Array[];
  try {
    found = run();
  } catch {
    // ONNX Runtime refuses shapes that the graph cannot have: so this is not the way.
    return false;
  }
  return expected.every((logits, row) => difference(logits, found[row] ?? new Float32Array()) <= TOLERANCE);
}

/** The largest difference, as a share of the spread of the expected logits; NaN counts as different. */
function difference(expected: Float32Array, found: Float32Array): number {
  let low = Infinity;
  let high = -Infinity;
  let most = 0;
  expected.forEach((logit, at) => {
    low = Math.min(low, logit);
    high = Math.max(high, logit);
    const off = Math.abs(logit - (found[at] ?? NaN));
    most = Number.isNaN(off) ? Infinity : Math.max(most, off);
  });
  return most / (high - low);
}
