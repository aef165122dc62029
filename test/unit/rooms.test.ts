import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { refusal, rooms } from '../../scripts/rooms.js';

const src = resolve('src');
const refused = (file: string, specifier: string): string | undefined => refusal(src, join(src, file), specifier);

test('a room may import itself, the rooms and the packages on its line', () => {
  assert.equal(refused('dialects/openai/chat.ts', '../dialect.ts'), undefined);
  assert.equal(refused('dialects/openai/chat.ts', '../../contract/generate.ts'), undefined);
  assert.equal(refused('dialects/fields.ts', 'zod'), undefined);
  assert.equal(refused('runtime/prompt.ts', '@huggingface/jinja'), undefined);
  assert.equal(refused('engines/gguf/load.ts', 'node:fs/promises'), undefined);
  assert.equal(refused('cli/serve.ts', '../compose.ts'), undefined);
});

test('every room is refused every other room that is not on its line', () => {
  for (const [room, rule] of Object.entries(rooms)) {
    const file = room.endsWith('.ts') ? room : `${room}/deep/file.ts`;
    const up = room.endsWith('.ts') ? './' : '../../';
    for (const other of Object.keys(rooms)) {
      if (other === room) continue;
      const target = other.endsWith('.ts') ? other : `${other}/file.ts`;
      const may = rule.rooms.includes(other);
      assert.equal(refused(file, `${up}${target}`) === undefined, may, `${room} imports ${other}`);
    }
  }
});

test('a package that is not on the line, and a Node module where none is allowed, are refused', () => {
  assert.match(refused('scheduling/queue.ts', 'zod') ?? '', /scheduling may not import zod/);
  assert.match(refused('contract/errors.ts', 'zod') ?? '', /contract may not import zod/);
  assert.match(refused('dialects/fields.ts', 'node:fs') ?? '', /dialects may not import node:fs/);
  assert.match(refused('dialects/fields.ts', 'fs') ?? '', /dialects may not import fs/);
  assert.match(refused('http/app.ts', 'zodiac') ?? '', /http may not import zodiac/);
});

test('nothing outside src is imported, and a new room says first what it may import', () => {
  assert.match(refused('http/app.ts', '../../test/support/server.ts') ?? '', /http may not import/);
  assert.match(refused('cache/file.ts', '../contract/errors.ts') ?? '', /src\/cache is a room that/);
});
