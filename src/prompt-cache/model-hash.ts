import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The SHA-256 of a model's file, in hex; of several files, that of their sums.
 * @param files absolute, at least one
 * @param folder where sums are remembered
 */
export async function modelHash(files: readonly string[], folder: string): Promise<string> {
  const sums: string[] = [];
  for (const file of files) sums.push(await fileHash(file, folder));
  const [only = ''] = sums;
  return sums.length === 1 ? only : createHash('sha256').update(sums.join()).digest('hex');
}

/** It is remembered by the file's path, size and time of change: a large file takes seconds. */
async function fileHash(model: string, folder: string): Promise<string> {
  const { size, mtimeMs } = await stat(model);
  const known = createHash('sha256').update(`${model}\n${size}\n${mtimeMs}`).digest('hex').slice(0, 32);
  const memo = join(folder, `${known}.hearth-model`);
  const remembered = await readFile(memo, 'latin1').catch(() => '');
  if (/^[0-9a-f]{64}$/.test(remembered)) return remembered;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(model, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const sum = hash.digest('hex');
  await mkdir(folder, { recursive: true });
  await writeFile(memo, sum);
  return sum;
}
