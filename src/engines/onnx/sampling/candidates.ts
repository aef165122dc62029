import { expOfMinus } from './exponential.ts';
import type { Random } from './random.ts';

/** The greatest 32-bit float. A logit of Infinity would make the others' weights no numbers. */
const GREATEST = 3.402_823_466_385_288_6e38;

/** How finely the nucleus is looked for before anything is sorted: steps of 1/32 down to 32 below the likeliest. */
const BUCKETS = 1024;
const PER_LOGIT = 32;

/**
 * The tokens that may be drawn, with their logits, cut in the order in which its methods are called. Every cut keeps a
 * beginning of the order by logit, equal ones by id, but only what lies around a cut is ever sorted. The memory for one
 * vocabulary is taken once.
 */
export class Candidates {
  readonly #ids: Int32Array;
  readonly #logits: Float32Array;
  readonly #weights: Float64Array;
  readonly #sums = new Float64Array(BUCKETS);
  #count = 0;
  /** The greatest logit; no cut takes it away. */
  #max = -Infinity;

  /** @param capacity tokens of the vocabulary */
  constructor(capacity: number) {
    this.#ids = new Int32Array(capacity);
    this.#logits = new Float32Array(capacity);
    this.#weights = new Float64Array(capacity);
  }

  /** How many there are: 0 where every token is banned. */
  get count(): number {
    return this.#count;
  }

  /** Takes every token that is not banned (−Infinity) and whose logit is a number. */
  takeAll(row: Float32Array): void {
    let count = 0;
    for (let id = 0; id < row.length; id += 1) {
      const logit = row[id] ?? -Infinity;
      if (logit > -Infinity) {
        this.#ids[count] = id;
        this.#logits[count] = Math.min(logit, GREATEST);
        count += 1;
      }
    }
    this.#taken(count);
  }

  /** Takes the k likeliest tokens (top_k) of those. @param k at least 1 */
  takeTop(row: Float32Array, k: number): void {
    // A heap with the least likely on top: most tokens of a row are compared with that one alone.
    this.#count = 0;
    let least = -Infinity;
    for (let id = 0; id < row.length; id += 1) {
      const logit = row[id] ?? -Infinity;
      if (!(logit > least)) continue;
      if (this.#count < k) this.#raise(this.#count++, id, Math.min(logit, GREATEST));
      else this.#sink(id, Math.min(logit, GREATEST));
      if (this.#count === k) least = this.#logits[0] ?? least;
    }
    this.#taken(this.#count);
  }

  /** Keeps the likeliest tokens whose probabilities add up to at least `p` (top_p), one at least. */
  keepNucleus(p: number): void {
    const sums = this.#sums.fill(0);
    const max = this.#max;
    let total = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const below = max - (this.#logits[i] ?? 0);
      const weight = expOfMinus(below);
      total += weight;
      const bucket = bucketOf(below);
      sums[bucket] = (sums[bucket] ?? 0) + weight;
    }
    const wanted = p * total;
    let sum = 0;
    let last = 0;
    while (last < BUCKETS - 1 && sum + (sums[last] ?? 0) < wanted) sum += sums[last++] ?? 0;
    this.#keepBuckets(last, max, wanted - sum);
  }

  /** Keeps the tokens that are at least `share` times as likely as the likeliest (min_p). @param share above 0, at most 1 */
  keepNear(share: number): void {
    const least = this.#max + Math.log(share);
    let kept = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const logit = this.#logits[i] ?? -Infinity;
      if (logit >= least) this.#put(kept++, this.#ids[i] ?? 0, logit);
    }
    this.#count = kept;
  }

  /** Draws a token by its probability at a temperature. @returns its id; there must be one */
  draw(temperature: number, random: Random): number {
    const max = this.#max;
    let total = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const weight = expOfMinus((max - (this.#logits[i] ?? 0)) / temperature);
      this.#weights[i] = weight;
      total += weight;
    }
    let rest = random.next() * total;
    for (let i = 0; i < this.#count; i += 1) {
      rest -= this.#weights[i] ?? 0;
      if (rest < 0) return this.#ids[i] ?? -1;
    }
    // What rounding left over belongs to the likeliest.
    return this.#ids[this.#logits.subarray(0, this.#count).indexOf(max)] ?? -1;
  }

  /** The tokens with their logits, the likeliest first. */
  sorted(): { id: number; logit: number }[] {
    return Array.from({ length: this.#count }, (_, i) => this.#at(i)).toSorted(likelier);
  }

  /** Keeps the buckets before one, and of that one the likeliest whose weights add up to `rest`. */
  #keepBuckets(last: number, max: number, rest: number): void {
    const edge: { id: number; logit: number }[] = [];
    let kept = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const logit = this.#logits[i] ?? 0;
      const bucket = bucketOf(max - logit);
      if (bucket < last) this.#put(kept++, this.#ids[i] ?? 0, logit);
      else if (bucket === last) edge.push(this.#at(i));
    }
    let sum = 0;
    for (const { id, logit } of edge.toSorted(likelier)) {
      if (sum >= rest && kept > 0) break;
      this.#put(kept++, id, logit);
      sum += expOfMinus(max - logit);
    }
    this.#count = kept;
  }

  #taken(count: number): void {
    let max = -Infinity;
    for (let i = 0; i < count; i += 1) max = Math.max(max, this.#logits[i] ?? max);
    this.#max = max;
    this.#count = count;
  }

  #at(i: number): { id: number; logit: number } {
    return { id: this.#ids[i] ?? -1, logit: this.#logits[i] ?? -Infinity };
  }

  #put(i: number, id: number, logit: number): void {
    this.#ids[i] = id;
    this.#logits[i] = logit;
  }

  /** Puts a token into the heap's new last place and moves it up. */
  #raise(place: number, id: number, logit: number): void {
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#less(id, logit, parent)) break;
      this.#put(at, this.#ids[parent] ?? 0, this.#logits[parent] ?? 0);
      at = parent;
    }
    this.#put(at, id, logit);
  }

  /** Puts a token in place of the heap's top and moves it down. */
  #sink(id: number, logit: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#count) break;
      const right = child + 1;
      if (right < this.#count && this.#less(this.#ids[right] ?? 0, this.#logits[right] ?? 0, child)) child = right;
      if (this.#less(id, logit, child)) break;
      this.#put(at, this.#ids[child] ?? 0, this.#logits[child] ?? 0);
      at = child;
    }
    this.#put(at, id, logit);
  }

  /** Whether a token is less likely than the one at a place; of two equal ones the later is. */
  #less(id: number, logit: number, place: number): boolean {
    const other = this.#logits[place] ?? 0;
    return logit < other || (logit === other && id > (this.#ids[place] ?? 0));
  }
}

function bucketOf(below: number): number {
  return Math.min(BUCKETS - 1, Math.floor(below * PER_LOGIT));
}

function likelier(a: { id: number; logit: number }, b: { id: number; logit: number }): number {
  return b.logit - a.logit || a.id - b.id;
}
