import { InferenceError } from '../contract/errors.ts';
import type { Capable, Model, ModelInfo, Models, Task } from '../contract/model.ts';

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

/** The models of a server. With one model, every name is answered: AgentScope sends its config's name. */
export class Registry implements Models {
  private readonly models = new Map<string, Model>();

  /** Adds a loaded model under its id, which no other has. */
  add(model: Model): void {
    this.models.set(model.info.id, model);
  }

  list(): readonly ModelInfo[] {
    return [...this.models.values()].map((model) => model.info);
  }

  resolve(name: string | undefined): Model {
    const [first] = this.models.values();
    if (!first) {
      throw new InferenceError('loading', 'The model is still being loaded; try again in a moment.', { retryAfter: 2 });
    }
    if (this.models.size === 1) return first;
    const model = name === undefined ? first : this.models.get(name);
    if (model) return model;
    throw new InferenceError(
      'model_not_found',
      `There is no model ${shortened(name)}; this server has: ${this.names()}.`,
      {
        param: 'model',
      },
    );
  }

  capable<T extends Task>(name: string | undefined, task: T): Capable<T> {
    const able = [...this.models.values()].filter((model) => can(model, task));
    const [first] = able;
    if (name === undefined && first) return first;
    const model = this.resolve(name);
    if (can(model, task)) return model;
    const { id, tasks } = model.info;
    const about = `The model ${id} ${tasks.map((one) => does[one]).join(' and ')} and ${doesNot[task]}`;
    if (!first) throw new InferenceError('unsupported', `${about}; no model of this server does.`, { param: 'model' });
    const others = able.map(({ info }) => info.id).join(', ');
    throw new InferenceError('invalid_request', `${about}; use ${others}.`, { param: 'model' });
  }

  /** Unloads all models. */
  async dispose(): Promise<void> {
    const models = [...this.models.values()];
    this.models.clear();
    await Promise.all(models.map((model) => model.dispose()));
  }

  private names(): string {
    return [...this.models.keys()].join(', ');
  }
}

function can<T extends Task>(model: Model, task: T): model is Capable<T> {
  return model[task] !== undefined;
}

function shortened(name = ''): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}
