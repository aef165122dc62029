/** The places where models are looked up by `owner/name`. */
export const hubNames = ['hf', 'modelscope'] as const;
export type HubName = (typeof hubNames)[number];

/** A place that models come from. */
export interface HubPlace {
  /** An http or https URL without a slash at its end. */
  endpoint: string;
  /** Sent to the endpoint alone, never to the host that it redirects to. */
  token: string | undefined;
  /** The folder that holds what was fetched from it. */
  cache: string;
}

/** What stands between here and the hubs. */
export interface Proxies {
  /** What http addresses are asked through, with a user and a password where it wants them; undefined for nothing. */
  http: string | undefined;
  /** The same for https addresses. */
  https: string | undefined;
  /** Whom to ask directly: entries of NO_PROXY. */
  except: readonly string[];
}

/** Where models come from and where they are kept. */
export interface HubSettings {
  /** The place that a plain `owner/name` means. */
  hub: HubName;
  huggingFace: HubPlace;
  modelScope: HubPlace;
  /** The folder that holds what was fetched by a plain URL. */
  urlCache: string;
  /** Nobody is asked: what is there is taken as it is. */
  offline: boolean;
  proxies: Proxies;
}
