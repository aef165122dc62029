import { InferenceError, type ErrorCode } from '../contract/errors.ts';
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
  /** The revision that was asked for, where it is not the usual one. */
  revision?: string | undefined;
  file?: string | undefined;
}

/** Says what a hub's status means for whoever wants a model. What is no status stays as it is. */
export function explainStatus(error: unknown, asked: Asked): unknown {
  if (!(error instanceof StatusError)) return error;
  const { name, host, page, token, revision, file } = asked;
  const refuse = (code: ErrorCode, sentence: string): InferenceError =>
    new InferenceError(code, sentence, { param: 'model', cause: error });
  const set = `set ${token.variable} to a token of yours (${token.page})`;
  const account = token.given ? `the account of ${token.variable} has no access` : set;
  switch (meaning(error, asked)) {
    case 'gated':
      return refuse(
        'forbidden',
        `${name} is gated: accept its conditions on ${page}; ${token.given ? 'so far' : 'then'} ${account}.`,
      );
    case 'no repository':
      return refuse(
        'model_not_found',
        `${host} has no public model ${name}; check the name, and if it is private, ${account}.`,
      );
    case 'no revision':
      return refuse(
        'model_not_found',
        `${name} has no revision ${revision ?? ''}; see ${page} for its branches and tags.`,
      );
    case 'no file':
      return refuse('model_not_found', `${name} has no file ${file ?? ''}; see ${page}.`);
    case 'wrong token':
      return refuse(
        'forbidden',
        `${host} does not accept the token in ${token.variable}; make a new one (${token.page}).`,
      );
    case 'forbidden':
      return refuse('forbidden', `${host} forbids ${name}: ask for access on ${page}; ${account}.`);
    case 'too often':
      return tooOften(error, host, token.given ? undefined : token.variable);
    default:
      return refuse('model_failed', `${host} answered ${error.status} for ${name}; try again later.`);
  }
}

type Meaning =
  | 'gated'
  | 'no repository'
  | 'no revision'
  | 'no file'
  | 'wrong token'
  | 'forbidden'
  | 'too often'
  | 'failed';

/** Hugging Face says in a header what its status means (huggingface_hub, utils/_http.py); ModelScope has the status alone. */
const kinds: Record<string, Meaning> = {
  GatedRepo: 'gated',
  RepoNotFound: 'no repository',
  RevisionNotFound: 'no revision',
  EntryNotFound: 'no file',
};

function meaning({ status, kind }: StatusError, { file, revision, token }: Asked): Meaning {
  const said = kinds[kind ?? ''];
  if (said !== undefined) return said;
  if (status === 401) return token.given ? 'wrong token' : 'no repository';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'too often';
  if (status !== 404) return 'failed';
  if (file !== undefined) return 'no file';
  return revision === undefined ? 'no repository' : 'no revision';
}

/** @param variable what raises the limit, if anything */
export function tooOften(error: StatusError, host: string, variable: string | undefined): InferenceError {
  const seconds = error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1000);
  const when = seconds === undefined ? 'later' : `in ${seconds} s`;
  const more = variable === undefined ? '' : `, or set ${variable}, which raises the limit`;
  const message = `${host} lets nobody ask so often; try again ${when}${more}.`;
  return new InferenceError('overloaded', message, { retryAfter: seconds, cause: error });
}
