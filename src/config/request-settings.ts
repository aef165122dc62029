import { optional } from './setting.ts';
import { decimal, whole } from './values.ts';

const group = 'Defaults for requests';

/** What a request gets where it is silent. */
export const requestSettings = {
  maxTokens: optional({
    group,
    schema: whole(1),
    defaultText: 'what fits; 512 on /llm/ and /models/',
    help: 'new tokens at most',
  }),
  temperature: optional({
    group,
    schema: decimal({ min: 0 }),
    defaultText: '0 on /llm/ and /models/, 1 on /v1',
    help: 'how freely tokens are chosen; 0 always takes the likeliest',
  }),
  topP: optional({
    group,
    schema: decimal({ min: 0, max: 1 }),
    defaultText: '1',
    help: 'keep the likeliest tokens whose probabilities add up to this; 1 keeps all',
  }),
  topK: optional({
    group,
    schema: whole(0),
    defaultText: '0',
    help: 'keep this many of the likeliest tokens; 0 keeps all',
  }),
  minP: optional({
    group,
    schema: decimal({ min: 0, max: 1 }),
    defaultText: '0',
    help: "drop tokens below this share of the likeliest one's probability; 0 drops none",
  }),
  repetitionPenalty: optional({
    group,
    schema: decimal({ above: 0 }),
    defaultText: '1',
    help: 'makes tokens that already occurred less likely; 1 is off',
  }),
  seed: optional({
    group,
    schema: whole(0, 4_294_967_295),
    defaultText: 'a new one each time',
    help: 'makes the choice of tokens repeatable',
  }),
};
