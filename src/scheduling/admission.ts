import {
  commonPrefix,
  type CachedPrefix,
  type PromptCache,
  type Stepper,
  type TokenRequest,
} from '../contract/tokens.ts';
import type { Pace } from './pace.ts';
import { placePrompt, type Placement, type Wait } from './prefixes.ts';
import { leastMissed, type Slot } from './slots.ts';

export interface ReuseSettings {
  /** Whether a prompt may go on from what slots remember; without it every prompt is read from its beginning. */
  prefixReuse: boolean;
  /** Where prefixes go that leave their slots. */
  promptCache?: PromptCache | undefined;
}

/** Reading fewer tokens than this again is not worth the pause that storing all that stands before them takes. */
const WORTH_STORING = 256;

/** Gives prompts their slots, with as much of their beginning as can be had without reading it. */
export class Admission {
  private readonly stepper: Stepper;
  private readonly slots: readonly Slot[];
  private readonly pace: Pace;
  private readonly reuse: boolean;
  private readonly cache: PromptCache | undefined;

  constructor(stepper: Stepper, slots: readonly Slot[], pace: Pace, settings: ReuseSettings) {
    this.stepper = stepper;
    this.slots = slots;
    this.pace = pace;
    this.reuse = settings.prefixReuse;
    this.cache = settings.prefixReuse ? settings.promptCache : undefined;
  }

  /** Where a prompt goes, or whom it waits for; undefined where no slot is free. */
  place({ prompt, reuse = true }: Pick<TokenRequest, 'prompt' | 'reuse'>): Placement | Wait | undefined {
    if (!this.reuse || !reuse) {
      const slot = leastMissed(this.slots);
      return slot && { slot, length: 0 };
    }
    const costs = {
      readMs: (tokens: number) => this.pace.readMs(tokens),
      copyMs: (length: number) => this.stepper.copyMs(length),
    };
    return placePrompt(prompt, this.slots, costs, this.cache);
  }

  /** Makes the slot hold what the placement says, or less where that fails; what it held goes to the prompt cache. */
  async fill({ slot, length, source, stored }: Placement): Promise<void> {
    const others = this.slots.filter((other) => other !== slot);
    await this.store(slot, source || stored ? 0 : length, others, stored);
    if (source) {
      const copied = await this.stepper.copy(source.id, slot.id, length);
      slot.tokens = source.tokens.slice(0, copied);
    } else if (stored && this.cache) {
      const restored = await this.cache.restore(stored, (file) => this.stepper.load(slot.id, file));
      // A bad file may have been found out before the engine was asked to load it.
      slot.tokens = stored.tokens.slice(0, restored > 0 ? restored : await this.stepper.trim(slot.id, 0));
    }
    // Asked also where all of it stays: an engine that was started anew has lost it.
    const kept = Math.min(length, slot.tokens.length);
    if (slot.tokens.length > 0) slot.tokens.length = await this.stepper.trim(slot.id, kept);
  }

  /** Leaves what the slots remember to the next process, where the prompt cache outlives this one. */
  async storeAll(): Promise<void> {
    if (this.cache?.lasting !== true) return;
    // The longest first: what others have in common with them is stored then.
    const longestFirst = this.slots.toSorted((a, b) => b.tokens.length - a.tokens.length);
    for (const slot of longestFirst) await this.store(slot, 0, []);
  }

  /** Stores what would be lost with a slot: what is neither kept in it nor held by others nor stored already. */
  private async store(slot: Slot, kept: number, others: readonly Slot[], spare?: CachedPrefix): Promise<void> {
    const { cache } = this;
    const { tokens } = slot;
    if (!cache) return;
    const elsewhere = others.map((other) => commonPrefix(other.tokens, tokens));
    const lost = tokens.length - Math.max(kept, ...elsewhere, cache.find(tokens)?.shared ?? 0);
    if (lost < WORTH_STORING) return;
    await cache.store([...tokens], (file) => this.stepper.save(slot.id, tokens, file), spare);
  }
}
