import { rm, stat } from 'node:fs/promises';
import type { AddonContext } from './addon.ts';

/** What handing a prefix over costs here, in milliseconds. */
export interface HandoverCosts {
  /** A native copy and what it adds to the next decode: it moves a slot's whole memory, however little it holds. */
  nativeMs: number;
  /** Saving and loading a file: so much in any case, and so much for each token. */
  fileMs: number;
  fileMsPerToken: number;
}

/**
 * Gives a slot's prefix to another slot, in the cheaper of two ways: a native copy costs what a slot's memory takes in all,
 * a state file what the prefix takes (docs/benchmarks.md). One file serves all who take the same prefix before the next step.
 */
export class Handover {
  private readonly context: AddonContext;
  private costs: HandoverCosts;
  private readonly contextSize: number;
  /** The transfer file, in a folder that lies in memory where the system has one. */
  private readonly file: string;
  /** Slots of queued native copies: their memory is read and written at the beginning of the next decode. */
  private readonly queued = new Set<number>();
  /** Whose prefix lies in the transfer file, and how many tokens. */
  private saved: { slot: number; length: number } | undefined;

  constructor(context: AddonContext, costs: HandoverCosts, contextSize: number, file: string) {
    this.context = context;
    this.costs = costs;
    this.contextSize = contextSize;
    this.file = file;
  }

  /** Milliseconds that `copy` is expected to take. */
  expectedMs(length: number): number {
    return Math.min(this.costs.nativeMs, this.byFileMs(length));
  }

  /**
   * @param length tokens that are wanted
   * @param held tokens that `from` holds
   * @returns how many `to` holds now, at least `length`; 0 where it failed
   */
  async copy(from: number, to: number, length: number, held: number): Promise<number> {
    const saved = this.saved?.slot === from && this.saved.length >= length ? this.saved : undefined;
    // A full slot has no room for the token that settles.
    if (!saved && held < this.contextSize && this.costs.nativeMs <= this.byFileMs(length)) {
      await this.context.copySequenceStateFromOtherSequence(to, from);
      this.queued.add(from).add(to);
      return held;
    }
    try {
      if (!saved) await this.save(from, new Uint32Array(held), this.file);
      this.saved = saved ?? { slot: from, length: held };
      return await this.load(to, this.file);
    } catch {
      // A full disk: the prompt can still be read. Files are not tried again.
      this.saved = undefined;
      this.costs = { ...this.costs, fileMs: Infinity };
      await rm(this.file, { force: true }).catch(() => {});
      return 0;
    }
  }

  /** Writes what a slot holds to a file. @throws Error where it could not be written whole */
  async save(slot: number, tokens: Uint32Array, file: string): Promise<void> {
    await this.settle(slot, tokens.length);
    const written = await this.context.saveSequenceStateToFile(file, slot, tokens);
    // llama.cpp does not see that the last block found no room, and ends the process when it loads such a file.
    if ((await stat(file)).size !== written) throw new Error(`${file} could not be written whole`);
  }

  /**
   * Loads a file that `save` has written; one that was cut off since ends the process.
   * @returns how many tokens the slot holds now. @throws Error for a file that is no state of this model; the slot is empty then
   */
  async load(slot: number, file: string): Promise<number> {
    // A queued copy from this slot is not hurt: it reads the memory, which only the load overwrites.
    this.context.disposeSequence(slot);
    await this.settle(slot, 0);
    try {
      return (await this.context.loadSequenceStateFromFile(file, slot, this.contextSize)).length;
    } catch (error) {
      this.context.disposeSequence(slot);
      throw error;
    }
  }

  /** The slot's tokens are no longer those in the transfer file. */
  changed(slot: number): void {
    if (this.saved?.slot === slot) this.saved = undefined;
  }

  /** A decode has carried out what was queued; the transfer file is not kept longer than that. */
  async decoded(): Promise<void> {
    this.queued.clear();
    if (!this.saved) return;
    this.saved = undefined;
    await rm(this.file, { force: true });
  }

  /** Carries queued copies out before a slot's memory is used by anything else than a decode: any decode does so. */
  private async settle(slot: number, held: number): Promise<void> {
    if (!this.queued.has(slot)) return;
    this.context.initBatch(1);
    this.context.addToBatch(slot, held, Uint32Array.of(0), new Uint32Array());
    await this.context.decodeBatch();
    this.context.removeTokenCellsFromSequence(slot, held, -1);
    this.queued.clear();
  }

  private byFileMs(length: number): number {
    return this.costs.fileMs + this.costs.fileMsPerToken * length;
  }
}
