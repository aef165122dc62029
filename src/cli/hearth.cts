#!/usr/bin/env node
// The engine decodes in libuv's pool of threads. In a pool of one it is always the same thread: with several, each step wakes
// another one, and the threads that it starts for its share of the work find a core late (docs/benchmarks.md). Node reads the
// variable when the pool is first used, which the loader of ES modules does: hence CommonJS, and nothing before this line.
process.env['UV_THREADPOOL_SIZE'] ??= '1';
void import('./main.ts');
