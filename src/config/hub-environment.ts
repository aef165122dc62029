import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HubName, HubSettings } from '../contract/hub.ts';
import { UsageError } from './usage-error.ts';

/**
 * The variables of the hubs' own clients, under their own names, so that what is set up for Python works here.
 * Hugging Face: HF_ENDPOINT, HF_TOKEN (else the token that `hf auth login` has stored), HF_HUB_CACHE, HF_HOME,
 * HF_HUB_OFFLINE; ModelScope: MODELSCOPE_ENDPOINT, MODELSCOPE_API_TOKEN, MODELSCOPE_CACHE; XDG_CACHE_HOME; HTTP_PROXY,
 * HTTPS_PROXY and NO_PROXY, in small letters too, as curl and Python's requests take them.
 * @param hub where a plain `owner/name` is looked up
 * @throws UsageError for an endpoint or a proxy that is no URL and a token that no header can carry
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
    proxies: {
      http: proxy(env, 'HTTP_PROXY'),
      https: proxy(env, 'HTTPS_PROXY'),
      except: (eitherCase(env, 'NO_PROXY')?.value ?? '').split(/[,\s]+/).filter((entry) => entry !== ''),
    },
  };
}

/** An empty variable counts as one that is not set, as it does for the hubs' own clients. */
function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** Small letters first, as everybody else has it. */
function eitherCase(env: NodeJS.ProcessEnv, name: string): { name: string; value: string } | undefined {
  for (const one of [name.toLowerCase(), name]) {
    const value = given(env, one);
    if (value !== undefined) return { name: one, value };
  }
  return undefined;
}

function proxy(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const found = eitherCase(env, variable);
  if (found === undefined) return undefined;
  const text = found.value.includes('://') ? found.value : `http://${found.value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && canDecode(url.username + url.password)) return text;
  // Without what it holds: a password, often.
  throw new UsageError(
    `${found.name} must be the URL of an HTTP proxy, such as http://proxy.example:3128, with USER:PASSWORD@ before the host where it wants them; write other characters than letters and digits in these as %40.`,
  );
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
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
