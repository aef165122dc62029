import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The SHA-256 of a model's files, in hex: that of its only one, or of the hashes of several. It is remembered in the folder by
 * each file's path, size and time of change: a large file takes seconds.
 */
export async function modelHash(files: readonly string[], folder: string): Promise<string> {
  const [first = '', second] = files;
  if (second === undefined) return fileHash(first, folder);
  const hash = createHash('sha256');
  for (const file of files) hash.update(await fileHash(file, folder));
  return hash.digest('hex');
}

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
