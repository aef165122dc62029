import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';

/** Raised whenever the files change their form. */
const FORM = 1;

/** What a state belongs to. */
export interface StateOwner {
  /** SHA-256 of the model's file. */
  model: string;
  /** The engine and its version: states of other versions are never loaded. */
  engine: string;
  /** What else decides how a state looks: the type of the KV cache. */
  state: string;
}

/** One stored prefix: `NAME.hearth-state` holds the engine's state, `NAME.hearth-prompt` says whose it is. */
export interface Entry {
  name: string;
  owner: StateOwner;
  tokens: readonly number[];
  /** Size of the state. */
  bytes: number;
  /** CRC-32 of the state; undefined where it does not outlive the process. */
  crc: number | undefined;
  /** When it was last used, in milliseconds since 1970. */
  usedAt: number;
}

const schema = z.object({
  form: z.literal(FORM),
  owner: z.object({ model: z.string(), engine: z.string(), state: z.string() }),
  tokens: z.array(z.int().min(0)).min(1),
  bytes: z.int().min(1),
  crc: z.int().min(0),
});

export const statePath = (folder: string, name: string): string => join(folder, `${name}.hearth-state`);
const promptPath = (folder: string, name: string): string => join(folder, `${name}.hearth-prompt`);

/** The name of an owner's prefix. */
function entryName({ model, engine, state }: StateOwner, tokens: readonly number[]): string {
  return createHash('sha256').update(`${model}\n${engine}\n${state}\n${tokens.join()}`).digest('hex').slice(0, 32);
}

/**
 * Writes an entry: first its state, under another name, then what it is. An entry whose writing was cut off is none.
 * @param lasting whether another process may read it one day
 * @param write writes the state to a file
 */
export async function writeEntry(
  { folder, owner, lasting }: { folder: string; owner: StateOwner; lasting: boolean },
  tokens: readonly number[],
  write: (file: string) => Promise<void>,
): Promise<Entry> {
  const name = entryName(owner, tokens);
  const unfinished = join(folder, `${name}.${process.pid}.hearth-unfinished`);
  try {
    await write(unfinished);
    const { bytes, crc } = lasting
      ? await checksum(unfinished)
      : { bytes: (await stat(unfinished)).size, crc: undefined };
    await rename(unfinished, statePath(folder, name));
    await writeFile(unfinished, JSON.stringify({ form: FORM, owner, tokens, bytes, crc }));
    await rename(unfinished, promptPath(folder, name));
    return { name, owner, tokens, bytes, crc, usedAt: Date.now() };
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Reads what lies in a folder; removes what is damaged, of another form or engine version, and what belongs to nothing. */
export async function readEntries(folder: string, engine: string): Promise<Entry[]> {
  const names = await readdir(folder);
  const entries: Entry[] = [];
  for (const file of names.filter((one) => one.endsWith('.hearth-prompt'))) {
    const name = file.slice(0, -'.hearth-prompt'.length);
    const entry = await readEntry(folder, name);
    if (entry && entry.owner.engine === engine) entries.push(entry);
    else await removeEntry(folder, name);
  }
  const known = new Set(entries.map(({ name }) => name));
  for (const file of names) {
    // A state without its prompt was cut off, unless somebody is just writing it.
    const cutOff = file.endsWith('.hearth-state') && !known.has(file.slice(0, -'.hearth-state'.length));
    if ((cutOff || file.endsWith('.hearth-unfinished')) && (await isOld(join(folder, file)))) {
      await rm(join(folder, file), { force: true });
    }
  }
  return entries;
}

async function readEntry(folder: string, name: string): Promise<Entry | undefined> {
  try {
    const parsed = schema.parse(JSON.parse(await readFile(promptPath(folder, name), 'utf8')));
    const { mtimeMs } = await stat(promptPath(folder, name));
    const { size } = await stat(statePath(folder, name));
    const { owner, tokens, bytes, crc } = parsed;
    if (size !== bytes || name !== entryName(owner, tokens)) return undefined;
    return { name, owner, tokens, bytes, crc, usedAt: mtimeMs };
  } catch {
    // Damaged in whatever way: the caller removes it.
    return undefined;
  }
}

/** Whether the state is still the one that was written. */
export async function isIntact(folder: string, { name, bytes, crc }: Entry): Promise<boolean> {
  const found = await checksum(statePath(folder, name));
  return found.bytes === bytes && found.crc === crc;
}

/** Takes note that the entry was used, for later processes too where the folder lets it. */
export async function touchEntry(folder: string, entry: Entry): Promise<void> {
  entry.usedAt = Date.now();
  await utimes(promptPath(folder, entry.name), new Date(), new Date()).catch(() => {});
}

/** Removes an entry; one that is gone already is no error. */
export async function removeEntry(folder: string, name: string): Promise<void> {
  await rm(promptPath(folder, name), { force: true });
  await rm(statePath(folder, name), { force: true });
}

async function isOld(file: string): Promise<boolean> {
  // Another process may have removed it a moment ago.
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > 60_000;
}

async function checksum(file: string): Promise<{ bytes: number; crc: number }> {
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(4 << 20);
    let bytes = 0;
    let crc = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return { bytes, crc };
      bytes += bytesRead;
      crc = crc32(buffer.subarray(0, bytesRead), crc);
    }
  } finally {
    await handle.close();
  }
}
