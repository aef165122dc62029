import { z } from 'zod';
import type { Prompt } from '../../contract/generate.ts';
import type { DialectSettings, Generation } from '../dialect.ts';
import { must } from '../fields.ts';
import { mixedPrompt, promptField, toPrompts } from '../prompts.ts';
import { unknownFields } from '../unknown-fields.ts';
import { llamaServerError } from './errors.ts';
import { completionFrames, completionReply } from './reply.ts';
import { completionFrameSchema, completionReplySchema } from './reply-schemas.ts';
import { toRequest } from './request.ts';
import { samplingFields } from './sampling-body.ts';

const body = z.looseObject({ ...samplingFields, prompt: promptField(mixedPrompt) }, { error: must('a JSON object') });
const known = Object.keys(body.shape);

/** `POST /completion`: llama-server's own completions. */
export function completionRoute(settings: DialectSettings): Generation<z.infer<typeof body>> {
  return {
    kind: 'generation',
    method: 'POST',
    paths: ['/completion'],
    body,
    doc: {
      summary: 'Go on from prompts',
      description: 'One prompt and one completion give an object, several a list of them.',
      example: { prompt: 'The capital of France is', n_predict: 8 },
      reply: completionReplySchema,
      frame: completionFrameSchema,
    },
    parse(given) {
      const ignored = unknownFields(given, known, settings.unknownFields ?? 'warn');
      const [prompt, ...more]: [Prompt, ...Prompt[]] = toPrompts(given.prompt, 'prompt', { mixed: true });
      const morePrompts = more.length > 0 ? more : undefined;
      return { request: { ...toRequest(given), prompt, morePrompts }, stream: given.stream ?? false, ignored };
    },
    render: (result, given, info) => completionReply(result, given, info),
    frames: (events, given, info) => completionFrames(events, given, info),
    errorFrame: (error) => ({ json: llamaServerError(error).body }),
  };
}
