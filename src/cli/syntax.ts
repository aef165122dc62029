import type { Setting } from '../config/setting.ts';

/** What was written for each flag: a text, or true for a flag without a value; several where it was repeated. */
export type Written = Readonly<Record<string, unknown>>;

/** A command's page of help, and how its part of the command line is read. */
export interface Syntax<Read> {
  name: string;
  /** The command in the list of commands, and what it does there. */
  synopsis: string;
  summary: string;
  /** Printed before and after the flags. */
  usage: string;
  epilogue: string;
  declarations: Readonly<Record<string, Setting<unknown>>>;
  /** @param words what follows the command and is no flag @throws UsageError */
  read(written: Written, words: readonly string[]): Read;
}
