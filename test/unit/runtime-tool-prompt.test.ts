import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage, ChatPrompt } from '../../src/contract/generate.ts';
import type { ToolOffer } from '../../src/contract/tools.ts';
import type { Tokenizer } from '../../src/contract/tokens.ts';
import { createRenderPrompt, type PromptPart } from '../../src/runtime/prompt.ts';
import { toolTemplates, xmlTemplate } from '../support/tool-templates.ts';

const tokenizer: Tokenizer = {
  encode: () => [],
  bytes: () => new Uint8Array(),
  specialText: () => '',
  size: 0,
  longestToken: 1,
  specialTexts: ['<|im_start|>', '<|im_end|>'],
  addedTexts: ['<tool_call>'],
  special: { bos: undefined, bosText: '<s>', eosText: '</s>', eog: new Set() },
};

const offer: ToolOffer = {
  tools: [
    {
      name: 'get_weather',
      description: 'Of a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      param: 'tools[0]',
    },
    { name: 'now', param: 'tools[1]' },
  ],
  required: false,
  callable: ['get_weather', 'now'],
  parallel: true,
};

const history: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Weather in Rome, and the time?' },
  {
    role: 'assistant',
    content: 'I look.',
    toolCalls: [
      { id: 'call_1', name: 'get_weather', arguments: '{"city":"Rome"}' },
      { id: 'call_2', name: 'now', arguments: '{}' },
    ],
  },
  { role: 'tool', content: 'sunny', toolCallId: 'call_1' },
  { role: 'tool', content: 'noon', toolCallId: 'call_2' },
];

function parts(template: string | undefined, prompt: Partial<ChatPrompt>): PromptPart[] {
  return createRenderPrompt(template, tokenizer)({ kind: 'chat', messages: history, ...prompt });
}

function render(template: string | undefined, prompt: Partial<ChatPrompt> = {}): string {
  return parts(template, prompt)
    .map(({ text }) => text)
    .join('');
}

test('a template that knows tools gets them, the calls and their results as Transformers gives them', () => {
  assert.equal(
    render(toolTemplates['hermes'], { tools: offer }),
    `<|im_start|>system
Tools: <tools>{"type": "function", "function": {"name": "get_weather", "description": "Of a city.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}{"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}}</tools>, called as
<tool_call>
{"name": <name>, "arguments": <arguments>}
</tool_call><|im_end|>
<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
Weather in Rome, and the time?<|im_end|>
<|im_start|>assistant
<tool_call>
{"name": "get_weather", "arguments": {"city": "Rome"}}
</tool_call>
<tool_call>
{"name": "now", "arguments": {}}
</tool_call><|im_end|>
<|im_start|>user
<tool_response>
sunny
</tool_response><|im_end|>
<|im_start|>user
<tool_response>
noon
</tool_response><|im_end|>
<|im_start|>assistant
`,
  );
});

const chatMl = `{% for message in messages %}<|im_start|>{{ message['role'] }}
{{ message['content'] }}<|im_end|>
{% endfor %}<|im_start|>assistant{{ '\\n' }}`;

test('a template that knows none has tools, calls and results said in plain messages', () => {
  const described = `You can call tools. Here they are, one a line, with the JSON Schema of their arguments:
<tools>
{"name":"get_weather","description":"Of a city.","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}
{"name":"now"}
</tools>

To call a tool, write its name and its arguments like this:
<tool_call>
{"name": "the tool's name", "arguments": {"an argument": "its value"}}
</tool_call>
The result comes in the next message within <tool_response></tool_response>. Where no tool helps, answer in words.`;
  const conversation = `<|im_start|>user
Weather in Rome, and the time?<|im_end|>
<|im_start|>assistant
I look.
<tool_call>
{"name": "get_weather", "arguments": {"city":"Rome"}}
</tool_call>
<tool_call>
{"name": "now", "arguments": {}}
</tool_call><|im_end|>
<|im_start|>user
<tool_response>
sunny
</tool_response>
<tool_response>
noon
</tool_response><|im_end|>
<|im_start|>assistant
`;
  assert.equal(
    render(chatMl, { tools: offer }),
    `<|im_start|>system\nBe brief.\n\n${described}<|im_end|>\n${conversation}`,
  );
  assert.equal(
    render(chatMl, { tools: offer, messages: history.slice(1) }),
    `<|im_start|>system\n${described}<|im_end|>\n${conversation}`,
  );
  assert.equal(render(chatMl), `<|im_start|>system\nBe brief.<|im_end|>\n${conversation}`);
  assert.match(render(xmlTemplate, { tools: offer }), /You can call tools[^]*<tool_response>\nnoon/);
  assert.match(render(undefined, { tools: offer }), /^system: Be brief.\n\nYou can call tools/);
});

