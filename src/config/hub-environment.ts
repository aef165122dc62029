import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HubName, HubSettings } from '../contract/hub.ts';
import { UsageError } from './usage-error.ts';

/**
 * The variables of the hubs' own clients, under their own names, so that what is set up for Python works here.
 * Hugging Face: HF_ENDPOINT, HF_TOKEN (else the token that `hf auth login` has stored), HF_HUB_CACHE, HF_HOME,
 * HF_HUB_OFFLINE; ModelScope: MODELSCOPE_ENDPOINT, MODELSCOPE_API_TOKEN, MODELSCOPE_CACHE; XDG_CACHE_HOME.
 * @param hub where a plain `owner/name` is looked up
 * @throws UsageError for an endpoint that is no URL and a token that no header can carry
 */
export function readHubSettings(env: NodeJS.ProcessEnv, hub: HubName): HubSettings {
  const caches = given(env, 'XDG_CACHE_HOME') ?? join(given(env, 'HOME') ?? homedir(), '.cache');
  const hfHome = given(env, 'HF_HOME') ?? join(caches, 'huggingface');
  return {
    hub,
    huggingFace: {
      endpoint: endpoint(env, 'HF_ENDPOINT', 'https://huggingface.co'),
      token: token(env, 'HF_TOKEN') ?? token(env, 'HUGGING_FACE_HUB_TOKEN') ?? storedToken(env, hfHome),
      cache: given(env, 'HF_HUB_CACHE') ?? given(env, 'HUGGINGFACE_HUB_CACHE') ?? join(hfHome, 'hub'),
    },
    modelScope: {
      endpoint: endpoint(env, 'MODELSCOPE_ENDPOINT', 'https://modelscope.cn'),
      token: token(env, 'MODELSCOPE_API_TOKEN'),
      // Beside what ModelScope's Python client keeps, whose folders do not say which version of a file they hold.
      cache: join(given(env, 'MODELSCOPE_CACHE') ?? join(caches, 'modelscope', 'hub'), 'hearth'),
    },
    urlCache: join(caches, 'hearth', 'urls'),
    offline: /^(1|on|yes|true)$/i.test(given(env, 'HF_HUB_OFFLINE') ?? ''),
  };
}

/** An empty variable counts as one that is not set, as it does for the hubs' own clients. */
function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function endpoint(env: NodeJS.ProcessEnv, name: string, usual: string): string {
  const value = given(env, name) ?? usual;
  const text = /^[\w.-]+(:\d+)?(\/|$)/.test(value) && name.startsWith('MODELSCOPE') ? `https://${value}` : value;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new UsageError(`${name} must be the URL of a hub, such as ${usual}, not ${JSON.stringify(value)}.`);
  return text.replace(/\/+$/, '');
}

function token(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = given(env, name);
  if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
    throw new UsageError(`${name} must be a token of ASCII characters without spaces.`);
  return value;
}

/** What `hf auth login` has stored. */
function storedToken(env: NodeJS.ProcessEnv, hfHome: string): string | undefined {
  try {
    const text = readFileSync(given(env, 'HF_TOKEN_PATH') ?? join(hfHome, 'token'), 'utf8').trim();
    return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
  } catch {
    // Nobody has logged in.
    return undefined;
  }
}
