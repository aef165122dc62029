import { z } from 'zod';
import { InferenceError } from '../../contract/errors.ts';
import type { Call, DialectSettings } from '../dialect.ts';
import { boolean, integer, must, only, text } from '../fields.ts';
import { keepAlive } from '../keep-alive.ts';
import { isGiven } from '../request.ts';
import { rerankReplySchema } from './reply-schemas.ts';
import { unknownFields } from '../unknown-fields.ts';

/** Documents of a request. */
const MOST = 2048;

const filledError = must('a string that is not empty');
const filled = z.string({ error: filledError }).min(1, { error: filledError });
const documentError = must('a string that is not empty, or an object with such a text');
const listError = must(`a list of 1 to ${MOST} documents`);

/** A text, or Jina's and Cohere's `{text}`. */
const document = z.union([filled, z.looseObject({ text: filled })], { error: documentError });

function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: listError }).min(1, { error: listError }).max(MOST, { error: listError }).nullish();
}

const rerankBody = z.looseObject(
  {
    model: text(),
    keep_alive: keepAlive(),
    query: filled,
    documents: list(document),
    top_n: integer(1, Infinity),
    return_documents: boolean(),
    // TEI's words
    texts: list(filled),
    return_text: boolean(),
    raw_scores: only([false], 'scores are always from 0 to 1'),
    truncate: only([false], 'nothing is truncated'),
    // cannot change the scores
    user: text(),
  },
  { error: must('a JSON object') },
);
type RerankBody = z.infer<typeof rerankBody>;

const known = Object.keys(rerankBody.shape);

/**
 * `POST /v1/rerank`: `documents` as Jina, llama-server and vLLM take them (https://api.jina.ai/redoc#tag/rerank), or `texts`
 * as Text Embeddings Inference does, which is answered with its bare list.
 */
export function rerankRoute(settings: DialectSettings): Call<RerankBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/v1/rerank', '/rerank'],
    body: rerankBody,
    doc: {
      summary: 'Order documents by how well they answer a query',
      description:
        'With a reranker. `documents` as Jina, llama-server and vLLM take them, or `texts` as Text Embeddings Inference does.',
      example: { query: 'What is a hearth?', documents: ['A fireplace.', 'A heart.'] },
      reply: rerankReplySchema,
    },
    ignored: (body) => unknownFields(body, known, settings.unknownFields ?? 'warn'),
    async run({ body, signal, note }, { models }) {
      const { field, texts } = documentsOf(body);
      const model = await models.capable(body.model ?? undefined, 'rank');
      const { id } = model.info;
      note({ model: id });
      const query = { content: body.query, name: 'query' };
      const documents = texts.map((content, index) => ({ content, name: `${field}[${index}]` }));
      const { scores, promptTokens, queueMs } = await model.rank({ query, documents }, signal);
      note({ model: id, promptTokens, queueMs });
      const ranked = scores
        .map((score, index) => ({ index, score, text: texts[index] }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, body.top_n ?? undefined);
      if (field === 'texts') {
        return ranked.map((one) => (body.return_text === true ? one : { index: one.index, score: one.score }));
      }
      const results = ranked.map(({ index, score, text: said }) => ({
        index,
        relevance_score: score,
        ...(body.return_documents === true && { document: { text: said } }),
      }));
      return {
        object: 'list',
        model: id,
        results,
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      };
    },
  };
}

function documentsOf({ documents, texts }: RerankBody): { field: 'documents' | 'texts'; texts: readonly string[] } {
  if (isGiven(documents) && isGiven(texts)) {
    const message = 'documents and texts mean the same; give one of them.';
    throw new InferenceError('invalid_request', message, { param: 'texts' });
  }
  if (isGiven(documents)) {
    return { field: 'documents', texts: documents.map((one) => (typeof one === 'string' ? one : one.text)) };
  }
  if (isGiven(texts)) return { field: 'texts', texts };
  const message = 'The documents are missing; give a list of texts under documents.';
  throw new InferenceError('invalid_request', message, { param: 'documents' });
}
