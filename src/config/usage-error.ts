/** The command line, the environment or the config file is wrong. The message is one sentence; the CLI exits with 2. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}
