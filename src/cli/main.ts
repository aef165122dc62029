import { run } from './run.ts';

// `hearth serve | head -1` closes our stdout; a server goes on without it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const code = await run(process.argv.slice(2), { env: process.env, stdout: process.stdout, stderr: process.stderr });
// Where stdout is an asynchronous pipe, what was written before goes out first.
process.stdout.write('', () => process.exit(code));
