import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/config/model-path.ts';

const run = promisify(execFile);

/** The package, built and ready to be packed, away from the checkout's own dist. */
export interface PackedPackage {
  folder: string;
  /** Paths of the files that `npm pack` takes. */
  files: readonly string[];
  /** Packs it. @returns the tarball's path */
  pack(): Promise<string>;
  remove(): Promise<void>;
}

/** Builds the package in a folder of its own; the model files are a few bytes under their real names. */
export async function buildPackage(): Promise<PackedPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-package-'));
  const models = join(packageRoot, 'models');
  await mkdir(join(folder, 'models'));
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    await cp(join(packageRoot, name), join(folder, name));
  }
  for (const name of await readdir(models)) await writeFile(join(folder, 'models', name), name);
  const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', join(packageRoot, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]);
  await run(process.execPath, ['--import', 'tsx', join(packageRoot, 'scripts/assets.ts'), join(folder, 'dist')], {
    cwd: packageRoot,
  });
  const [report] = await npmPack(folder, '--dry-run');
  return {
    folder,
    files: report?.files.map(({ path }) => path) ?? [],
    async pack() {
      const [packed] = await npmPack(folder);
      return join(folder, packed?.filename ?? '');
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function npmPack(cwd: string, ...flags: string[]): Promise<{ filename: string; files: { path: string }[] }[]> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', ...flags], { cwd });
  // npm 10 and 11 print a list of packages, later ones an object by name.
  return Object.values(JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>);
}
