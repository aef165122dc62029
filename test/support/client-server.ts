import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultModelPath } from '../../src/config/model-path.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { writeTinyBert } from './tiny-bert.ts';

export const apiKey = 'secret';
/** Of the vectors that `vectors` makes; they mean nothing, but have to arrive. */
export const dimensions = 32;

/**
 * A server process as users of real clients have it: the embedded model as `chat`, a tiny embedding model as `vectors`,
 * and a key. Reuse is off, so that one request at a time gets the same text each time.
 */
export async function startForClients(args: readonly string[] = []): Promise<ServerProcess> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hearth-clients-'));
  const clean = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const tiny = path.join(directory, 'tiny.gguf');
    writeTinyBert(tiny, 'mean');
    const models = ['--model', defaultModelPath(), '--alias', 'chat', '--model', tiny, '--alias', 'vectors'];
    // One thread: two test files run at a time, and llama.cpp's threads wait for each other by spinning.
    const common = ['--context-size', '2048', '--prefix-reuse', 'off', '--api-key', apiKey, '--threads', '1'];
    const server = await startServer([...models, ...common, ...args]);
    const stop = async (): Promise<number | null> => {
      try {
        return await server.stop();
      } finally {
        await clean();
      }
    };
    return { ...server, stop };
  } catch (error) {
    await clean();
    throw error;
  }
}
