import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Capable } from '../../src/contract/model.ts';
import { assertClose, softmax } from '../support/numbers.ts';
import { openTinyBert as open, tinyBertExpected, tinyBertFolder, withTinyBert } from '../support/tiny-bert-onnx.ts';

const never = new AbortController().signal;

function inputsOf(texts: readonly string[]): { content: string; name: string }[] {
  return texts.map((content, index) => ({ content, name: `input[${index}]` }));
}

suite('a tiny ONNX embedding model', () => {
  const expected = tinyBertExpected('embed');
  const texts = expected.map(({ text }) => text);
  const embed = (model: Capable<'embed'>, of: readonly string[]) =>
    model.embed({ inputs: inputsOf(of), names: { dimensions: 'dimensions' } }, never);
  let model: Capable<'embed'>;
  before(async () => (model = await open('embed')));
  after(() => model.dispose());

  test('tells what it is', () => {
    const { tasks, dimensions, contextSize, slots, format } = model.info;
    assert.deepEqual([tasks, dimensions, contextSize, slots, format], [['embed'], 16, 64, 32, 'onnx']);
  });

  test('its vectors are those of the formulas, alone and in a batch of several lengths', async () => {
    const together = await embed(model, texts);
    assert.equal(
      together.promptTokens,
      expected.reduce((sum, { ids }) => sum + ids.length, 0),
    );
    for (const [index, { text, mean, ids }] of expected.entries()) {
      assertClose(together.vectors[index] ?? [], mean, text);
      const alone = await embed(model, [text]);
      assert.equal(alone.promptTokens, ids.length);
      assertClose(alone.vectors[0] ?? [], mean, text);
    }
    assert.deepEqual(model.inputStats?.(), {
      inputs: 2 * texts.length,
      tokens: 2 * together.promptTokens,
      slots: 32,
      slotsBusy: 0,
      queued: 0,
    });
  });

  test('requests beside each other get what each gets alone', async () => {
    const all = await Promise.all(texts.map((text) => embed(model, [text])));
    for (const [index, { text, mean }] of expected.entries()) assertClose(all[index]?.vectors[0] ?? [], mean, text);
  });

  for (const [mode, pooling] of [
    ['pooling_mode_cls_token', 'cls'],
    ['pooling_mode_lasttoken', 'last'],
  ] as const) {
    test(`pools as sentence-transformers' files say: ${pooling}`, async () => {
      await withTinyBert('embed', async (folder) => {
        await mkdir(join(folder, '1_Pooling'));
        await writeFile(join(folder, '1_Pooling/config.json'), JSON.stringify({ [mode]: true }));
        const other = await open('embed', folder);
        try {
          const { vectors } = await embed(other, texts);
          for (const [index, one] of expected.entries()) assertClose(vectors[index] ?? [], one[pooling], one.text);
        } finally {
          await other.dispose();
        }
      });
    });
  }

  test('a model that changes its vectors after the pooling is refused where the graph does not', async () => {
    await withTinyBert('embed', async (folder) => {
      const modules = ['Transformer', 'Pooling', 'Dense'].map((name, idx) => ({
        idx,
        name: String(idx),
        path: idx === 0 ? '' : `${idx}_${name}`,
        type: `sentence_transformers.models.${name}`,
      }));
      await writeFile(join(folder, 'modules.json'), JSON.stringify(modules));
      await mkdir(join(folder, '1_Pooling'));
      await writeFile(join(folder, '1_Pooling/config.json'), JSON.stringify({ pooling_mode_mean_tokens: true }));
      await assert.rejects(open('embed', folder), { code: 'unsupported', message: /changes its vectors after/ });
    });
  });

  test('what is too long is refused with the numbers, and the longest that fits is computed', async () => {
    const long = 'a '.repeat(62);
    assert.equal((await embed(model, [long])).promptTokens, 64);
    await assert.rejects(embed(model, ['a', `${long} a`]), {
      code: 'context_exceeded',
      param: 'input[1]',
      message: 'input[1] has 65 tokens, but the model takes 64 at most; shorten it.',
    });
  });

  test('a client that leaves ends its request at once, and the others go on', async () => {
    const controller = new AbortController();
    const many = Array.from({ length: 2000 }, (_, index) => texts[index % texts.length] ?? '');
    const leaving = model.embed({ inputs: inputsOf(many), names: { dimensions: 'dimensions' } }, controller.signal);
    leaving.catch(() => {});
    const other = embed(model, texts);
    // The first run must have begun.
    await embed(model, ['cold']);
    const began = performance.now();
    controller.abort();
    await assert.rejects(leaving, { code: 'aborted' });
    assert.ok(performance.now() - began < 250);
    assert.ok((model.inputStats?.().queued ?? Infinity) <= texts.length, 'what nobody wants does not wait');
    assertClose((await other).vectors[0] ?? [], expected[0]?.mean ?? [], texts[0] ?? '');
  });
});

