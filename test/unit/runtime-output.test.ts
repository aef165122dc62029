import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputText } from '../../src/runtime/output.ts';

/** Feeds bytes in the given pieces and returns what came out. */
function feed(
  pieces: readonly Uint8Array[],
  stop: readonly string[],
): { text: string; stopString: string | undefined } {
  const output = new OutputText(stop);
  let text = '';
  for (const piece of pieces) {
    const out = output.push(piece);
    text += out.text;
    if (out.stopString !== undefined) return { text, stopString: out.stopString };
  }
  const out = output.end();
  return { text: text + out.text, stopString: out.stopString };
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [0, ...at.toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

const utf8 = new TextEncoder();

test('a text comes out whole when it is split at any two positions', () => {
  const text = 'né 日本語 👩‍👩‍👧 \uFEFFend';
  const bytes = utf8.encode(text);
  for (let a = 0; a <= bytes.length; a += 1) {
    for (let b = a; b <= bytes.length; b += 1) {
      assert.deepEqual(feed(cut(bytes, [a, b]), []), { text, stopString: undefined });
    }
  }
});

test('half a character is never handed out before its other half', () => {
  const output = new OutputText([]);
  const [first, ...rest] = utf8.encode('語');
  assert.equal(output.push(Uint8Array.of(first ?? 0)).text, '');
  assert.equal(output.push(Uint8Array.from(rest)).text, '語');
});

test('half a character at the end comes out as the replacement character', () => {
  assert.equal(feed([utf8.encode('a語').subarray(0, 3)], []).text, 'a\uFFFD');
});

test('a stop string is found when it is split at any two positions, and nothing of it or after it comes out', () => {
  const bytes = utf8.encode('Zoë said: STÖP now');
  for (let a = 0; a <= bytes.length; a += 1) {
    for (let b = a; b <= bytes.length; b += 1) {
      assert.deepEqual(feed(cut(bytes, [a, b]), ['xyz', 'STÖP']), { text: 'Zoë said: ', stopString: 'STÖP' });
    }
  }
});

test('text that only begins like a stop string is released', () => {
  const output = new OutputText(['\nUser:']);
  assert.equal(output.push(utf8.encode('a\nUse')).text, 'a');
  assert.equal(output.push(utf8.encode('d')).text, '\nUsed');
  assert.equal(output.push(utf8.encode('\nUser')).text, '');
  assert.deepEqual(output.end(), { text: '\nUser', stopString: undefined });
});

test('nothing is held back without a stop string to wait for', () => {
  const output = new OutputText(['###']);
  assert.equal(output.push(utf8.encode('abc')).text, 'abc');
  assert.equal(output.push(utf8.encode('#')).text, '');
  assert.equal(output.push(utf8.encode('x')).text, '#x');
});

test('the output is the text before the earliest stop string, however it is split', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '日', '👍'), maxLength: 24 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '👍'), minLength: 1, maxLength: 4 }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(
      letters,
      stops,
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 100, maxLength: 100 }),
      (text, stop, sizes) => {
        const bytes = utf8.encode(text);
        const pieces: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        const out = feed(pieces, stop);
        assert.ok(text.startsWith(out.text));
        assert.ok(
          stop.every((one) => !out.text.includes(one)),
          `${out.text} has a stop string`,
        );
        if (out.stopString === undefined) assert.equal(out.text, text);
        else assert.ok(text.slice(out.text.length).startsWith(out.stopString));
      },
    ),
    { numRuns: 2000 },
  );
});
