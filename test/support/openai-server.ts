import { after, before } from 'node:test';
import OpenAI from 'openai';
import type { Served } from '../../src/compose.ts';
import type { Settings } from '../../src/config/settings.ts';
import { onBothEngines } from './engines.ts';
import { serveReal } from './real-server.ts';

/** A whole server in this process, and OpenAI's client for it; both are there as soon as a test runs. */
export interface OpenaiServer {
  readonly served: Served;
  readonly client: OpenAI;
}

/** Has the same tests run on both engines, each behind a server of its own. */
export function onBothServers(settings: Partial<Settings>, tests: (server: OpenaiServer) => void): void {
  onBothEngines(({ path }) => {
    let served: Served;
    let client: OpenAI;
    before(async () => {
      served = await serveReal({ model: [path], ...settings });
      client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'x', maxRetries: 0 });
    });
    after(() => served.close());
    tests({
      get served() {
        return served;
      },
      get client() {
        return client;
      },
    });
  });
}
