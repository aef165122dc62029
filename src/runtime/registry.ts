import { InferenceError } from '../contract/errors.ts';
import type { Model, ModelInfo, Models } from '../contract/model.ts';

/** The models of a server. With one model, every name is answered: AgentScope sends its config's name. */
export class Registry implements Models {
  private readonly models = new Map<string, Model>();

  /** Adds a loaded model under its id. */
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
    const names = [...this.models.keys()].join(', ');
    throw new InferenceError('model_not_found', `There is no model ${name}; this server has: ${names}.`, {
      param: 'model',
    });
  }

  /** Unloads all models. */
  async dispose(): Promise<void> {
    const models = [...this.models.values()];
    this.models.clear();
    await Promise.all(models.map((model) => model.dispose()));
  }
}
