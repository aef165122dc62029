import type { Target } from '../../src/bench/target.ts';
import type { RunningServer } from './process.ts';

/** What one server did in one round, by the figure's name. */
export type Figures = Readonly<Record<string, number>>;

export interface Contestant {
  name: string;
  server: 'hearth' | 'llama-server' | 'flask';
  /** Of hearth: serves the ONNX folder with the same weights instead of the GGUF file. */
  onnx?: boolean;
  /** Further flags of hearth. @param scratch a folder of its own, which outlives a restart */
  flags?(scratch: string): readonly string[];
}

/** A server under test, which a scenario may restart. */
export interface Session {
  readonly server: RunningServer;
  readonly target: Target;
  /** Stops it and starts it again, with the same scratch folder. */
  restart(): Promise<void>;
}

export interface Effort {
  /** Of a cell that is measured by time. */
  seconds: number;
  /** Another for each run of a scenario, so that no prompt is cached from before. */
  seed: string;
  /** A trial or a warm-up: as little as shows which of two settings is better. */
  short: boolean;
}

export interface Scenario {
  name: string;
  /** Requests decoded together, and the tokens of each: the same for all contestants. */
  slots: number;
  contextSize: number;
  contestants: readonly Contestant[];
  /** Every round starts its own server; else one server stays up over all rounds, warmed by a short run. */
  fresh: boolean;
  /** The flag of hearth without which it is left out. */
  needs?: string;
  /** The figure by which llama-server's threads are chosen; without it they are the first of the candidates. */
  chooseBy?: { figure: string; wants: 'high' | 'low' };
  /** @throws Error where a request fails */
  measure(session: Session, effort: Effort): Promise<Figures>;
}

export const hearth: Contestant = { name: 'hearth', server: 'hearth' };
export const hearthOnnx: Contestant = { name: 'hearth, ONNX', server: 'hearth', onnx: true };
export const llamaServer: Contestant = { name: 'llama-server', server: 'llama-server' };
