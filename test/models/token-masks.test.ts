import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import type { Tokenizer } from '../../src/contract/tokens.ts';
import { defaultModelPath } from '../../src/config/model-path.ts';
import { addonModel, type AddonGrammarState, createGrammarState, grammarAllows } from '../../src/engines/gguf/addon.ts';
import { openDevice } from '../../src/engines/gguf/devices.ts';
import { controlTokens } from '../../src/engines/control-tokens.ts';
import { createTokenizer } from '../../src/engines/gguf/tokenizer.ts';
import { Random } from '../../src/engines/onnx/sampling/random.ts';
import {
  advanceBytes,
  beginning,
  GbnfAutomaton,
  jsonObjectGbnf,
  mayEnd,
  schemaToGbnf,
  TokenMasks,
  TokenTrie,
} from '../../src/grammar/index.ts';

let llama: Llama;
let model: LlamaModel;
let tokenizer: Tokenizer;
let masks: TokenMasks;
before(async () => {
  llama = await openDevice('cpu', undefined);
  model = await llama.loadModel({ modelPath: defaultModelPath() });
  tokenizer = createTokenizer(model);
  const names = controlTokens(tokenizer);
  masks = new TokenMasks(new TokenTrie(tokenizer.size, (id) => bytesOf(id, names)));
});
after(() => model.dispose());

function bytesOf(id: number, names: ReadonlyMap<number, string>): Uint8Array {
  const name = names.get(id);
  return name === undefined ? tokenizer.bytes(id) : new TextEncoder().encode(name);
}

/** Moves llama.cpp's grammar on by a token; an internal call of the pinned package. */
function accept(state: AddonGrammarState, token: number): void {
  const { _bindings } = llama as unknown as {
    _bindings: { AddonSampler: { acceptGrammarEvaluationStateToken(state: AddonGrammarState, token: number): void } };
  };
  _bindings.AddonSampler.acceptGrammarEvaluationStateToken(state, token);
}

/** Of so many tokens one is looked at, in every place another. */
const STRIDE = 11;

const grammars: Readonly<Record<string, string>> = {
  'a JSON object': jsonObjectGbnf,
  'a schema': schemaToGbnf(
    {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 9 },
        mail: { format: 'email', type: 'string' },
        n: { minimum: 3 },
      },
      required: ['name', 'mail'],
    },
    { param: 'schema' },
  ),
  'text with characters of several bytes': 'root ::= ([a-zé-ö ]{2,7} | [日本€😀-😃]+) root | "."',
};

for (const [name, gbnf] of Object.entries(grammars)) {
  it(`a mask holds the tokens that llama.cpp allows one by one, all along ${name}`, () => {
    const random = new Random(9);
    const names = controlTokens(tokenizer);
    const state = createGrammarState(llama, addonModel(model), gbnf);
    let position = beginning(new GbnfAutomaton(gbnf));
    for (let step = 0; step < 25; step += 1) {
      const mask = masks.at(position);
      const ours = new Set(
        Array.from({ length: tokenizer.size }, (_, id) => id).filter((id) =>
          tokenizer.special.eog.has(id) ? mayEnd(position) : ((mask[id >> 5] ?? 0) >>> (id & 31)) & 1,
        ),
      );
      const wrong: string[] = [];
      // llama.cpp takes up to a second for all of them.
      for (let id = step % STRIDE; id < tokenizer.size; id += STRIDE) {
        if (grammarAllows(llama, state, id) !== ours.has(id))
          wrong.push(`${id} ${Buffer.from(bytesOf(id, names)).toString('hex')} ${ours.has(id)}`);
      }
      assert.deepEqual(wrong, [], `step ${step}`);
      const choices = [...ours].filter((id) => !tokenizer.special.eog.has(id));
      const id = choices[Math.floor(random.next() * choices.length)];
      const behind = id === undefined ? undefined : advanceBytes(position, bytesOf(id, names));
      if (id === undefined || behind === undefined) break;
      accept(state, id);
      position = behind;
    }
  });
}
