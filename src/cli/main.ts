#!/usr/bin/env node
import { run } from './run.ts';

const code = await run(process.argv.slice(2), { env: process.env, stdout: process.stdout, stderr: process.stderr });
// Where stdout is an asynchronous pipe, what was written before goes out first.
process.stdout.write('', () => process.exit(code));
