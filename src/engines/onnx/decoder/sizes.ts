import type { OnnxFolder } from '../folder/folder.ts';

/** Requests decoded together, unless it is set: as with GGUF models on a CPU. */
export const SLOTS = 8;
/** Where a model does not say how long its texts may be. */
const UNKNOWN_CONTEXT = 2048;

/** Tokens that a decoder was trained on; where its folder does not tell, those that are wished for. */
export function trainedContextOf({ maxTokens }: OnnxFolder, wanted: number | undefined): number {
  return maxTokens ?? wanted ?? UNKNOWN_CONTEXT;
}
