import { InferenceError } from '../contract/errors.ts';

/**
 * Whether a path inside a repository stays inside the folder that it is put into: relative, with forward slashes, without
 * empty, `.` and `..` parts. Names come from users and from servers.
 */
export function isSafePath(path: string): boolean {
  if (path === '' || path.length > 1024) return false;
  // What Windows keeps for itself, drives, and control characters.
  if (/[\\:*?"<>|\p{Cc}]/u.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= 255);
}

/** @param what what the path names: `file`, `revision` @throws InferenceError invalid_request for a path that leaves its folder */
export function checkPath(path: string, what: string, name: string): void {
  if (isSafePath(path)) return;
  throw new InferenceError(
    'invalid_request',
    `The model name ${name} names the ${what} ${JSON.stringify(path)}, which is no path inside a repository; leave out "..", a "/" at the beginning and special characters.`,
    { param: 'model' },
  );
}
