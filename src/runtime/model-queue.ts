import { abortError, type InferenceError } from '../contract/errors.ts';
import type { Model } from '../contract/model.ts';
import type { Place } from './place.ts';

/** A model that stays loaded until it is let go. */
export interface Hold {
  model: Model;
  /** @param keepAliveMs how long it stays loaded from now; undefined by its own setting */
  release(keepAliveMs: number | undefined): void;
}

interface Waiter {
  place: Place;
  grant(hold: Hold): void;
  refuse(error: InferenceError): void;
}

/** Requests that wait for models, in the order in which they came. One that leaves is gone at once. */
export class ModelQueue {
  #waiters: Waiter[] = [];

  get length(): number {
    return this.#waiters.length;
  }

  /**
   * Waits for a model.
   * @param signal ends the waiting; `onLeft` is told then
   * @throws InferenceError what it is refused with; aborted or the signal's own reason
   */
  join(place: Place, signal: AbortSignal, onLeft: () => void): Promise<Hold> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        signal.removeEventListener('abort', aborted);
      };
      const aborted = (): void => {
        leave();
        reject(abortError(signal));
        onLeft();
      };
      const waiter: Waiter = {
        place,
        grant(hold) {
          leave();
          resolve(hold);
        },
        refuse(error) {
          leave();
          reject(error);
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** The places that are waited for, in the order of the requests; one comes as often as it is waited for. */
  places(): Place[] {
    return this.#waiters.map(({ place }) => place);
  }

  /** Hands out what there is. @param take takes a place's model, where that can be had now */
  grant(take: (place: Place) => Hold | undefined): void {
    for (const waiter of this.#waiters.slice()) {
      const hold = take(waiter.place);
      if (hold !== undefined) waiter.grant(hold);
    }
  }

  /** Refuses all who wait, or all who wait for one place. */
  refuse(error: InferenceError, place?: Place): void {
    for (const waiter of this.#waiters.slice()) if (place === undefined || waiter.place === place) waiter.refuse(error);
  }
}