suite('a tiny ONNX cross-encoder', () => {
  const expected = tinyBertExpected('rank');
  const query = { content: expected[0]?.text ?? '', name: 'query' };
  const documents = inputsOf(expected.map(({ pair }) => pair ?? ''));
  const probabilities = expected.map(({ logits: [logit = 0] }) => 1 / (1 + Math.exp(-logit)));

  test('its scores are the probabilities of the formulas, with the two texts told apart', async () => {
    const model = await open('rank');
    try {
      assert.deepEqual(model.info.tasks, ['rank']);
      const { scores, promptTokens } = await model.rank({ query, documents }, never);
      assertClose(scores, probabilities, 'together');
      assert.equal(
        promptTokens,
        expected.reduce((sum, { ids }) => sum + ids.length, 0),
      );
      for (const [index, document] of documents.entries()) {
        const alone = await model.rank({ query, documents: [document] }, never);
        assertClose(alone.scores, probabilities.slice(index, index + 1), document.content);
      }
    } finally {
      await model.dispose();
    }
  });
});

suite('a tiny ONNX classifier', () => {
  const expected = tinyBertExpected('classify');
  const inputs = expected.map(({ text, pair }, index) => ({
    text: { content: text, name: `input[${index}]` },
    ...(pair !== undefined && { pair: { content: pair, name: `input[${index}] second` } }),
  }));
  const logits = expected.map((one) => one.logits);
  const sigmoid = (row: readonly number[]): number[] => row.map((logit) => 1 / (1 + Math.exp(-logit)));

  test('its probabilities and logits are those of the formulas, for texts and pairs', async () => {
    const model = await open('classify');
    try {
      assert.deepEqual([model.info.tasks, model.info.labels], [['classify'], ['calm', 'glad', 'sad']]);
      const { labels, scores, promptTokens } = await model.classify({ inputs }, never);
      assert.deepEqual(labels, model.info.labels);
      for (const [index, row] of logits.entries())
        assertClose(scores[index] ?? [], softmax(row), expected[index]?.text ?? '');
      assert.equal(
        promptTokens,
        expected.reduce((sum, { ids }) => sum + ids.length, 0),
      );
      const raw = await model.classify({ inputs, activation: 'none' }, never);
      for (const [index, row] of logits.entries())
        assertClose(raw.scores[index] ?? [], row, expected[index]?.text ?? '', 1e-4);
    } finally {
      await model.dispose();
    }
  });

  const problems: [string, (row: readonly number[]) => readonly number[]][] = [
    ['multi_label_classification', sigmoid],
    ['regression', (row) => row],
  ];
  for (const [problem, activated] of problems) {
    test(`config.json's problem_type chooses what makes scores of its logits: ${problem}`, async () => {
      await withTinyBert('classify', async (folder) => {
        await changeConfig(folder, { problem_type: problem });
        const model = await open('classify', folder);
        try {
          const { scores } = await model.classify({ inputs: inputs.slice(0, 1) }, never);
          assertClose(scores[0] ?? [], activated(logits[0] ?? []), problem, 1e-4);
        } finally {
          await model.dispose();
        }
      });
    });
  }

  test('labels that the graph has no logits for are told when it is loaded', async () => {
    await withTinyBert('classify', async (folder) => {
      await changeConfig(folder, { id2label: { 0: 'no', 1: 'yes' } });
      await assert.rejects(open('classify', folder), {
        code: 'model_failed',
        message: /has 2 labels, but .*model\.onnx gives 3 logits/,
      });
    });
  });

  test('--parallel bounds the inputs of a run, --context-size their tokens', async () => {
    const model = await open('classify', tinyBertFolder('classify'), { parallel: 1, contextSize: 8 });
    try {
      assert.deepEqual([model.info.slots, model.info.contextSize], [1, 8]);
      await assert.rejects(model.classify({ inputs }, never), { code: 'context_exceeded' });
    } finally {
      await model.dispose();
    }
  });
});

test('a graph that ONNX Runtime does not take is told when it is loaded, with its reason', async () => {
  await withTinyBert('embed', async (folder) => {
    const file = join(folder, 'onnx/model.onnx');
    const graph = await readFile(file);
    const place = graph.indexOf('LayerNormalization');
    graph.write('NoSuchNormalizing!', place);
    await writeFile(file, graph);
    await assert.rejects(open('embed', folder), {
      code: 'model_failed',
      message: /^ONNX Runtime cannot load .*model\.onnx, so export it anew .*NoSuchNormalizing!/,
    });
  });
});

async function changeConfig(folder: string, changes: object): Promise<void> {
  const file = join(folder, 'config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...config, ...changes }));
}
