import type { LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { Ranker } from '../../contract/rank.ts';
import type { RankerEngine } from '../engine.ts';
import { addonModel } from './addon.ts';
import { Encoder, type EncoderOptions } from './encoder.ts';
import type { OpenModel } from './open-model.ts';
import { createTokenizer } from './tokenizer.ts';

/** Architectures whose scores llama.cpp makes probabilities of already (llama-graph.cpp, build_pooling); others give logits. */
const PROBABILITIES: ReadonlySet<string> = new Set(['qwen3', 'qwen3vl']);

type Pair = (query: readonly number[], document: readonly number[]) => readonly number[];

/** Makes an opened model ready to score pairs. @throws InferenceError unsupported, insufficient_memory */
export async function createRanker(opened: OpenModel, options: EncoderOptions): Promise<RankerEngine> {
  const { model, device } = opened;
  const paired = pairing(model);
  const encoder = await Encoder.create(opened, options, true);
  const probability = PROBABILITIES.has(model.fileInfo.metadata.general.architecture);
  const ranker: Ranker = {
    contextSize: encoder.contextSize,
    lanes: encoder.lanes,
    get load() {
      return encoder.load;
    },
    paired: (query, document) => ({ tokens: paired(query, document) }),
    rank: async (pairs, signal, begun) => {
      const tokens = pairs.map((pair) => pair.tokens);
      const vectors = await encoder.encode(tokens, signal, begun);
      return vectors.map(([score = 0]) => (probability ? score : 1 / (1 + Math.exp(-score))));
    },
    dispose: () => encoder.dispose(),
  };
  return { task: 'rank', format: 'gguf', ranker, tokenizer: createTokenizer(model), device };
}

/**
 * How a model wants query and document: by the template in its file (`tokenizer.chat_template.rerank`, with `{query}` and
 * `{document}`), else as a pair in the way of BERT or of RoBERTa (llama.cpp, format_rerank).
 * @throws InferenceError unsupported for a model whose vocabulary has no token to part them
 */
function pairing(model: LlamaModel): Pair {
  const { bos, eos, sep } = model.tokens;
  const start = bos === null ? [] : [bos];
  const template = model.fileInfo.metadata.tokenizer['chat_template.rerank'];
  if (template !== undefined) return templated(model, template);
  // [CLS] query [SEP] document [SEP]
  if (model.vocabularyType === 'wpm' && sep !== null) {
    return (query, document) => [...start, ...query, sep, ...document, sep];
  }
  const end = eos ?? sep;
  if (end === null) {
    throw new InferenceError(
      'unsupported',
      'This reranker has neither a template nor an end-of-sequence token to part query and document; name another file.',
    );
  }
  // <s> query </s></s> document </s>
  return (query, document) => [...start, ...query, end, ...(sep === null ? [] : [sep]), ...document, end];
}

function templated(model: LlamaModel, template: string): Pair {
  const native = addonModel(model);
  const parts = template.split(/(\{query\}|\{document\})/);
  const fixed = parts.map((part) => Array.from(native.tokenize(part, true)));
  const bos = model.tokens.shouldPrependBosToken ? model.tokens.bos : null;
  return (query, document) => {
    const tokens = parts.flatMap((part, at) =>
      part === '{query}' ? query : part === '{document}' ? document : (fixed[at] ?? []),
    );
    return bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  };
}
