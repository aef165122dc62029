import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(at(path), 'utf8');

const { exports: subpaths } = JSON.parse(read('package.json')) as { exports: Record<string, { default: string }> };
/** The source of each subpath: `dist/index.js` is made of `src/index.ts`. */
const sources = Object.entries(subpaths)
  .filter(([subpath]) => subpath !== './package.json')
  .map(([subpath, { default: built }]) => ({
    name: subpath.replace('.', 'llm-hearth'),
    source: built.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
  }));

interface Report {
  urls: string[];
  names: string[];
}

/** Imports a module alone in a process. */
async function imported(source: string): Promise<Report & { packages: Set<string> }> {
  const args = ['--import', 'tsx', at('test/support/import-report.ts'), at(source)];
  const { stdout } = await run(process.execPath, args, { cwd: at('.') });
  const report = JSON.parse(stdout) as Report;
  const packages = report.urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return { ...report, packages: new Set(packages) };
}

const heavy = ['node-llama-cpp', 'onnxruntime-node', '@huggingface/transformers', 'openai', 'express'];

describe('what an import loads', () => {
  for (const { name, source } of sources) {
    test(`${name} alone loads no engine, no server and no client`, async () => {
      const { packages, urls } = await imported(source);
      assert.ok(
        urls.some((url) => url.endsWith(source)),
        'the report holds what was loaded',
      );
      assert.deepEqual(
        heavy.filter((one) => packages.has(one)),
        [],
      );
      assert.deepEqual(
        urls.filter((url) => url.includes('/src/engines/')),
        [],
      );
    });
  }

  test('the report would tell an engine', async () => {
    assert.ok((await imported('src/engines/gguf/load.ts')).packages.has('node-llama-cpp'));
  });

  test('the adapter for the AI SDK loads no package, and that for LangChain only its own', async () => {
    assert.deepEqual([...(await imported('src/adapters/ai-sdk.ts')).packages], []);
    assert.ok((await imported('src/adapters/langchain.ts')).packages.has('@langchain/core'));
  });
});

/** The names that a module exports, types too; what it passes on as a whole stands in its own section. */
function exported(source: string): Set<string> {
  const text = read(source);
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) => names.split(','));
  const own = [...text.matchAll(/^export (?:abstract )?(?:async )?(?:class|function|interface|type|const) (\w+)/gm)];
  return new Set(
    [...lists.map((name) => name.replace(/\btype\b/, '').trim()), ...own.map(([, name = '']) => name)].filter(
      (name) => name !== '',
    ),
  );
}

describe('docs/api.md', () => {
  const docs = read('docs/api.md');
  /** The first cells of the first table of a section. */
  const told = (name: string): string[] => {
    const section = docs.split(/^## /m).find((text) => text.startsWith(`\`${name}\`\n`)) ?? '';
    const table = /^\| name .*(?:\n\|.*)*/m.exec(section)?.[0] ?? '';
    return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, word]) => word ?? '');
  };

  for (const { name, source } of sources) {
    test(`names every export of ${name}, and nothing else`, () => {
      const names = exported(source);
      // Told in the section of the wrappers.
      if (name === 'llm-hearth/agents')
        for (const shared of ['clearModelConfigs', 'init', 'loadModelByConfigName', 'readModelConfigs'])
          names.delete(shared);
      assert.ok(names.size > 1);
      assert.deepEqual(told(name).toSorted(), [...names].toSorted());
    });
  }

  test('has a section for each subpath and no other', () => {
    const sections = [...docs.matchAll(/^## `([^`]+)`/gm)].map(([, name]) => name);
    assert.deepEqual(
      sections,
      sources.map(({ name }) => name),
    );
  });

  test('values that the modules really export are among the names', async () => {
    for (const { source } of sources.filter(({ name }) => name !== 'llm-hearth')) {
      const names = exported(source);
      for (const value of (await imported(source)).names) assert.ok(names.has(value), `${source}: ${value}`);
    }
  });
});
