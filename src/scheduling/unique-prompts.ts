/** Tokens kept unless told otherwise: 4 MB of them. */
const LIMIT = 1_000_000;
/** What a branch weighs beside its tokens, in tokens of 4 bytes; without it many short prompts would take far more memory. */
const BRANCH_WEIGHT = 64;

/** A stretch of tokens that follows another; it ends where prompts part or end. */
class Branch {
  tokens: Uint32Array;
  parent: Branch | undefined;
  /** By their first token. */
  readonly children = new Map<number, Branch>();
  /** Neighbours in the order of use: a ring that begins and ends at the root. */
  newer: Branch = this;
  older: Branch = this;

  constructor(tokens: Uint32Array, parent: Branch | undefined) {
    this.tokens = tokens;
    this.parent = parent;
  }

  unlink(): void {
    this.older.newer = this.newer;
    this.newer.older = this.older;
  }

  linkBefore(newer: Branch): void {
    this.newer = newer;
    this.older = newer.older;
    this.older.newer = this;
    newer.older = this;
  }
}

/**
 * Counts the prompt tokens that no earlier prompt had at the same place after the same beginning: what a server that
 * forgets nothing would read. A radix tree over prompts, bounded: when it is full, the ends that were unused for longest
 * go, and one that comes back counts as new again. Up to the limit the figure is exact; beyond it it may be too high,
 * never too low, so read ÷ unique may hide that a prompt from long ago was read again, but never shows too much.
 */
export class UniquePrompts {
  private readonly limit: number;
  private readonly root = new Branch(new Uint32Array(), undefined);
  private kept = 0;

  /** @param limit what to keep, in tokens; each stretch between two places where prompts part or end weighs 64 more */
  constructor(limit: number = LIMIT) {
    this.limit = limit;
  }

  /** What is kept, in tokens and weights of stretches; never above the limit. */
  get size(): number {
    return this.kept;
  }

  /**
   * Remembers a prompt. Takes time in proportion to its length.
   * @param prompt token ids, unsigned 32-bit numbers
   * @returns how many tokens at its end are new
   */
  add(prompt: readonly number[]): number {
    let branch = this.root;
    let seen = 0;
    for (;;) {
      const child = branch.children.get(prompt[seen] ?? -1);
      if (child === undefined) break;
      const shared = commonLength(child.tokens, prompt, seen);
      seen += shared;
      branch = shared < child.tokens.length ? this.split(child, shared) : child;
    }
    if (seen < prompt.length) branch = this.grow(branch, Uint32Array.from(prompt.slice(seen)));
    this.use(branch);
    while (this.kept > this.limit) this.forget(this.root.newer);
    return prompt.length - seen;
  }

  private grow(parent: Branch, tokens: Uint32Array): Branch {
    const branch = new Branch(tokens, parent);
    adopt(parent, branch);
    this.kept += tokens.length + BRANCH_WEIGHT;
    return branch;
  }

  /** Parts a branch after so many tokens. @returns the upper part, which is not yet in the order of use */
  private split(lower: Branch, length: number): Branch {
    const { tokens, parent = this.root } = lower;
    const upper = new Branch(tokens.slice(0, length), parent);
    adopt(parent, upper);
    // A copy: a view would keep the memory of the whole.
    lower.tokens = tokens.slice(length);
    lower.parent = upper;
    adopt(upper, lower);
    this.kept += BRANCH_WEIGHT;
    return upper;
  }

  /** Moves a branch and then all above it to the new end: so the oldest of all never has children. */
  private use(branch: Branch): void {
    for (let at = branch; at.parent !== undefined; at = at.parent) {
      at.unlink();
      at.linkBefore(this.root);
    }
  }

  private forget(leaf: Branch): void {
    leaf.unlink();
    leaf.parent?.children.delete(leaf.tokens[0] ?? -1);
    this.kept -= leaf.tokens.length + BRANCH_WEIGHT;
  }
}

function adopt(parent: Branch, child: Branch): void {
  parent.children.set(child.tokens[0] ?? -1, child);
}

/** How many tokens of a branch the prompt has from `from` on. */
function commonLength(tokens: Uint32Array, prompt: readonly number[], from: number): number {
  const limit = Math.min(tokens.length, prompt.length - from);
  let length = 0;
  while (length < limit && tokens[length] === prompt[from + length]) length += 1;
  return length;
}
