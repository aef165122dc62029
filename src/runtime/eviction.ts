import type { Place, Resident } from './place.ts';

/** A place whose model is in memory. */
export interface Held {
  place: Place;
  resident: Resident;
}

/** Places whose model is ready, and not already on its way out. */
export function held(places: Iterable<Place>): Held[] {
  return [...places].flatMap((place) =>
    place.resident !== undefined && place.state === 'ready' ? [{ place, resident: place.resident }] : [],
  );
}

/** Bytes that models hold: those that are ready, being loaded, or not gone yet. */
export function bytesHeld(places: Iterable<Place>): number {
  let sum = 0;
  for (const { state, resident, bytes } of places) {
    if (resident !== undefined) sum += resident.bytes;
    else if (state === 'loading') sum += bytes;
  }
  return sum;
}

/**
 * Which models make room: the least recently used of those that nobody works with; where these are not enough, also those at
 * work, which then go when their requests are over. One that was chosen before stays chosen before others at work, or
 * nobody would ever get its memory.
 * @param needed bytes that are missing
 */
export function chooseLeaving(candidates: readonly Held[], needed: number): Held[] {
  const rank = ({ resident }: Held): number =>
    resident.active === 0 ? 0 : resident.leaving || resident.unwanted ? 1 : 2;
  const inOrder = candidates.toSorted((a, b) => rank(a) - rank(b) || a.resident.used - b.resident.used);
  const chosen: Held[] = [];
  let missing = needed;
  for (const one of inOrder) {
    if (missing <= 0) break;
    chosen.push(one);
    missing -= one.resident.bytes;
  }
  return chosen;
}
