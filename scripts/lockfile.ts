// A registry mirror may lack the packages of platforms it does not serve; npm then leaves them out of package-lock.json,
// `npm ci` fails elsewhere, and a Mac never gets its binary. `npm run lockfile` adds what is missing: name, version and
// platform are enough for npm, which fetches the rest by version.
// It also takes away the note that a package has an install script where package.json refuses it (`allowScripts`): npm 10,
// which knows no `allowScripts`, runs the scripts that the lockfile notes. onnxruntime-node's fetches CUDA files from outside
// the registry, and npm leaves an optional package out whose script fails.
// `-- --check` only reports; another file may be named.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface LockEntry {
  version?: string;
  resolved?: string;
  link?: boolean;
  cpu?: string[];
  dev?: boolean;
  devOptional?: boolean;
  hasInstallScript?: boolean;
  libc?: string[];
  optional?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockEntry>;
}

interface Missing {
  /** The lock entry that names it. */
  parent: string;
  name: string;
  version: string;
}

const exact = /^\d+\.\d+\.\d+[-+.\w]*$/;
const systems = new Map([
  ['mac', 'darwin'],
  ['win', 'win32'],
  ...['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'].map(
    (name) => [name, name] as const,
  ),
]);
const processors = new Map([
  ['armv7l', 'arm'],
  ...['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'].map(
    (name) => [name, name] as const,
  ),
]);

/**
 * The platform that a package's name tells: `@node-llama-cpp/mac-arm64-metal`, `@oxlint/binding-linux-x64-musl`.
 * @throws Error when the name tells no operating system or no processor.
 */
export function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const words = name.split('/').at(-1)?.split('-') ?? [];
  const os = words.map((word) => systems.get(word)).find((found) => found !== undefined);
  const cpu = words.map((word) => processors.get(word)).find((found) => found !== undefined);
  if (os === undefined || cpu === undefined) throw new Error(`No platform can be read from the name ${name}.`);
  const glibc = words.includes('gnu') || (os === 'linux' && name.startsWith('@node-llama-cpp/'));
  const libc = words.includes('musl') ? 'musl' : glibc ? 'glibc' : undefined;
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) };
}

/** The entry that npm finds for a package from inside `folder`: there, then in every folder above it. */
function nearest(lockfile: Lockfile, folder: string, name: string): LockEntry | undefined {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const entry = lockfile.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`];
    if (entry !== undefined || at === '') return entry;
  }
}

/** Optional dependencies that an entry names and no entry holds. */
export function missingEntries(lockfile: Lockfile): Missing[] {
  return Object.entries(lockfile.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .map(([name, version]) => ({ parent, name, version, found: nearest(lockfile, parent, name) }))
      .filter(({ version, found }) => found === undefined || (exact.test(version) && found.version !== version))
      .map(({ name, version }) => ({ parent, name, version })),
  );
}

/** Entries with a download address: it would bind every install to the registry of whoever wrote the file. */
export function resolvedEntries(lockfile: Lockfile): string[] {
  return Object.entries(lockfile.packages)
    .filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
    .map(([path]) => path);
}

/** Packages whose install scripts npm 10 would run, as far as `decisions` (package.json's allowScripts) do not let it. */
export function scriptedEntries(
  lockfile: Lockfile,
  decisions: Readonly<Record<string, boolean>>,
): { path: string; refused: boolean }[] {
  return Object.entries(lockfile.packages).flatMap(([path, entry]) => {
    const decision = decisions[path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)];
    return entry.hasInstallScript === true && decision !== true ? [{ path, refused: decision === false }] : [];
  });
}

/** The lockfile without the notes of these install scripts. */
export function unscripted(lockfile: Lockfile, paths: readonly string[]): Lockfile {
  const packages = Object.entries(lockfile.packages).map(([path, entry]): [string, LockEntry] => {
    const { hasInstallScript: _script, ...rest } = entry;
    return [path, paths.includes(path) ? rest : entry];
  });
  return { ...lockfile, packages: Object.fromEntries(packages) };
}

/**
 * The lockfile with an entry for every optional dependency, in npm's order.
 * @throws Error when a missing one has a version range, from which no entry can be made.
 */
export function completed(lockfile: Lockfile): Lockfile {
  const packages = { ...lockfile.packages };
  for (const { parent, name, version } of missingEntries(lockfile)) {
    if (!exact.test(version)) throw new Error(`${name} is wanted as ${version}, not as one version.`);
    const { dev, devOptional } = packages[parent] ?? {};
    const { os, cpu, libc } = platformOf(name);
    const hoisted = `node_modules/${name}`;
    packages[hoisted in packages ? `${parent}/${hoisted}` : hoisted] = {
      version,
      cpu,
      ...(dev === undefined ? {} : { dev }),
      ...(devOptional === undefined ? {} : { devOptional }),
      ...(libc === undefined ? {} : { libc }),
      optional: true,
      os,
    };
  }
  const sorted = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lockfile, packages: Object.fromEntries(sorted) };
}

/** @returns the exit code */
function main(): number {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const file = positionals[0] ?? fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lockfile = JSON.parse(readFileSync(file, 'utf8')) as Lockfile;
  const missing = missingEntries(lockfile);
  const resolved = resolvedEntries(lockfile);
  const scripted = scriptedEntries(lockfile, allowScripts());
  const refused = scripted.filter((entry) => entry.refused).map(({ path }) => path);
  if (!values.check && missing.length + refused.length > 0) {
    writeFileSync(file, `${JSON.stringify(completed(unscripted(lockfile, refused)), null, 2)}\n`);
  }
  for (const { parent, name, version } of missing) {
    console.log(`${values.check ? 'missing' : 'added'}: ${name}@${version} (optional dependency of ${parent})`);
  }
  for (const path of resolved) console.log(`has a download address: ${path}`);
  for (const { path, refused: known } of scripted) {
    if (known) console.log(`${values.check ? 'has' : 'took away'} the note of an install script: ${path}`);
    else console.error(`${path} has an install script: decide about it under allowScripts in package.json.`);
  }
  const lacks = values.check && missing.length + refused.length > 0;
  if (lacks) console.error('package-lock.json is not as it should be: npm run lockfile');
  if (resolved.length > 0) {
    console.error(
      'package-lock.json holds download addresses: set omit-lockfile-registry-resolved=true, write it anew.',
    );
  }
  return lacks || resolved.length > 0 || scripted.length > refused.length ? 1 : 0;
}

function allowScripts(): Record<string, boolean> {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { allowScripts: Record<string, boolean> }).allowScripts;
}

if (argv[1] === fileURLToPath(import.meta.url)) exit(main());
