import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseStore } from '../../src/response-store/response-store.ts';

function missing(store: ResponseStore, id: string): string {
  const found = store.find(id);
  return 'missing' in found ? found.missing : assert.fail(`${id} is there`);
}

test('gives back what was kept, and forgets what is deleted', () => {
  const store = new ResponseStore({ maxCount: 2, maxBytes: 100 });
  store.keep('a', 'größer');
  assert.deepEqual(store.find('a'), { text: 'größer' });
  assert.deepEqual([store.count, store.bytes], [1, 8]);
  store.keep('a', 'new');
  assert.deepEqual(store.find('a'), { text: 'new' });
  assert.deepEqual([store.count, store.bytes], [1, 3]);
  assert.equal(store.forget('a'), true);
  assert.equal(store.forget('a'), false);
  assert.deepEqual([store.count, store.bytes], [0, 0]);
  assert.match(missing(store, 'a'), /^The response "a" is not stored here/);
});

test('the oldest make room, by count and by bytes, and the answer says so', () => {
  const store = new ResponseStore({ maxCount: 3, maxBytes: 10 });
  for (const id of ['a', 'b', 'c', 'd']) store.keep(id, 'xx');
  assert.match(missing(store, 'a'), /"a" had to make room: 3 responses and 10 bytes .* --stored-responses/);
  assert.equal(store.count, 3);
  store.keep('e', 'x'.repeat(7));
  assert.deepEqual([store.count, store.bytes], [2, 9]);
  assert.match(missing(store, 'c'), /make room/);
  assert.deepEqual(store.find('d'), { text: 'xx' });
  store.keep('a', 'x');
  assert.deepEqual(store.find('a'), { text: 'x' });
});

test('what is too large for the store goes at once and drives nothing out', () => {
  const store = new ResponseStore({ maxCount: 3, maxBytes: 10 });
  store.keep('a', 'xx');
  store.keep('b', 'x'.repeat(11));
  assert.match(missing(store, 'b'), /make room/);
  assert.deepEqual(store.find('a'), { text: 'xx' });
  const none = new ResponseStore({ maxCount: 0, maxBytes: 10 });
  none.keep('a', '');
  assert.match(missing(none, 'a'), /0 responses/);
  const empty = new ResponseStore({ maxCount: 5, maxBytes: 0 });
  empty.keep('a', 'x');
  assert.match(missing(empty, 'a'), /0 bytes/);
});

test('the ids of what had to go are themselves bounded', () => {
  const store = new ResponseStore({ maxCount: 1, maxBytes: 100 });
  for (let index = 0; index < 10_100; index += 1) store.keep(`r${index}`, 'x');
  assert.match(missing(store, 'r0'), /not stored here/);
  assert.match(missing(store, 'r10000'), /make room/);
});
