import { z } from 'zod';
import type { DialectSettings, Generation } from '../dialect.ts';
import { must, text } from '../fields.ts';
import { unknownFields } from '../unknown-fields.ts';
import { llamaServerError } from './errors.ts';
import { completionFrames, completionReply } from './reply.ts';
import { completionFrameSchema, completionReplySchema } from './reply-schemas.ts';
import { toRequest } from './request.ts';
import { samplingFields } from './sampling-body.ts';

const extraError = must('a list of objects with text and filename');
const extra = z.looseObject({ text: z.string({ error: must('a string') }), filename: text() }, { error: extraError });
const body = z.looseObject(
  {
    ...samplingFields,
    input_prefix: z.string({ error: must('a string') }),
    input_suffix: z.string({ error: must('a string') }),
    input_extra: z.array(extra, { error: extraError }).nullish(),
    prompt: text(),
  },
  { error: must('a JSON object') },
);
const known = Object.keys(body.shape);

/** `POST /infill`: what stands between a prefix and a suffix. Replies are those of `/completion`. */
export function infillRoute(settings: DialectSettings): Generation<z.infer<typeof body>> {
  return {
    kind: 'generation',
    method: 'POST',
    paths: ['/infill'],
    body,
    doc: {
      summary: 'Fill in what stands between two texts',
      description: 'For models with fill-in-the-middle tokens; others answer with a 400.',
      example: { input_prefix: 'def add(a, b):\n    ', input_suffix: '\n', n_predict: 16 },
      reply: completionReplySchema,
      frame: completionFrameSchema,
    },
    parse(given) {
      const ignored = unknownFields(given, known, settings.unknownFields ?? 'warn');
      const files = (given.input_extra ?? []).map((one) => ({ text: one.text, filename: one.filename ?? undefined }));
      // The prompt is how the filling begins: it goes on from the prefix.
      const prefix = given.input_prefix + (given.prompt ?? '');
      const prompt = { kind: 'infill' as const, prefix, suffix: given.input_suffix, extra: files };
      return { request: { ...toRequest(given), prompt }, stream: given.stream ?? false, ignored };
    },
    render: (result, given, info) => completionReply(result, given, info),
    frames: (events, given, info) => completionFrames(events, given, info),
    errorFrame: (error) => ({ json: llamaServerError(error).body }),
  };
}
