import { z } from 'zod';
import type { Call, DialectSettings } from '../dialect.ts';
import { integer, must, text } from '../fields.ts';
import { inputList, toInputs } from '../inputs.ts';
import { keepAlive } from '../keep-alive.ts';
import { unknownFields } from '../unknown-fields.ts';
import { embeddingsReplySchema } from './reply-schemas.ts';
import { toBase64, toNumbers } from '../vectors.ts';

const embeddingsBody = z.looseObject(
  {
    model: text(),
    keep_alive: keepAlive(),
    input: inputList,
    encoding_format: z.enum(['float', 'base64'], { error: must('"float" or "base64"') }).nullish(),
    dimensions: integer(1, Infinity),
    // cannot change the vectors
    user: text(),
  },
  { error: must('a JSON object') },
);
type EmbeddingsBody = z.infer<typeof embeddingsBody>;

const known = Object.keys(embeddingsBody.shape);

/** `POST /v1/embeddings`. https://platform.openai.com/docs/api-reference/embeddings/create */
export function embeddingsRoute(settings: DialectSettings): Call<EmbeddingsBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/v1/embeddings', '/embeddings'],
    body: embeddingsBody,
    doc: {
      summary: 'Make vectors of texts',
      description: 'With an embedding model. Vectors have length 1; what is too long is refused, never cut.',
      example: { input: ['A text.', 'Another.'] },
      reply: embeddingsReplySchema,
    },
    ignored: (body) => unknownFields(body, known, settings.unknownFields ?? 'warn'),
    async run({ body, signal, note }, { models }) {
      const model = await models.capable(body.model ?? undefined, 'embed');
      const { id } = model.info;
      note({ model: id });
      const inputs = toInputs(body.input, 'input');
      const dimensions = body.dimensions ?? undefined;
      const { vectors, promptTokens, queueMs } = await model.embed(
        { inputs, dimensions, names: { dimensions: 'dimensions' } },
        signal,
      );
      note({ model: id, promptTokens, queueMs });
      const written = body.encoding_format === 'base64' ? toBase64 : toNumbers;
      return {
        object: 'list',
        data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: written(vector) })),
        model: id,
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      };
    },
  };
}
