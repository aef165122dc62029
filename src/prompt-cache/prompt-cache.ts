import { mkdir } from 'node:fs/promises';
import { commonPrefix, type CachedPrefix, type PromptCache } from '../contract/tokens.ts';
import {
  isIntact,
  readEntries,
  removeEntry,
  statePath,
  touchEntry,
  writeEntry,
  type Entry,
  type StateOwner,
} from './entry.ts';

export interface PromptCacheOptions {
  folder: string;
  /** What all entries in the folder may take, those of other models included. */
  maxBytes: number;
  owner: StateOwner;
  /** Whether the folder outlives the process. What comes from an earlier one is checked before it is loaded. */
  lasting: boolean;
  /** Told what went wrong, in one sentence: a full disk, a damaged file. */
  onProblem(message: string, cause: unknown): void;
}

/** Before anything was restored: 2 GB/s. */
const FIRST_MS_PER_BYTE = 0.5e-6;
const FIXED_MS = 2;
/** Weight of the newest measurement. */
const GAIN = 0.3;

/** An entry that was found for a prompt. */
interface Found extends CachedPrefix {
  entry: Entry;
}

/** Prefixes in the files of a folder; those unused for longest go when it is full. */
export class FolderPromptCache implements PromptCache {
  readonly lasting: boolean;
  private readonly options: PromptCacheOptions;
  private readonly entries: Map<string, Entry>;
  private msPerByte = FIRST_MS_PER_BYTE;

  private constructor(options: PromptCacheOptions, entries: readonly Entry[]) {
    this.options = options;
    this.lasting = options.lasting;
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** Opens a folder, making it where it is missing. @throws the file system's error where that cannot be done */
  static async open(options: PromptCacheOptions): Promise<FolderPromptCache> {
    await mkdir(options.folder, { recursive: true });
    const cache = new FolderPromptCache(options, await readEntries(options.folder, options.owner.engine));
    await cache.shrink();
    return cache;
  }

  find(prompt: readonly number[]): Found | undefined {
    let best: { entry: Entry; shared: number } | undefined;
    for (const entry of this.own()) {
      const shared = commonPrefix(entry.tokens, prompt);
      if (shared > (best?.shared ?? 0)) best = { entry, shared };
    }
    return best && { ...best, tokens: best.entry.tokens, ms: FIXED_MS + best.entry.bytes * this.msPerByte };
  }

  async store(tokens: readonly number[], write: (file: string) => Promise<void>, spare?: CachedPrefix): Promise<void> {
    const { folder, maxBytes, owner, lasting, onProblem } = this.options;
    try {
      const entry = await writeEntry({ folder, owner, lasting }, tokens, write);
      // All others would have to go, and it would still not fit.
      if (entry.bytes > maxBytes) return await this.remove(entry);
      // What it goes on from is in it.
      for (const other of this.own()) {
        const within = commonPrefix(other.tokens, tokens) === other.tokens.length;
        if (within && other.name !== entry.name) await this.remove(other);
      }
      this.entries.set(entry.name, entry);
      await this.shrink(spare && (spare as Found).entry);
    } catch (error) {
      onProblem(`The prompt cache in ${folder} could not keep a prefix of ${tokens.length} tokens.`, error);
    }
  }

  async restore(prefix: CachedPrefix, read: (file: string) => Promise<number>): Promise<number> {
    const { folder, onProblem } = this.options;
    const { entry } = prefix as Found;
    const began = performance.now();
    try {
      if (this.lasting && !(await isIntact(folder, entry))) throw new Error('its checksum differs');
      const loaded = await read(statePath(folder, entry.name));
      if (loaded !== entry.tokens.length) throw new Error(`it holds ${loaded} tokens, not ${entry.tokens.length}`);
      this.msPerByte += GAIN * ((performance.now() - began) / entry.bytes - this.msPerByte);
      await touchEntry(folder, entry);
      return loaded;
    } catch (error) {
      onProblem(`The prompt cache in ${folder} had a prefix that could not be restored; it is removed.`, error);
      // What cannot be removed either is at least not tried again.
      await this.remove(entry).catch(() => {});
      return 0;
    }
  }

  private own(): Entry[] {
    const { model, engine, state } = this.options.owner;
    return [...this.entries.values()].filter(
      ({ owner }) => owner.model === model && owner.engine === engine && owner.state === state,
    );
  }

  private async shrink(spared?: Entry): Promise<void> {
    let bytes = [...this.entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of [...this.entries.values()].toSorted((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= this.options.maxBytes) return;
      if (entry === spared) continue;
      bytes -= entry.bytes;
      await this.remove(entry);
    }
  }

  private async remove(entry: Entry): Promise<void> {
    this.entries.delete(entry.name);
    await removeEntry(this.options.folder, entry.name);
  }
}
