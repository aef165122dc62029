// A second reporter of `npm test`. The runner calls a run that found no file, and a file that held no test, a success
// (Node 20 counts the file itself as one passed test); this one makes both red. JavaScript, since no loader reads reporters.
import { resolve } from 'node:path';

/**
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 * @returns {AsyncGenerator<string, void>} what to print: nothing when all is well
 */
export default async function* requireTests(events) {
  let ran = 0;
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { file, name, details } = event.data;
    if (event.type === 'test:pass' && file !== undefined && resolve(name) === file) {
      process.exitCode = 1;
      yield `${file} holds no test.\n`;
    } else if (details.type !== 'suite') ran += 1;
  }
  if (ran > 0) return;
  process.exitCode = 1;
  yield 'No test ran.\n';
}
