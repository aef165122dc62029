import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceError } from '../../contract/errors.ts';
import { runtimeFolder } from './installed.ts';
import type { SessionOptions } from './thread/session.ts';

/** Where a model computes. */
export interface OnnxDevice {
  /** As a session takes them. The CPU comes last: it computes what the others cannot. */
  providers: SessionOptions['providers'];
  gpu: boolean;
  /** `cpu`, `cuda:1`. */
  name: string;
}

/** What is known of this machine's ONNX Runtime. */
export interface Runtime {
  /** What it was built for. */
  backends: readonly string[];
  /** Where its native files lie. */
  folder: string;
  exists(file: string): boolean;
}

/** Files that npm does not carry, which `npm run onnx:cuda` puts beside the others. */
const cudaFiles = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/** What an NVIDIA driver has on Linux, and on Linux in Windows. */
const nvidia = ['/dev/nvidia0', '/dev/dxg'];

/** @throws InferenceError unsupported where ONNX Runtime is not installed or cannot be loaded on this platform */
export async function installedRuntime(): Promise<Runtime> {
  const folder = runtimeFolder();
  try {
    const { listBackends } = await import('./thread/session.ts');
    return { backends: listBackends().map(({ name }) => name), folder, exists: existsSync };
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new InferenceError(
      'unsupported',
      `onnxruntime-node cannot be loaded on this ${process.platform} ${process.arch} machine (${reason}); serve a GGUF file here.`,
      { cause },
    );
  }
}

/**
 * The execution providers for a device. `auto` is CUDA where its files and a driver are there, else the CPU: of the others
 * nothing tells whether they would be faster.
 * @param device as `--device` takes it
 * @throws InferenceError invalid_request for one that is not there, saying how to get it
 */
export function chooseDevice(device: string, runtime: Runtime): OnnxDevice {
  const { backends, folder, exists } = runtime;
  const [kind = 'auto', index] = device.split(':');
  const hasCuda = backends.includes('cuda') && cudaFiles.every((file) => exists(join(folder, file)));
  if (kind === 'cpu' || (kind === 'auto' && !(hasCuda && nvidia.some(exists)))) {
    return { providers: ['cpu'], gpu: false, name: 'cpu' };
  }
  if (kind === 'cuda' || kind === 'auto') {
    if (!hasCuda) throw withoutCuda(device, runtime);
    const deviceId = Number(index ?? 0);
    return { providers: [{ name: 'cuda', deviceId }, 'cpu'], gpu: true, name: `cuda:${deviceId}` };
  }
  if (backends.includes(kind)) return { providers: [kind, 'cpu'], gpu: true, name: kind };
  throw unavailable(device, `available here: ${available(runtime, hasCuda)}`);
}

function withoutCuda(device: string, runtime: Runtime): InferenceError {
  if (!runtime.backends.includes('cuda')) {
    return unavailable(device, `available here: ${available(runtime, false)}`);
  }
  const files = cudaFiles.join(' and ');
  return unavailable(
    device,
    `it needs ${files} in ${runtime.folder}, which npm does not carry; docs/onnx.md has the command that puts them there`,
  );
}

function available({ backends }: Runtime, hasCuda: boolean): string {
  return ['cpu', 'cuda', 'coreml', 'dml', 'webgpu']
    .filter((kind) => (kind === 'cuda' ? hasCuda : backends.includes(kind)))
    .join(', ');
}

function unavailable(device: string, what: string): InferenceError {
  return new InferenceError('invalid_request', `The device ${device} is not available to ONNX models; ${what}.`, {
    param: 'device',
  });
}
