import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InferenceError } from '../../contract/errors.ts';

const require = createRequire(import.meta.url);

const manifestSchema = z.object({
  optionalDependencies: z.object({ 'onnxruntime-node': z.string(), '@huggingface/transformers': z.string() }),
});

/** The versions that this release was written for, out of its own package.json. */
export function wantedVersions(): { 'onnxruntime-node': string; '@huggingface/transformers': string } {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return manifestSchema.parse(manifest).optionalDependencies;
}

/**
 * The folder with ONNX Runtime's native files for this platform. The package is an optional dependency: npm leaves it out
 * where its install script fails, as it does without a way to the CUDA files that it fetches.
 * @param resolve finds a package's file
 * @throws InferenceError unsupported where it is not installed, with the command that gets it
 */
export function runtimeFolder(resolve: (file: string) => string = require.resolve): string {
  let manifest: string;
  try {
    manifest = resolve('onnxruntime-node/package.json');
  } catch (cause) {
    const packages = Object.entries(wantedVersions()).map(([name, version]) => `${name}@${version}`);
    throw new InferenceError(
      'unsupported',
      `ONNX models need onnxruntime-node, which is not installed here: ONNXRUNTIME_NODE_INSTALL=skip npm install ${packages.join(' ')}`,
      { cause },
    );
  }
  return join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
}
