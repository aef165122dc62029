import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that says `ready` and then answers each line with a number. */
export interface Answers {
  ask(line: string): Promise<number>;
  end(): void;
}

/** @throws Error where it ends before it has answered */
export async function startAnswers(program: string, args: readonly string[]): Promise<Answers> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line: IteratorResult<string, undefined> = await lines.next();
    if (line.done === true) throw new Error(`${program} ${args.join(' ')} has ended without an answer.`);
    return line.value;
  };
  for (;;) if ((await next()) === 'ready') break;
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return Number(await next());
    },
    end: () => void child.stdin.end(),
  };
}
