import { InferenceError } from '../contract/errors.ts';
import { StatusError } from './http.ts';

/** What a sentence about a refusal needs to know. */
export interface Asked {
  /** `hf:owner/repo` */
  name: string;
  /** The hub's host. */
  host: string;
  /** The model's page. */
  page: string;
  token: { variable: string; given: boolean; page: string };
  revision?: string | undefined;
  file?: string | undefined;
}

/** Says what a hub's status means for whoever wants a model. What is no status stays as it is. */
export function explainStatus(error: unknown, asked: Asked): unknown {
  if (!(error instanceof StatusError)) return error;
  const { status, kind } = error;
  const refuse = (code: ConstructorParameters<typeof InferenceError>[0], sentence: string): InferenceError =>
    new InferenceError(code, sentence, { param: 'model', cause: error });
  const { name, host, page, token } = asked;
  const account = token.given
    ? `the account of ${token.variable} has no access`
    : `set ${token.variable} to a token of yours (${token.page})`;
  if (kind === 'GatedRepo')
    return refuse(
      'forbidden',
      `${name} is gated: accept its conditions on ${page}; then ${account}.`.replace(
        'then the account of',
        'so far the account of',
      ),
    );
  if (
    kind === 'RevisionNotFound' ||
    (status === 404 && asked.file === undefined && kind === undefined && asked.revision !== undefined)
  )
    return refuse(
      'model_not_found',
      `${name} has no revision ${asked.revision ?? ''}; see ${page} for its branches and tags.`,
    );
  if (kind === 'RepoNotFound' || (status === 404 && asked.file === undefined) || (status === 401 && !token.given))
    return refuse(
      'model_not_found',
      `${host} has no public model ${name}; check the name, and if it is private, ${account}.`,
    );
  if (status === 401)
    return refuse(
      'forbidden',
      `${host} does not accept the token in ${token.variable}; make a new one (${token.page}).`,
    );
  if (status === 403) return refuse('forbidden', `${host} forbids ${name}: ask for access on ${page}; ${account}.`);
  if (status === 404) return refuse('model_not_found', `${name} has no file ${asked.file ?? ''}; see ${page}.`);
  if (status === 429) {
    const seconds = error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1000);
    const when = seconds === undefined ? 'later' : `in ${seconds} s`;
    return new InferenceError(
      'overloaded',
      `${host} lets nobody ask so often; try again ${when}${token.given ? '' : `, or set ${token.variable}, which raises the limit`}.`,
      {
        retryAfter: seconds,
        cause: error,
      },
    );
  }
  return refuse('model_failed', `${host} answered ${status} for ${name}; try again later.`);
}
