/**
 * Entries by their slots, cut into runs of such as follow each other.
 * @param joins whether an entry may go on with the run of the one before it
 */
export function neighbours<Entry extends { slot: number }>(
  entries: readonly Entry[],
  joins: (entry: Entry, before: Entry, run: readonly Entry[]) => boolean = () => true,
): Entry[][] {
  const runs: Entry[][] = [];
  for (const entry of entries.toSorted((a, b) => a.slot - b.slot)) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run && before && before.slot === entry.slot - 1 && joins(entry, before, run)) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
