import { randomBytes } from 'node:crypto';
import type { Round } from './bars.ts';
import { openSession, threadsText, type Programs, type Threads } from './contest.ts';
import type { Contestant, Figures, Scenario, Session } from './scenario.ts';

export interface Run {
  programs: Programs;
  /** Of which llama-server gets what serves it best in each scenario. */
  candidates: readonly Threads[];
  rounds: number;
  seconds: number;
  say(line: string): void;
}

type OpenSession = Session & { close(): Promise<void> };

/** Runs a scenario's contestants in turn, round by round, each round beginning with another. */
export async function runScenario(
  scenario: Scenario,
  run: Run,
): Promise<{ scenario: string; threads: string; rounds: Round[] }> {
  const { programs, say } = run;
  const threads = await chooseThreads(scenario, run);
  const usesLlama = scenario.contestants.some(({ server }) => server === 'llama-server');
  const open = (contestant: Contestant): Promise<OpenSession> => openSession(contestant, scenario, programs, threads);
  const kept = new Map<string, OpenSession>();
  const rounds: Round[] = [];
  try {
    if (!scenario.fresh) {
      for (const contestant of scenario.contestants) {
        const session = await open(contestant);
        kept.set(contestant.name, session);
        await scenario.measure(session, effort(run, true));
      }
    }
    for (let number = 0; number < run.rounds; number += 1) {
      const round: Record<string, Figures> = {};
      const turn = number % scenario.contestants.length;
      const order = [...scenario.contestants.slice(turn), ...scenario.contestants.slice(0, turn)];
      const seed = newSeed();
      for (const contestant of order) {
        const session = kept.get(contestant.name) ?? (await open(contestant));
        try {
          const figures = await scenario.measure(session, { ...effort(run, false), seed });
          round[contestant.name] = figures;
          say(`${scenario.name}, round ${number + 1} of ${run.rounds}, ${contestant.name}: ${figuresText(figures)}`);
        } finally {
          if (!kept.has(contestant.name)) await session.close();
        }
      }
      rounds.push(round);
    }
  } finally {
    for (const session of kept.values()) await session.close();
  }
  return { scenario: scenario.name, threads: usesLlama ? threadsText(threads) : 'not used', rounds };
}

/** A short run with each candidate. */
async function chooseThreads(scenario: Scenario, run: Run): Promise<Threads> {
  const { chooseBy } = scenario;
  const contestant = scenario.contestants.find(({ server }) => server === 'llama-server');
  let best = { threads: run.candidates[0], value: -Infinity };
  if (chooseBy === undefined || contestant === undefined || run.candidates.length < 2) return best.threads;
  for (const threads of run.candidates) {
    const session = await openSession(contestant, scenario, run.programs, threads);
    try {
      // The first requests pay for more than themselves.
      await scenario.measure(session, { ...effort(run, true), seconds: 1 });
      const figures = await scenario.measure(session, effort(run, true));
      run.say(`${scenario.name}, trial of llama-server ${threadsText(threads)}: ${figuresText(figures)}`);
      const value = (figures[chooseBy.figure] ?? Number.NaN) * (chooseBy.wants === 'high' ? 1 : -1);
      if (value > best.value) best = { threads, value };
    } finally {
      await session.close();
    }
  }
  return best.threads;
}

function effort(run: Run, short: boolean): { seconds: number; seed: string; short: boolean } {
  return { seconds: run.seconds, seed: newSeed(), short };
}

function newSeed(): string {
  return randomBytes(8).toString('hex');
}

function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ');
}
