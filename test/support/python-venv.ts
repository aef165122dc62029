import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/config/model-path.ts';

const run = promisify(execFile);
const windows = process.platform === 'win32';
const oldestPython = 11;
// The list is complete, so no dependencies are resolved; wheels alone, so no compiler is needed; and compiling all of
// scipy takes longer than using it.
const pipOptions = '--quiet --no-input --disable-pip-version-check --timeout 15 --retries 1'
  .split(' ')
  .concat('--no-deps', '--only-binary', ':all:', '--no-compile');

/** The python of a venv that holds the packages, or why there can be none on this machine. */
export type Venv = { python: string } | { missing: string };

const venvs = new Map<string, Promise<Venv>>();
let missingHere: string | undefined;

/**
 * Makes a venv with the packages of `test/clients/<name>.txt` in `.cache/<name>`, or takes the one that is there.
 * @throws Error with pip's words where the install fails for another reason than what the machine lacks
 */
export function pythonVenv(name: string): Promise<Venv> {
  const known = venvs.get(name);
  if (known !== undefined) return known;
  const made = findOrMake(name);
  venvs.set(name, made);
  return made;
}

async function findOrMake(name: string): Promise<Venv> {
  if (missingHere !== undefined) return { missing: missingHere };
  const venv = await install(name);
  if ('missing' in venv) missingHere = venv.missing;
  return venv;
}

async function install(name: string): Promise<Venv> {
  const base = await findPython();
  if ('missing' in base) return base;

  const requirements = path.join(packageRoot, 'test', 'clients', `${name}.txt`);
  const content = `# Python ${base.version}\n${await readFile(requirements, 'utf8')}`;
  const cache = path.join(packageRoot, '.cache');
  const home = path.join(cache, name);
  if (await holds(home, content)) return { python: pythonIn(home) };

  // Made aside and renamed when complete: an interrupted install or a second run never leaves half a venv.
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${home}-`);
  try {
    const missing = (await makeVenv(base.python, draft)) ?? (await pipInstall(pythonIn(draft), requirements));
    if (missing !== undefined) return { missing };
    await writeFile(markerIn(draft), content);
    // Another test file may have made it meanwhile, and be using it.
    if (await holds(home, content)) return { python: pythonIn(home) };
    await rm(home, { recursive: true, force: true });
    await rename(draft, home).catch(async (error: unknown) => {
      if (!(await holds(home, content))) throw error;
    });
    return { python: pythonIn(home) };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function findPython(): Promise<{ python: string; version: string } | { missing: string }> {
  const python = windows ? 'python' : 'python3';
  const asked = await attempt(python, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])']);
  if (!asked.ok) return { missing: `${python} is not there` };
  const version = asked.output.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < oldestPython)) {
    return { missing: `${python} is ${version}, and the pinned packages need 3.${oldestPython} or newer` };
  }
  return { python, version };
}

async function makeVenv(python: string, directory: string): Promise<string | undefined> {
  const made = await attempt(python, ['-m', 'venv', directory]);
  if (made.ok) return undefined;
  // Debian ships python3 without these two.
  if (/No module named '?(venv|ensurepip)|ensurepip is not available/.test(made.output))
    return `${python} has no venv module`;
  throw new Error(`${python} -m venv failed:\n${made.output}`);
}

async function pipInstall(python: string, requirements: string): Promise<string | undefined> {
  const installed = await attempt(python, ['-m', 'pip', 'install', ...pipOptions, '-r', requirements]);
  if (installed.ok) return undefined;
  if (isUnreachable(installed.output)) return 'PyPI cannot be reached';
  throw new Error(`pip install -r ${path.basename(requirements)} failed:\n${installed.output}`);
}

/** Whether pip found no index that knows a package at all, or lost it, as opposed to one that lacks a pinned version. */
function isUnreachable(pipOutput: string): boolean {
  if (/Ignored the following versions/.test(pipOutput)) return false;
  const unknown = /requirement \S+==\S+ \(from versions: none\)/.test(pipOutput);
  const lost = /connection broken by/.test(pipOutput) && /\(from versions: none\)/.test(pipOutput);
  return unknown || lost || /ConnectionPool\(|Read timed out|IncompleteRead/.test(pipOutput);
}

async function holds(home: string, content: string): Promise<boolean> {
  const marker = await readFile(markerIn(home), 'utf8').catch(() => undefined);
  return marker === content && existsSync(pythonIn(home));
}

function markerIn(venv: string): string {
  return path.join(venv, 'installed-from.txt');
}

function pythonIn(venv: string): string {
  return windows ? path.join(venv, 'Scripts', 'python.exe') : path.join(venv, 'bin', 'python');
}

async function attempt(command: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  try {
    const { stdout } = await run(command, args, { timeout: 600_000, maxBuffer: 1 << 24 });
    return { ok: true, output: stdout };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return { ok: false, output: `${stdout}${stderr}` || message };
  }
}
