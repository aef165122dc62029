import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import OpenAI from 'openai';
import { onBothServers } from '../support/openai-server.ts';

const ajv = new Ajv2020({ strict: false });
const messages = [{ role: 'user' as const, content: 'Book a table for Zoë in Paris, and tell me the weather there.' }];

const schemas: Record<string, Record<string, unknown>> = {
  get_weather: {
    type: 'object',
    properties: { city: { type: 'string', minLength: 1, maxLength: 20 }, unit: { enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
  },
  book_table: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 12 },
      guests: { type: 'integer', minimum: 1, maximum: 12 },
      day: { type: 'string', pattern: '^2026-(0[1-9]|1[0-2])-[0-3][0-9]$' },
      wishes: { type: 'array', items: { enum: ['window', 'quiet', 'terrace'] }, maxItems: 3 },
    },
    required: ['name', 'guests', 'day'],
  },
  now: { type: 'object', properties: {} },
};
const tools = Object.entries(schemas).map(([name, parameters]) => ({
  type: 'function' as const,
  function: { name, description: `Does ${name}.`, parameters },
}));

type Message = OpenAI.ChatCompletionMessage;

function checkCalls(message: Message): string[] {
  const calls = message.tool_calls ?? [];
  for (const one of calls) {
    assert.equal(one.type, 'function');
    if (one.type !== 'function') continue;
    const given: unknown = JSON.parse(one.function.arguments);
    const schema = schemas[one.function.name];
    assert.ok(schema, one.function.name);
    assert.ok(ajv.validate({ ...schema, additionalProperties: false }, given), one.function.arguments);
  }
  return calls.map((one) => (one.type === 'function' ? one.function.name : ''));
}

/** Asks with seeds in groups of eight, as a busy server would. */
async function overSeeds(count: number, ask: (seed: number) => Promise<void>): Promise<void> {
  for (let seed = 0; seed < count; seed += 8) {
    await Promise.all(Array.from({ length: Math.min(8, count - seed) }, (_, index) => ask(seed + index)));
  }
}

const answers: Record<string, Record<string, unknown>> = {
  person: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      born: { type: 'string', format: 'date' },
      tags: { type: 'array', items: { type: 'string', maxLength: 8 }, minItems: 1, maxItems: 3 },
    },
    required: ['name', 'born', 'tags'],
    additionalProperties: false,
  },
  either: { anyOf: [{ type: 'integer', minimum: 0, maximum: 99 }, { enum: ['none', 'many'] }] },
  tree: {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'integer', minimum: 0, maximum: 9 }, left: { $ref: '#/$defs/node' } },
        required: ['value'],
        additionalProperties: false,
      },
    },
  },
};

