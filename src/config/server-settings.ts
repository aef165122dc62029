import { optional, setting } from './setting.ts';
import { bytes, choice, decimal, listOf, text, whole } from './values.ts';

/** The longest timer that Node has, in seconds; a longer one fires at once. */
const longest = 2_147_483;

/** Where the server listens and how it reads requests. */
export const listenSettings = {
  host: setting({
    group: 'Server',
    schema: text('a host name or an IP address', /^[\w.:%-]+$/),
    default: '127.0.0.1',
    help: 'address to listen on; 0.0.0.0 is every network',
  }),
  port: setting({
    group: 'Server',
    schema: whole(0, 65_535),
    default: 8000,
    help: 'port to listen on; 0 picks a free one',
  }),
  unknownFields: optional({
    group: 'Server',
    schema: choice(['refuse', 'warn']),
    defaultText: 'refuse on /llm/, warn on /v1',
    help: 'what to do with a request field that is not known: refuse or warn',
  }),
  messagesKey: optional({
    group: 'Server',
    schema: text('the name of a field'),
    defaultText: 'none',
    help: 'a further field from which /llm/ takes its prompt, beside inputs and messages',
  }),
  stringPrompt: setting({
    group: 'Server',
    schema: choice(['raw', 'chat']),
    default: 'raw',
    help: 'a string sent to /llm/ goes to the model as it is (raw) or as one user message (chat)',
  }),
  config: optional({
    group: 'Server',
    schema: text('the path of a JSON or YAML file'),
    defaultText: 'none',
    help: 'a JSON or YAML file with settings under these names',
  }),
};

/** What a request may cost. */
export const limitSettings = {
  maxQueue: setting({
    group: 'Limits',
    schema: whole(0),
    default: 128,
    help: 'requests that may wait for a slot; one more is answered with 429',
  }),
  maxQueueWait: setting({
    group: 'Limits',
    schema: decimal({ above: 0, max: longest }),
    default: 60,
    help: 'seconds a request may wait for a slot before it is answered with 429',
  }),
  timeout: setting({
    group: 'Limits',
    schema: decimal({ above: 0, max: longest }),
    default: 600,
    help: 'seconds a request may take in all',
  }),
  maxBody: setting({
    group: 'Limits',
    schema: bytes(),
    default: 32 * 1024 * 1024,
    defaultText: '32mb',
    help: 'largest request body: 32mb, 512kb or plain bytes',
  }),
  storedResponses: setting({
    group: 'Limits',
    schema: whole(0),
    default: 1000,
    help: 'replies of /v1/responses kept in memory; the oldest make room for new ones; 0 keeps none',
  }),
  storedResponsesSize: setting({
    group: 'Limits',
    schema: bytes(0),
    default: 64 * 1024 * 1024,
    defaultText: '64mb',
    help: 'what they may take: 64mb, 512kb or plain bytes',
  }),
  stepBudget: setting({
    group: 'Limits',
    schema: whole(1, longest),
    default: 250,
    help: 'longest step in milliseconds while prompts are read; lower: smoother streams, higher: faster prompts',
  }),
  drainTimeout: setting({
    group: 'Limits',
    schema: decimal({ min: 0, max: longest }),
    default: 30,
    help: 'seconds that running requests get to finish after SIGTERM or Ctrl-C',
  }),
};

const visible = /^[\x21-\x7e]+$/;

/** Who may call. */
export const accessSettings = {
  apiKey: setting({
    group: 'Access',
    schema: listOf(text('a text of ASCII characters without spaces (in quotes in a config file)', visible)),
    default: [],
    defaultText: 'none, everybody may call',
    help: 'a key that clients must send as a bearer token; repeatable',
    list: true,
    secret: true,
  }),
  apiKeyFile: optional({
    group: 'Access',
    schema: text('the path of a text file'),
    defaultText: 'none',
    help: 'a file with further keys, one a line; # begins a comment',
    path: true,
  }),
  corsOrigin: setting({
    group: 'Access',
    schema: listOf(
      text('* or an origin without a path, such as https://app.example.com', /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+)$/i),
    ),
    default: [],
    defaultText: 'none',
    help: 'an origin whose pages may call from a browser; * is every origin; repeatable',
    list: true,
  }),
};

/** What is written about it. */
export const logSettings = {
  logLevel: setting({
    group: 'Logs',
    schema: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    help: 'fatal, error, warn, info, debug, trace or silent',
  }),
  logFormat: optional({
    group: 'Logs',
    schema: choice(['pretty', 'json']),
    defaultText: 'pretty on a terminal, json elsewhere',
    help: 'pretty or json',
  }),
};
