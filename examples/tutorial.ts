// AgentScope's tutorial "Using Different Model Sources with Model API" from top to bottom, in TypeScript.
// In a project of your own the imports are from 'llm-hearth'.
import {
  AgentBase,
  clearModelConfigs,
  DialogAgent,
  DictDialogAgent,
  init,
  loadModel,
  loadModelByConfigName,
  Msg,
  msghub,
  sequentialPipeline,
  serve,
  type LocalModel,
} from '../src/index.ts';

// One model in this process; the "self-hosted API" below is the very same one behind HTTP.
const model = await loadModel(undefined, { alias: 'SmolLM2', contextSize: 2048 });
const server = await serve(model, { port: 0 });
try {
  // Models are configured once …
  init({
    modelConfigs: [
      {
        config_name: 'flask_llama2-7b-chat',
        model_type: 'post_api_chat',
        api_url: `${server.url}/llm/`,
        json_args: { max_length: 512, temperature: 0.5 },
      },
      {
        config_name: 'meta-llama/Llama-2-7b-chat-hf',
        model_type: 'openai',
        api_key: 'EMPTY',
        client_args: { base_url: `${server.url}/v1/` },
        generate_args: { temperature: 0.5, max_tokens: 32 },
      },
      {
        config_name: 'hosted',
        model_type: 'post_api',
        api_url: `${server.url}/models/SmolLM2`,
        headers: { Authorization: 'Bearer ${HF_TOKEN:-none}' },
        json_args: { parameters: { max_new_tokens: 8 } },
      },
    ],
  });

  // … and each agent picks its own by name.
  const ann = new DialogAgent({ name: 'Ann', sysPrompt: 'You are Ann.', modelConfigName: 'flask_llama2-7b-chat' });
  const bob = new DialogAgent({
    name: 'Bob',
    sysPrompt: 'You are Bob.',
    modelConfigName: 'meta-llama/Llama-2-7b-chat-hf',
  });
  const host = new Msg({ name: 'Host', content: 'Say hello in one sentence.' });
  const last = await sequentialPipeline([ann, bob], host);
  print('pipeline', last?.content);

  // Agents in a hub hear each other.
  const hub = msghub([ann, bob], { announcement: new Msg({ name: 'Host', content: 'Name a colour.' }) });
  try {
    await ann.call();
    await bob.call();
  } finally {
    hub.close();
  }
  print('heard by Ann', ann.memory.at(-1)?.name);

  // Replies that are objects.
  const judge = new DictDialogAgent({
    name: 'Judge',
    modelConfigName: 'flask_llama2-7b-chat',
    parseFunc: ({ text = '' }) => ({ speak: text, words: text.split(/\s+/).length }),
  });
  print('parsed', Object.keys((await judge.call(host)).parsed as object).join(', '));

  // A hosted inference API.
  print('hosted', (await loadModelByConfigName('hosted').call('The capital of France is')).text);

  // In-memory models without API: an agent that gets model and tokenizer.
  class MyAgent extends AgentBase {
    private readonly local: LocalModel;

    constructor(name: string, local: LocalModel) {
      super({ name });
      this.local = local;
    }

    async reply(message?: Msg): Promise<Msg> {
      const { tokenizer } = this.local;
      const prompt = tokenizer.applyChatTemplate([{ role: 'user', content: message?.content ?? 'Hello!' }]);
      const tokens = await tokenizer.encode(prompt);
      const { text } = await this.local.generate(prompt, { maxTokens: 24 });
      return new Msg({ name: this.name, role: 'assistant', content: `${text} (${tokens.length} tokens read)` });
    }
  }
  print('in memory', (await new MyAgent('agent', model).call(host)).content);
} finally {
  await clearModelConfigs();
  await server.close();
  await model.dispose();
}

function print(what: string, text: unknown): void {
  console.log(`${what}: ${String(text)}`);
}
