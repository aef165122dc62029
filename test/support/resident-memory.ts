import { readFileSync } from 'node:fs';

/** Resident bytes of this process that belong to no file. Linux alone tells them. */
export function anonymousBytes(): number {
  return Number(/^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}
