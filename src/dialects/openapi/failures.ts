import type { Dialect, Route } from '../dialect.ts';
import { statusOf } from '../status.ts';
import { pascal } from './paths.ts';
import type { SchemaComponents } from './schemas.ts';

/** What a status means. */
const meanings: Record<number, string> = {
  [statusOf.invalid_request]: 'The request is wrong; the message says what to change.',
  [statusOf.unauthorized]: 'A key is needed.',
  [statusOf.model_not_found]: 'There is no such model.',
  [statusOf.too_large]: 'The body is too large.',
  [statusOf.unsupported_media_type]: 'The body is not JSON.',
  [statusOf.overloaded]: 'Too many requests wait already; try again later.',
  [statusOf.internal]: 'The server failed.',
  [statusOf.unsupported]: 'The model cannot do this.',
  [statusOf.loading]: 'The server is loading a model or stopping; try again later.',
  [statusOf.timeout]: 'The request took longer than the server allows.',
};

/** Whether a status comes with `Retry-After`. */
export function isRetried(status: number): boolean {
  return status === statusOf.overloaded || status === statusOf.loading;
}

/** Headers that replies refer to. */
export const headers = {
  RequestId: {
    description: "The request's id: that of its own `x-request-id`, or one made here.",
    required: true,
    schema: { type: 'string' },
  },
  Ignored: {
    description: 'Names of fields that are not known and were left out, separated by commas.',
    schema: { type: 'string' },
  },
  RetryAfter: {
    description: 'Seconds after which to try again.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
};

/** The headers of a reply, as references. */
export function headersOf({ retried = false, ignoring = false } = {}): Record<string, object> {
  const reference = (name: keyof typeof headers): object => ({ $ref: `#/components/headers/${name}` });
  return {
    'x-request-id': reference('RequestId'),
    ...(ignoring && { 'x-hearth-ignored': reference('Ignored') }),
    ...(retried && { 'retry-after': reference('RetryAfter') }),
  };
}

/** The error replies of all operations: each dialect has one for a status, in its own form. */
export class Failures {
  readonly #schemas: SchemaComponents;
  readonly #keys: boolean;
  readonly #responses: Record<string, object> = {};

  /** @param keys whether callers need one */
  constructor(schemas: SchemaComponents, keys: boolean) {
    this.#schemas = schemas;
    this.#keys = keys;
  }

  /** All of them, by name. */
  all(): Record<string, object> {
    return this.#responses;
  }

  /** What a route's operation says of its failures, by status. */
  of(dialect: Dialect, { body }: Route): Record<string, object> {
    const statuses = [
      statusOf.invalid_request,
      ...(this.#keys ? [statusOf.unauthorized] : []),
      statusOf.model_not_found,
      ...(body ? [statusOf.too_large, statusOf.unsupported_media_type] : []),
      statusOf.overloaded,
      statusOf.internal,
      statusOf.unsupported,
      statusOf.loading,
      ...(body ? [statusOf.timeout] : []),
    ];
    const named = statuses.map((status): [number, object] => [
      status,
      this.#reference(dialect, String(status), meanings[status]),
    ]);
    return { ...Object.fromEntries(named), default: this.#reference(dialect, 'default') };
  }

  #reference(dialect: Dialect, status: string, description = 'Anything else that can fail.'): object {
    const name = `${pascal(dialect.name)}${pascal(status)}`;
    this.#responses[name] ??= {
      description,
      headers: headersOf({ retried: isRetried(Number(status)) }),
      content: {
        'application/json': { schema: this.#schemas.reference(dialect.doc?.error, `${pascal(dialect.name)}Error`) },
      },
    };
    return { $ref: `#/components/responses/${name}` };
  }
}
