import type { EngineModel } from './engines.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { tinyDimensions, withTinyVectors } from './tiny-vectors.ts';

export const apiKey = 'secret';

export interface ClientServer extends ServerProcess {
  /** Of the vectors that `vectors` makes. */
  dimensions: number;
}

/**
 * A server process as users of real clients have it: a model as `chat`, a tiny embedding model for the same engine as
 * `vectors`, and a key. Reuse is off, so that one request at a time gets the same text each time.
 */
export async function startForClients(model: EngineModel, args: readonly string[] = []): Promise<ClientServer> {
  // One thread: two test files run at a time, and llama.cpp's threads wait for each other by spinning.
  const common = [
    '--context-size',
    '2048',
    '--prefix-reuse',
    'off',
    '--api-key',
    apiKey,
    '--threads',
    '1',
    '--preload',
  ];
  const server = await withTinyVectors(model.format, (vectors) =>
    startServer([
      '--model',
      model.path,
      '--alias',
      'chat',
      '--model',
      vectors,
      '--alias',
      'vectors',
      ...common,
      ...args,
    ]),
  );
  return { ...server, dimensions: tinyDimensions[model.format] };
}
