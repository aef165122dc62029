import { usableCores } from './cores.ts';

/** Cores that a batch may use until it gives them back. */
export interface Turn {
  threads: number;
  release(): void;
}

/** Where batches get their threads. */
export interface Turns {
  /** @param wanted threads at most; a turn has at least one */
  take(wanted: number): Promise<Turn>;
}

/**
 * Shares cores between the batches of all models. More threads than cores are what llama.cpp bears worst, because the
 * threads of a batch wait for each other by spinning. So a batch takes what is free of what it wants, and where nothing is,
 * it waits for the next core, first come, first served. No core is idle while a batch waits.
 */
export class CoreTurns implements Turns {
  private free: number;
  private readonly waiting: { wanted: number; start(turn: Turn): void }[] = [];

  constructor(cores: number) {
    this.free = cores;
  }

  take(wanted: number): Promise<Turn> {
    return new Promise((start) => {
      this.waiting.push({ wanted, start });
      this.serve();
    });
  }

  private serve(): void {
    while (this.free > 0) {
      const next = this.waiting.shift();
      if (!next) return;
      const threads = Math.min(next.wanted, this.free);
      this.free -= threads;
      let held = true;
      const release = (): void => {
        if (!held) return;
        held = false;
        this.free += threads;
        this.serve();
      };
      next.start({ threads, release });
    }
  }
}

/** For models whose batches a GPU computes. */
const unshared: Turns = { take: async (threads) => ({ threads, release: () => {} }) };

const ofProcess = new CoreTurns(usableCores());

/** @param gpu whether the batches are computed elsewhere than on the process's cores */
export function turnsOf(gpu: boolean): Turns {
  return gpu ? unshared : ofProcess;
}
