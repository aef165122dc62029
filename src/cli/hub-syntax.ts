import { hubFlags, type HubCommandName } from '../config/hub-settings.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Syntax, Written } from './syntax.ts';

export interface HubRead {
  name: HubCommandName;
  flags: Written;
  /** Empty where none was given. */
  model: string;
}

const names = `Names: hf:owner/repo, hf:owner/repo:Q4_K_M, hf:owner/repo/file.gguf, each also
with @revision; modelscope:owner/name in the same way; a plain owner/name; the
URL of a model's page or of a .gguf file.`;

const variables = `Variables: HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE, HF_HOME, HF_HUB_OFFLINE,
MODELSCOPE_ENDPOINT, MODELSCOPE_API_TOKEN, MODELSCOPE_CACHE, XDG_CACHE_HOME,
HTTP_PROXY, HTTPS_PROXY, NO_PROXY.`;

interface Page {
  synopsis: string;
  summary: string;
  about: string;
  examples: string;
  /** Whether a model's name follows. */
  model: 'needed' | 'optional' | 'none';
}

const pages: Record<HubCommandName, Page> = {
  pull: {
    synopsis: 'pull NAME',
    summary: 'fetches a model',
    about: `Fetches a model and prints its path. What was interrupted goes on where it
stopped; a file gets its name when its checksum is right.`,
    examples: `  hearth pull hf:owner/repo
      the best quantization for this machine's memory
  hearth pull hf:owner/repo:Q8_0
      a certain one`,
    model: 'needed',
  },
  list: {
    synopsis: 'list',
    summary: 'lists the models on this machine',
    about: 'Lists the models that were fetched, also those that Python fetched.',
    examples: `  hearth list --json
      for programs, sizes in bytes`,
    model: 'none',
  },
  show: {
    synopsis: 'show NAME',
    summary: 'tells what a model is and what memory it takes',
    about: `Tells what a model's file says about it, also of one that is not fetched: only
the beginning of its file is read then. NAME may also be the path of a file.`,
    examples: `  hearth show hf:owner/repo --context-size 16384 --parallel 4
      how much memory four requests of 16384 tokens take`,
    model: 'needed',
  },
  rm: {
    synopsis: 'rm NAME',
    summary: 'removes a model from this machine',
    about:
      'Removes a model that was fetched: all files of the repository that list shows,\nor what NAME chooses among them.',
    examples: `  hearth rm hf:owner/repo:Q8_0
      one quantization`,
    model: 'needed',
  },
  verify: {
    synopsis: 'verify [NAME]',
    summary: 'checks the sums of the models on this machine',
    about: 'Reads the files of a model, or of all, and compares their checksums.',
    examples: `  hearth verify
      all of them; exit code 1 where one is damaged`,
    model: 'optional',
  },
};

/** The commands about models on hubs and on this machine. */
export const hubSyntaxes: readonly Syntax<HubRead>[] = (Object.keys(pages) as HubCommandName[]).map((name) => {
  const { synopsis, summary, about, examples, model } = pages[name];
  return {
    name,
    synopsis,
    summary,
    usage: `Usage: hearth ${synopsis} [options]\n\n${about}`,
    epilogue: `Examples:\n${examples}\n\n${model === 'none' ? '' : `${names}\n\n`}${variables}\n\nExit codes: 0 done, 1 failed, 2 bad usage.`,
    declarations: hubFlags[name],
    read(flags, [word, extra]) {
      if (word === undefined && model === 'needed')
        throw new UsageError(`hearth ${name} needs a model's name, such as hf:owner/repo.`);
      const tooMany = model === 'none' ? word : extra;
      if (tooMany !== undefined)
        throw new UsageError(`Unexpected argument ${tooMany}; hearth ${name} --help shows what there is.`);
      return { name, flags, model: word ?? '' };
    },
  };
});
