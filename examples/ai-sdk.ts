// The AI SDK over a model in this process. In a project of your own: 'llm-hearth' and 'llm-hearth/ai-sdk'.
import { generateObject, streamText } from 'ai';
import { z } from 'zod';
import { createHearth } from '../src/adapters/ai-sdk.ts';
import { loadModel } from '../src/index.ts';

const model = await loadModel(undefined, { contextSize: 2048 });
try {
  const hearth = createHearth(model);
  const { textStream } = streamText({ model: hearth(), prompt: 'Tell me of a fox.', maxOutputTokens: 48 });
  for await (const piece of textStream) process.stdout.write(piece);

  const schema = z.object({ name: z.string().max(16), legs: z.int().min(0).max(8) });
  const { object } = await generateObject({
    model: hearth(),
    schema,
    prompt: 'Describe an animal.',
    maxOutputTokens: 64,
  });
  console.log('\n', object);
} finally {
  await model.dispose();
}
