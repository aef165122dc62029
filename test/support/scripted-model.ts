import type { Model } from '../../src/contract/model.ts';
import type { TokenRequest, Tokenizer } from '../../src/contract/tokens.ts';
import { FakeStepper } from './fake-stepper.ts';
import { modelOver } from './model-over.ts';

const EOS = 256;

/** A token for each byte, one that ends, and the special ones that are named. */
function byteTokenizer(specialTexts: readonly string[]): Tokenizer {
  return {
    encode: (text) => [...Buffer.from(text)],
    bytes: (id) => (id < EOS ? Uint8Array.of(id) : new Uint8Array()),
    specialText: (id) => (id === EOS ? '<|end|>' : (specialTexts[id - EOS - 1] ?? '')),
    size: EOS + 1 + specialTexts.length,
    longestToken: 1,
    specialTexts: ['<|end|>', ...specialTexts],
    addedTexts: [],
    special: { bos: undefined, bosText: '', eosText: '<|end|>', eog: new Set([EOS]) },
  };
}

export interface ScriptedModel {
  model: Model;
  /** What the scheduler was asked for, in order. */
  requests: TokenRequest[];
  /** The prompt of a request as text. */
  promptOf(request: TokenRequest | undefined): string;
}

export interface Script {
  /** What the model writes in its turns, one after the other; names of special tokens become these tokens. */
  turns: readonly string[];
  template?: string;
  specialTexts?: readonly string[];
}

/** The real runtime and scheduler over an engine that writes what it is told to, a byte a token, and then ends. */
export function scriptedModel({ turns, template, specialTexts = [] }: Script): ScriptedModel {
  const tokenizer = byteTokenizer(specialTexts);
  const scripts = turns.map((turn) => tokensOf(turn, specialTexts));
  const requests: TokenRequest[] = [];
  const stepper = new FakeStepper({
    slots: 1,
    contextSize: 100_000,
    batchSize: 4096,
    next: (held, request) => {
      if (requests.at(-1) !== request) requests.push(request);
      const script = scripts[(requests.length - 1) % scripts.length] ?? [];
      return script[held.length - request.prompt.length] ?? EOS;
    },
  });
  const model = modelOver(stepper, { id: 'scripted', tokenizer, template });
  const promptOf = (request: TokenRequest | undefined): string => Buffer.from(request?.prompt ?? []).toString();
  return { model, requests, promptOf };
}

function tokensOf(turn: string, specialTexts: readonly string[]): number[] {
  const tokens: number[] = [];
  for (let at = 0; at < turn.length;) {
    const index = specialTexts.findIndex((name) => turn.startsWith(name, at));
    const name = specialTexts[index];
    const character = String.fromCodePoint(turn.codePointAt(at) ?? 0);
    if (name === undefined) tokens.push(...Buffer.from(character));
    else tokens.push(EOS + 1 + index);
    at += (name ?? character).length;
  }
  return tokens;
}
