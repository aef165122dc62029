// What Transformers.js does by itself: `generate()` of one prompt after the other. Answers each line on stdin, a number of new
// tokens, with the tokens per second that it made.
import { createInterface } from 'node:readline';
import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers';

const [folder = '', dtype, threads] = process.argv.slice(2);
env.allowRemoteModels = false;
/** @type {{ dtype: 'q4', session_options: Record<string, unknown> }} */
// @ts-expect-error -- the name of a dtype is one
const options = { dtype, session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1 } };
const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
const model = await AutoModelForCausalLM.from_pretrained(folder, { ...options, local_files_only: true });
const inputs = tokenizer('The history of the lighthouse on the island begins with a storm, because in that winter the');
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const tokens = Number(line);
  const began = performance.now();
  await model.generate({ ...inputs, max_new_tokens: tokens, min_new_tokens: tokens, do_sample: false });
  console.log(tokens / ((performance.now() - began) / 1000));
}
await model.dispose();
