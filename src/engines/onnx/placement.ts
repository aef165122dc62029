import { turnsOf, type Turns } from '../core-turns.ts';
import { chooseThreads } from '../cores.ts';
import type { OnnxDevice } from './devices.ts';
import type { SessionOptions } from './thread/session.ts';

/** Where and with what a model computes. */
export interface Placement {
  session: SessionOptions;
  /** Where runs get their cores. */
  turns: Turns;
  /** The device in words: `cpu (up to 2 threads)`. */
  device: string;
}

/**
 * @param wanted threads, if somebody asked for a number
 * @throws InferenceError invalid_request for more threads than cores
 */
export function placeModel({ providers, gpu, name }: OnnxDevice, wanted: number | undefined): Placement {
  const threads = chooseThreads(wanted);
  return {
    session: { threads, providers },
    turns: turnsOf(gpu),
    device: gpu ? name : `${name} (up to ${threads} ${threads === 1 ? 'thread' : 'threads'})`,
  };
}
