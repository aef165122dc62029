import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/config/model-path.ts';
import type { HubSettings } from '../../src/contract/hub.ts';
import {
  parseModelName,
  pullModel,
  type LocalModel,
  type PullOptions,
  type PullProgress,
} from '../../src/hub/index.ts';
import { HubServer, type HubServerOptions } from './hub-server.ts';

/** Waits that tests can afford. */
export const quickWaits = { firstMs: 5, silenceMs: 1000 };

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command line that runs, and what it has written so far. */
export interface RunningCommand {
  child: ChildProcess;
  texts: { stdout: string; stderr: string };
  ended: Promise<Ended>;
}

/** A server that runs, and how it is ended. */
export interface ServingCommand {
  url: string;
  /** Posts JSON. */
  post(path: string, body: object): Promise<Response>;
  /** @returns its exit code */
  stop(): Promise<number | null>;
}

/** A hub and an empty cache. */
export class HubCache {
  readonly server: HubServer;
  readonly folder: string;
  readonly notes: string[] = [];
  readonly progress: PullProgress[] = [];

  private constructor(server: HubServer, folder: string) {
    this.server = server;
    this.folder = folder;
  }

  /** @param within where the cache's folder is made */
  static async open(options: HubServerOptions = {}, within = tmpdir()): Promise<HubCache> {
    return new HubCache(await HubServer.start(options), await mkdtemp(join(within, 'hearth-hub-')));
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  settings(changes: { hfToken?: string; modelScopeToken?: string; offline?: boolean } = {}): HubSettings {
    const { endpoint } = this.server;
    return {
      hub: 'hf',
      huggingFace: { endpoint, token: changes.hfToken, cache: join(this.folder, 'hf') },
      modelScope: { endpoint, token: changes.modelScopeToken, cache: join(this.folder, 'modelscope', 'hearth') },
      urlCache: join(this.folder, 'urls'),
      offline: changes.offline ?? false,
      proxies: { http: undefined, https: undefined, except: [] },
    };
  }

  /** The variables that lead a process here. */
  get env(): NodeJS.ProcessEnv {
    return {
      HOME: this.folder,
      HF_ENDPOINT: this.server.endpoint,
      HF_HUB_CACHE: join(this.folder, 'hf'),
      MODELSCOPE_ENDPOINT: this.server.endpoint,
      MODELSCOPE_CACHE: join(this.folder, 'modelscope'),
    };
  }

  options(changes: Partial<PullOptions> = {}): PullOptions {
    return {
      settings: this.settings(),
      waits: quickWaits,
      memory: 8 * 2 ** 30,
      onNote: (sentence) => this.notes.push(sentence),
      onProgress: (progress) => this.progress.push(progress),
      confirm: undefined,
      ...changes,
    };
  }

  /** Fetches a model as `hearth pull` does. */
  pull(name: string, changes: Partial<PullOptions> = {}): Promise<LocalModel> {
    const options = this.options(changes);
    return pullModel(parseModelName(name, options.settings), options);
  }

  /** Starts hearth in a process of its own, which sees this hub and this cache. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
      cwd: packageRoot,
      env: { PATH: process.env['PATH'], ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
    return { child, texts, ended: once(child, 'close').then(() => ({ code: child.exitCode, ...texts })) };
  }

  /**
   * Starts `hearth serve` in the same way, on a free port, and waits for its address.
   * @throws Error with what it wrote on stderr where it ends instead
   */
  async serve(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServingCommand> {
    const { child, ended, texts } = this.start(
      ['serve', ...args, '--port', '0', '--device', 'cpu', '--parallel', '1'],
      env,
    );
    const address = (): string | undefined => /http:\/\/127\.0\.0\.1:\d+/.exec(texts.stdout)?.[0];
    while (address() === undefined && child.exitCode === null) await sleep(50);
    const url = address();
    if (url === undefined) throw new Error(`the server ended:\n${texts.stderr}`);
    return {
      url,
      post: (path, body) =>
        fetch(url + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      async stop() {
        child.kill('SIGTERM');
        return (await ended).code;
      },
    };
  }
}
