/** Rounds after which neighbouring seeds have nothing in common (the generator's author takes 12 for a seed of 64 bits). */
const ROUNDS = 16;

/** Chris Doty-Humphrey's sfc32 (PractRand): 128 bits of state, passes its author's tests and TestU01. */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** @param seed an unsigned 32-bit number; the same one gives the same numbers */
  constructor(seed: number) {
    this.#b = seed | 0;
    for (let round = 0; round < ROUNDS; round += 1) this.#word();
  }

  /** A number of 53 random bits, from 0 up to but not including 1. */
  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 0x400_0000 + low) / 2 ** 53;
  }

  #word(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result;
  }
}
