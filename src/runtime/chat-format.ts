import { hermes, toolFormatOf, type ToolFormat } from './tool-formats.ts';
import { reasoningFormatOf, type ReasoningFormat } from './reasoning-formats.ts';

/** What a model's chat template tells of the texts that the model reads and writes. */
export interface ChatFormat {
  toolFormat: ToolFormat;
  /** Whether the template describes tools to the model; else a system message does. */
  native: boolean;
  /** Undefined where the model answers without thinking aloud. */
  reasoning: ReasoningFormat | undefined;
  /** Whether developer is a role of its own. */
  developer: boolean;
}

/** Reads a chat template. @param template Jinja; undefined where the model has none */
export function chatFormatOf(template = ''): ChatFormat {
  const known = toolFormatOf(template);
  return {
    toolFormat: known ?? hermes,
    native: known !== undefined,
    reasoning: reasoningFormatOf(template),
    developer: /["']developer["']/.test(template),
  };
}
