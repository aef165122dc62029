import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EngineModel } from './engines.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { tinyBertFolder } from './tiny-bert-onnx.ts';
import { writeTinyBert } from './tiny-bert.ts';

export const apiKey = 'secret';

export interface ClientServer extends ServerProcess {
  /** Of the vectors that `vectors` makes; they mean nothing, but have to arrive. */
  dimensions: number;
}

/**
 * A server process as users of real clients have it: a model as `chat`, a tiny embedding model for the same engine as
 * `vectors`, and a key. Reuse is off, so that one request at a time gets the same text each time.
 */
export async function startForClients(model: EngineModel, args: readonly string[] = []): Promise<ClientServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hearth-clients-'));
  const clean = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const gguf = path.join(directory, 'tiny.gguf');
    writeTinyBert(gguf, 'mean');
    const vectors = { gguf: { file: gguf, dimensions: 32 }, onnx: { file: tinyBertFolder('embed'), dimensions: 16 } };
    const { file, dimensions } = vectors[model.format];
    const models = ['--model', model.path, '--alias', 'chat', '--model', file, '--alias', 'vectors'];
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
    return { ...server, stop, dimensions };
  } catch (error) {
    await clean();
    throw error;
  }
}
