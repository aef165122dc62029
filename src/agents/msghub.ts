import type { AgentBase } from './agent-base.ts';
import type { Msg } from './msg.ts';

/** Agents that hear each other. */
export interface MsgHub extends Disposable {
  /** Lets all hear something. */
  broadcast(...messages: readonly Msg[]): void;
  add(...agents: readonly AgentBase[]): void;
  remove(...agents: readonly AgentBase[]): void;
  /** Nobody hears the others any more; what was heard stays in their memories. */
  close(): void;
}

/**
 * Lets agents hear whatever the others answer, until the hub is closed.
 * @param options `announcement` is heard by all at the beginning
 */
export function msghub(
  participants: readonly AgentBase[],
  { announcement = [] }: { announcement?: Msg | readonly Msg[] } = {},
): MsgHub {
  const endings = new Map<AgentBase, () => void>();
  const add = (...agents: readonly AgentBase[]): void => {
    for (const agent of agents) {
      if (endings.has(agent)) continue;
      const hear = (message: Msg): void => {
        for (const other of endings.keys()) if (other !== agent) other.observe(message);
      };
      endings.set(agent, agent.heardBy(hear));
    }
  };
  const remove = (...agents: readonly AgentBase[]): void => {
    for (const agent of agents) {
      endings.get(agent)?.();
      endings.delete(agent);
    }
  };
  const broadcast = (...messages: readonly Msg[]): void => {
    for (const agent of endings.keys()) agent.observe(...messages);
  };
  const close = (): void => remove(...endings.keys());
  add(...participants);
  broadcast(...[announcement].flat());
  return { broadcast, add, remove, close, [Symbol.dispose]: close };
}