onBothServers({}, (server) => {
  test('a call that is required comes, parses and keeps to the schema of its tool, at temperature 1', async () => {
    await overSeeds(16, async (seed) => {
      const { choices } = await server.client.chat.completions.create({
        model: 'x',
        messages,
        tools,
        tool_choice: 'required',
        parallel_tool_calls: false,
        temperature: 1,
        max_tokens: 300,
        seed,
      });
      const [choice] = choices;
      assert.ok(choice);
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.equal(choice.message.content, null);
      assert.equal(checkCalls(choice.message).length, 1);
    });
  });

  test('a tool that is named is the one that is called, also on a stream', async () => {
    await overSeeds(8, async (seed) => {
      const body = {
        model: 'x',
        messages,
        tools,
        tool_choice: { type: 'function' as const, function: { name: 'book_table' } },
        temperature: 1.2,
        max_tokens: 300,
        seed,
      };
      const final =
        seed % 2 === 0
          ? await server.client.chat.completions.create(body)
          : await server.client.chat.completions.stream(body).finalChatCompletion();
      const [choice] = final.choices;
      assert.ok(choice);
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.deepEqual(checkCalls(choice.message), ['book_table']);
    });
  });

  test('with auto the model answers or calls; whatever it calls is whole', async () => {
    await overSeeds(8, async (seed) => {
      const { choices } = await server.client.chat.completions.create({
        model: 'x',
        messages,
        tools,
        temperature: 1,
        max_tokens: 40,
        seed,
        logprobs: true,
      });
      const [choice] = choices;
      assert.ok(choice);
      if (choice.finish_reason !== 'length') checkCalls(choice.message);
      const told = Buffer.from((choice.logprobs?.content ?? []).flatMap(({ bytes }) => bytes ?? [])).toString();
      assert.equal(told, choice.message.content ?? '');
    });
  });

  test('an answer in JSON keeps to its schema or says length, at temperature 1', async () => {
    for (const [name, schema] of Object.entries(answers)) {
      // The formats of strings are proved by the tests of the grammar.
      const validate = ajv.compile(
        JSON.parse(JSON.stringify(schema).replace('"format":"date"', '"minLength":10')) as object,
      );
      let whole = 0;
      await overSeeds(8, async (seed) => {
        const { choices } = await server.client.chat.completions.create({
          model: 'x',
          messages: [{ role: 'user', content: `Describe a ${name} as JSON.` }],
          response_format: { type: 'json_schema', json_schema: { name, schema, strict: seed % 2 === 0 } },
          temperature: 1,
          max_tokens: 150,
          seed,
          stop: ['"', '}'],
        });
        const [choice] = choices;
        if (choice?.finish_reason === 'length') return;
        assert.equal(choice?.finish_reason, 'stop');
        const text = choice.message.content ?? '';
        assert.ok(validate(JSON.parse(text)), text);
        whole += 1;
      });
      // A tree may grow for ever.
      assert.ok(whole >= 2, `${name}: ${whole} of 8 came to their end`);
    }
  });

  test('any object is an object, and a grammar of the client is kept to', async () => {
    await overSeeds(8, async (seed) => {
      const { choices } = await server.client.chat.completions.create({
        model: 'x',
        messages,
        response_format: { type: 'json_object' },
        temperature: 1,
        max_tokens: 200,
        seed,
      });
      const [choice] = choices;
      assert.ok(choice);
      if (choice.finish_reason === 'length') return;
      assert.equal(typeof JSON.parse(choice.message.content ?? ''), 'object');
    });
    const body = { model: 'x', messages, grammar: 'root ::= "yes" | "nö 日本"', temperature: 2 };
    const { choices } = await server.client.chat.completions.create(body);
    assert.match(choices[0]?.message.content ?? '', /^(yes|nö 日本)$/);
    assert.equal(choices[0]?.finish_reason, 'stop');
  });

  test('a grammar lets go with its request: the next one in the slot is free', async () => {
    const held = { model: 'x', messages, grammar: 'root ::= "a"{3}', max_tokens: 8 };
    await Promise.all(
      Array.from({ length: server.served.models[0]?.slots ?? 0 }, () => server.client.chat.completions.create(held)),
    );
    const { choices } = await server.client.chat.completions.create({
      model: 'x',
      messages,
      temperature: 0,
      max_tokens: 12,
    });
    assert.match(choices[0]?.message.content ?? '', /[b-z]/);
  });

  test('a grammar that no token fits fails its own request and no other', async () => {
    const plain = server.client.chat.completions.create({ model: 'x', messages, max_tokens: 60 });
    const never = { model: 'x', messages, grammar: String.raw`root ::= "ab" [\x06]`, max_tokens: 20 };
    for (const temperature of [0, 1]) {
      await assert.rejects(server.client.chat.completions.create({ ...never, temperature }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError, String(error));
        assert.match(error.message, /No token of this model fits/);
        return true;
      });
    }
    const { choices } = await plain;
    assert.ok((choices[0]?.message.content ?? '').length > 20);
    const fitting = { model: 'x', messages, grammar: 'root ::= "ab"' };
    const again = await server.client.chat.completions.create(fitting);
    assert.equal(again.choices[0]?.message.content, 'ab');
  });

  test('bad grammars and schemas are refused by name, and the server goes on', async () => {
    const cases: [object, string][] = [
      [{ grammar: 'root ::= "a' }, 'grammar'],
      [{ grammar: 'root ::= root "a"' }, 'grammar'],
      [{ grammar: `root ::= ${'('.repeat(20_000)}"a"${')'.repeat(20_000)}` }, 'grammar'],
      [{ grammar: 'root ::= <[5]>' }, 'grammar'],
      [
        { response_format: { type: 'json_schema', json_schema: { schema: { not: {} } } } },
        'response_format.json_schema.schema',
      ],
    ];
    for (const [fields, param] of cases) {
      const body = { model: 'x', messages, max_tokens: 1, ...fields } as OpenAI.ChatCompletionCreateParamsNonStreaming;
      await assert.rejects(
        server.client.chat.completions.create(body),
        (error) => error instanceof OpenAI.BadRequestError && error.param === param,
      );
    }
    await server.client.chat.completions.create({ model: 'x', messages, max_tokens: 1 });
  });
});
