import type { JsonSchema } from './schemas.ts';

/** A route that belongs to no dialect, answers GET and takes no body: health, metrics. */
export interface PlainRoute {
  /** Express paths. */
  paths: readonly string[];
  summary: string;
  description?: string;
  /** Whether it wants a key where the server has keys. */
  guarded: boolean;
  replies: readonly PlainReply[];
}

interface PlainReply {
  status: number;
  description: string;
  /** The media type. */
  type: string;
  /** Text unless given. */
  schema?: JsonSchema;
}
