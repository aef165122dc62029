export interface StopSignals {
  /** Resolves at the first SIGTERM or SIGINT: finish what runs. */
  readonly first: Promise<'stop'>;
  /** Resolves at the second one: end at once. */
  readonly second: Promise<'kill'>;
  /** Stops listening. */
  close(): void;
}

/** npm sends its child the Ctrl-C that the terminal has sent already, a moment later. */
const echoMs = 300;

/**
 * Listens for SIGTERM and SIGINT until it is closed.
 * @param source the process, but for tests
 * @param now milliseconds of a clock that never goes back
 */
export function stopSignals(
  source: Pick<NodeJS.Process, 'on' | 'off'> = process,
  now: () => number = () => performance.now(),
): StopSignals {
  let stopped: { signal: NodeJS.Signals; at: number } | undefined;
  let stop: (value: 'stop') => void;
  let kill: (value: 'kill') => void;
  const receive = (signal: NodeJS.Signals): void => {
    if (stopped === undefined) {
      stopped = { signal, at: now() };
      stop('stop');
    } else if (signal !== 'SIGINT' || stopped.signal !== 'SIGINT' || now() - stopped.at > echoMs) {
      kill('kill');
    }
  };
  const first = new Promise<'stop'>((resolve) => (stop = resolve));
  const second = new Promise<'kill'>((resolve) => (kill = resolve));
  source.on('SIGTERM', receive).on('SIGINT', receive);
  return {
    first,
    second,
    close() {
      source.off('SIGTERM', receive).off('SIGINT', receive);
    },
  };
}
