import { z } from 'zod';
import type { ClassifyResult } from '../contract/classify.ts';

/** Labels with their scores, as Hugging Face writes them. */
export const scoredLabelsSchema = z.array(z.object({ label: z.string(), score: z.number() }));

/** The labels of each input with their scores, the highest first. @param most how many of them */
export function scoredLabels({ labels, scores }: ClassifyResult, most?: number): z.infer<typeof scoredLabelsSchema>[] {
  return scores.map((of) =>
    labels
      .map((label, at) => ({ label, score: of[at] ?? 0 }))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, most),
  );
}

/** What vLLM tells of an input. */
export const judgedSchema = z.object({
  index: z.int().min(0),
  label: z.string().describe('The one with the highest score.'),
  probs: z.array(z.number()).describe("The scores of all labels, in the model's order."),
  num_classes: z.int().min(1),
});

/** Each input's likeliest label, with the scores of all. */
export function judged({ labels, scores }: ClassifyResult): z.infer<typeof judgedSchema>[] {
  return scores.map((probs, index) => {
    const best = probs.reduce((most, score, at) => (score > (probs[most] ?? -Infinity) ? at : most), 0);
    return { index, label: labels[best] ?? String(best), probs: [...probs], num_classes: labels.length };
  });
}
