/** What a command may write to, and the variables it sees; the process's own, but for tests. */
export interface Terminal {
  env: NodeJS.ProcessEnv;
  /** Where messages are typed; the process's own unless given. */
  stdin?: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export type Paint = (style: 'bold' | 'dim' | 'red', text: string) => string;

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39] } as const;

/** Colours on a terminal, unless NO_COLOR (https://no-color.org) has a value; plain text elsewhere. */
export function painter(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Paint {
  const plain = !stream.isTTY || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return (style, text) => (plain ? text : `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`);
}
