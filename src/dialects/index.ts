import type { CreateDialect } from './dialect.ts';
import { createModels } from './models.ts';
import { createHostedInference } from './hosted-inference.ts';
import { createLlamaServer } from './llama-server/index.ts';
import { createOpenai } from './openai/index.ts';
import { createPostApi } from './post-api.ts';

/** The languages that the server speaks. A new one is a folder or file of its own and a line here. */
export const dialects: readonly CreateDialect[] = [
  createPostApi,
  // before the hosted models, whose ids stand where its words do
  createModels,
  createHostedInference,
  createOpenai,
  createLlamaServer,
];
