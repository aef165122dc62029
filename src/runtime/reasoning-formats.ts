/** How a model marks what it thinks before it answers. */
export interface ReasoningFormat {
  open: string;
  close: string;
}

/** The marks that are known: DeepSeek R1, Qwen 3, QwQ, GLM 4.5 and most others; Magistral; Seed-OSS. */
const reasoningFormats: readonly ReasoningFormat[] = [
  { open: '<think>', close: '</think>' },
  { open: '[THINK]', close: '[/THINK]' },
  { open: '<seed:think>', close: '</seed:think>' },
];

/** The marks that a template knows. Some templates only cut thoughts off old answers, and so have the closing one alone. */
export function reasoningFormatOf(template: string): ReasoningFormat | undefined {
  return reasoningFormats.find(({ close }) => template.includes(close));
}
