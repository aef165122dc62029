// Agents pick their models from the configs of the process; with them comes the package's own loader of local models.
export { clearModelConfigs, init, loadModelByConfigName, readModelConfigs } from './model-configs.ts';

export { AgentBase, type AgentOptions, type ReplyOptions } from '../agents/agent-base.ts';
export { DialogAgent } from '../agents/dialog-agent.ts';
export { DictDialogAgent, parseJsonReply, type DictDialogAgentOptions } from '../agents/dict-dialog-agent.ts';
export { msghub, type MsgHub } from '../agents/msghub.ts';
export { Msg, type MsgFields } from '../agents/msg.ts';
export { sequentialPipeline } from '../agents/pipeline.ts';