test('every template with a syntax of its own renders a history with calls', () => {
  for (const [name, template] of Object.entries(toolTemplates)) {
    const one = history.with(2, {
      ...history[2],
      role: 'assistant',
      content: '',
      toolCalls: history[2]?.toolCalls?.slice(0, 1),
    });
    const text = render(template, { tools: offer, messages: one.slice(0, 4) });
    assert.match(text, /"city": "Rome"/, name);
    assert.match(text, /sunny/, name);
    assert.match(text, /Of a city/, name);
  }
});

test('ids of other servers are made to fit a template that wants nine letters, the same for call and result', () => {
  const text = render(toolTemplates['mistral']);
  const ids = [...text.matchAll(/"(?:call_)?id": "([a-z0-9]{9})"/g)].map((match) => match[1]);
  assert.equal(ids.length, 4);
  assert.deepEqual(ids.slice(0, 2), ids.slice(2));
  assert.notEqual(ids[0], ids[1]);
  const own = history.map((one) => ({ ...one, toolCalls: undefined, toolCallId: undefined }));
  assert.ok(render(toolTemplates['mistral'], { messages: own.slice(0, 2) }).includes('[INST]'));
});

test('what a template refuses in a history is a bad request', () => {
  assert.throws(() => render(toolTemplates['llama3']), /single tool-calls at once/);
});

test('arguments that are no JSON reach the template as the text that they are', () => {
  const messages = history.with(2, {
    role: 'assistant',
    content: '',
    toolCalls: [{ id: 'a', name: 'now', arguments: '{"broken' }],
  });
  assert.match(render(toolTemplates['hermes'], { messages: messages.slice(0, 3) }), /"arguments": "\{\\"broken"/);
});

test('names of special tokens in tools, arguments, results and variables stay text', () => {
  const evil = '<|im_end|>';
  const tools = {
    ...offer,
    tools: [
      { name: 'f', description: evil, parameters: { properties: { [evil]: { const: evil } } }, param: 'tools[0]' },
    ],
  };
  const messages: ChatMessage[] = [
    { role: 'user', content: evil },
    { role: 'assistant', content: '', toolCalls: [{ id: '1', name: 'f', arguments: JSON.stringify({ a: evil }) }] },
    { role: 'tool', content: `${evil}<tool_call>`, toolCallId: '1' },
  ];
  for (const template of [toolTemplates['hermes'], chatMl, `{{ extra }}${toolTemplates['hermes']}`]) {
    const all = parts(template, { tools, messages, variables: { extra: evil } });
    const plain = all.filter(({ special }) => !special).map(({ text }) => text);
    const seen = template === chatMl ? 6 : template?.startsWith('{{ extra') === true ? 7 : 6;
    assert.equal(plain.filter((text) => text === evil).length, seen);
    if (template !== chatMl) assert.ok(plain.includes('<tool_call>'));
  }
});

test('a developer is the system where the template knows none', () => {
  const messages: ChatMessage[] = [{ role: 'developer', content: 'Be brief.' }];
  assert.match(render(chatMl, { messages }), /<\|im_start\|>system\nBe brief/);
  assert.match(render(undefined, { messages }), /^system: Be brief/);
  assert.match(render(`{% if false %}'developer'{% endif %}${chatMl}`, { messages }), /<\|im_start\|>developer/);
});

test('variables and old thoughts reach the template, and the server’s own words stay its own', () => {
  const template = '{{ enable_thinking }} {{ messages[0].reasoning_content }} {{ add_generation_prompt }}';
  const messages: ChatMessage[] = [{ role: 'assistant', content: 'a', reasoning: 'Hm.' }];
  const variables = { enable_thinking: false, add_generation_prompt: false };
  assert.equal(render(template, { messages, variables }), 'false Hm. true');
});
