import { InferenceError } from '../contract/errors.ts';
import type { Capable, Model, ModelInfo, Task } from '../contract/model.ts';

/** What a model that has a task does, and what it is asked for, in the words of errors. */
const does: Record<Task, string> = {
  generate: 'generates text',
  embed: 'makes embeddings',
  rank: 'ranks documents',
  classify: 'classifies texts',
};
const doesNot: Record<Task, string> = {
  generate: 'does not generate text',
  embed: 'does not make embeddings',
  rank: 'does not rank documents',
  classify: 'does not classify texts',
};

type Named = Pick<ModelInfo, 'id' | 'tasks'>;

/** The error of a model that is asked for another's task. @param others ids of models that can do it */
export function otherTask(model: Named, task: Task, others: readonly string[]): InferenceError {
  if (others.length === 0) return cannot(model, task);
  return new InferenceError('invalid_request', `${about(model, task)}; use ${others.join(', ')}.`, { param: 'model' });
}

/** The error where no model can do it. */
function cannot(model: Named, task: Task): InferenceError {
  return new InferenceError('unsupported', `${about(model, task)}; no model of this server does.`, { param: 'model' });
}

/** The error of a name that no model has. @param known the names that there are */
export function unknownModel(name: string | undefined, known: readonly string[]): InferenceError {
  const message =
    known.length === 0
      ? 'This server has no models; start it with --model.'
      : `There is no model ${shortened(name)}; this server has: ${known.join(', ')}.`;
  return new InferenceError('model_not_found', message, { param: 'model' });
}

function about({ id, tasks }: Named, task: Task): string {
  return `The model ${id} ${tasks.map((one) => does[one]).join(' and ')} and ${doesNot[task]}`;
}

function shortened(name = ''): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

/** Checks a loaded model, which alone knows what it can do. @throws InferenceError unsupported */
export function requireTask<T extends Task>(model: Model, task: T): Capable<T> {
  if (can(model, task)) return model;
  throw cannot(model.info, task);
}

function can<T extends Task>(model: Model, task: T): model is Capable<T> {
  return model[task] !== undefined;
}
