import { optional } from './setting.ts';
import { text } from './values.ts';

/** How `hearth bench` and `hearth chat` ask a server that runs already. */
export const askedServerSettings = {
  apiKey: optional({
    group: 'Server',
    schema: text('a text of ASCII characters without spaces', /^[\x21-\x7e]+$/),
    defaultText: 'none',
    help: 'the key that the server wants as a bearer token',
    secret: true,
  }),
  servedModel: optional({
    group: 'Server',
    schema: text('the name of a model'),
    defaultText: 'the first that /v1/models lists',
    help: 'the model to ask for; for /v1 alone',
  }),
};
