import { getLlama, getLlamaGpuTypes, LlamaLogLevel, type Llama, type LlamaGpuType } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { LoadOptions } from '../engine.ts';

/** One backend a device and process: models share it, and opening it again while another closes can hang. */
const opened = new Map<string, Promise<Llama>>();

/**
 * Opens llama.cpp on a device. Nothing is fetched or compiled. It stays open until the process ends.
 * @param onLog gets llama.cpp's own lines from now on
 * @throws InferenceError invalid_request when the device is not there, with those that are
 */
export async function openDevice(device: string, onLog: LoadOptions['onLog']): Promise<Llama> {
  let opening = opened.get(device);
  if (!opening) {
    opening = open(device);
    opened.set(device, opening);
    opening.catch(() => opened.delete(device));
  }
  const llama = await opening;
  llama.logger = (level, message) => onLog?.(logLevel(level), message.trimEnd());
  return llama;
}

async function open(device: string): Promise<Llama> {
  const [kind = 'auto', index] = device.split(':');
  if (!isGpu(kind) && kind !== 'cpu') {
    throw new InferenceError(
      'invalid_request',
      `The device ${device} is for ONNX models; a GGUF file takes auto, cpu, cuda, cuda:N, metal or vulkan.`,
      { param: 'device' },
    );
  }
  if (index !== undefined) {
    // llama.cpp's addon has no device option; the driver hides the others when this is set before it is loaded.
    process.env['CUDA_VISIBLE_DEVICES'] = index;
  }
  const gpu = isGpu(kind) ? kind : false;
  let llama: Llama;
  try {
    llama = await getLlama({
      gpu,
      build: 'never',
      maxThreads: 0,
      progressLogs: false,
      logLevel: LlamaLogLevel.warn,
      logger: () => {},
    });
  } catch (error) {
    throw await missing(device, error);
  }
  // Where a backend is missing, some requests for it end on the CPU without a word.
  const found = gpu === 'auto' || gpu === llama.gpu;
  const devices = llama.gpu === false ? [] : await llama.getGpuDeviceNames();
  if (found && (llama.gpu === false || devices.length > 0)) return llama;
  await llama.dispose();
  if (gpu === 'auto') return open('cpu');
  throw await missing(device, undefined);
}

function isGpu(kind: string): kind is 'auto' | 'cuda' | 'metal' | 'vulkan' {
  return ['auto', 'cuda', 'metal', 'vulkan'].includes(kind);
}

/** The device in words, as the banner shows it. */
export async function describeDevice(device: string, llama: Llama, threads: number): Promise<string> {
  if (llama.gpu === false) return threads === 1 ? 'cpu (1 thread)' : `cpu (up to ${threads} threads)`;
  const names = [...new Set(await llama.getGpuDeviceNames())].join(', ');
  const kind = device.startsWith(`${llama.gpu}:`) ? device : llama.gpu;
  return names === '' ? kind : `${kind} (${names})`;
}

async function missing(device: string, cause: unknown): Promise<InferenceError> {
  const there = await availableDevices();
  return new InferenceError(
    'invalid_request',
    `The device ${device} is not available; available here: ${there.join(', ')}.`,
    { param: 'device', cause },
  );
}

/** The kinds of device that llama.cpp can open here; a kind counts only when its library loads. */
async function availableDevices(): Promise<string[]> {
  const kinds: LlamaGpuType[] = (await getLlamaGpuTypes('supported')).filter((kind) => kind !== false);
  const working = await Promise.all(
    kinds.map(async (gpu) => {
      try {
        await getLlama({ gpu, build: 'never', dryRun: true, progressLogs: false, logLevel: LlamaLogLevel.disabled });
        return [String(gpu)];
      } catch {
        // A kind that does not open is exactly what the list leaves out.
        return [];
      }
    }),
  );
  return ['cpu', ...working.flat()];
}

function logLevel(level: LlamaLogLevel): 'error' | 'warn' | 'debug' {
  if (level === LlamaLogLevel.error || level === LlamaLogLevel.fatal) return 'error';
  return level === LlamaLogLevel.warn ? 'warn' : 'debug';
}
