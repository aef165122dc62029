// LangChain over a model in this process. In a project of your own: 'llm-hearth' and 'llm-hearth/langchain'.
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { z } from 'zod';
import { ChatHearth } from '../src/adapters/langchain.ts';
import { loadModel } from '../src/index.ts';

const model = await loadModel(undefined, { contextSize: 2048 });
try {
  const chat = new ChatHearth({ model, temperature: 0.5, maxTokens: 48 });
  const prompt = ChatPromptTemplate.fromMessages([
    ['system', 'Answer in one sentence.'],
    ['human', 'What is a {thing}?'],
  ]);
  const chain = prompt.pipe(chat).pipe(new StringOutputParser());
  for await (const piece of await chain.stream({ thing: 'hearth' })) process.stdout.write(piece);

  const animal = z.object({ name: z.string().max(16), legs: z.int().min(0).max(8) });
  console.log('\n', await chat.withStructuredOutput(animal).invoke('Describe an animal.'));
} finally {
  await model.dispose();
}
