import type { AgentBase, ReplyOptions } from './agent-base.ts';
import type { Msg } from './msg.ts';

/**
 * Lets agents answer one after the other, each to what the one before it said.
 * @returns what the last one said; the message itself where there is no agent
 */
export async function sequentialPipeline(
  agents: readonly AgentBase[],
  message?: Msg,
  options?: ReplyOptions,
): Promise<Msg | undefined> {
  let said = message;
  for (const agent of agents) said = await agent.call(said, options);
  return said;
}
