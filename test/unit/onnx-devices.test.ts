import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { chooseDevice, type Runtime } from '../../src/engines/onnx/devices.ts';
import { runtimeFolder, wantedVersions } from '../../src/engines/onnx/installed.ts';

const folder = '/ort/bin';
const cudaFiles = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'].map((name) =>
  join(folder, name),
);

/** ONNX Runtime on Linux, on a machine with these files. */
function linux(...files: string[]): Runtime {
  return { backends: ['cpu', 'webgpu', 'cuda', 'tensorrt'], folder, exists: (file) => files.includes(file) };
}

function refusal(device: string, runtime: Runtime): string {
  try {
    chooseDevice(device, runtime);
  } catch (error) {
    assert.ok(error instanceof InferenceError);
    assert.equal(error.code, 'invalid_request');
    assert.equal(error.param, 'device');
    return error.message;
  }
  return assert.fail(`${device} was taken`);
}

test('auto is the CPU unless the CUDA files and a driver are there', () => {
  const cpu = { providers: ['cpu'], gpu: false, name: 'cpu' };
  assert.deepEqual(chooseDevice('auto', linux()), cpu);
  assert.deepEqual(chooseDevice('auto', linux('/dev/nvidia0')), cpu);
  assert.deepEqual(chooseDevice('auto', linux(...cudaFiles)), cpu);
  assert.deepEqual(chooseDevice('auto', linux(...cudaFiles, '/dev/nvidia0')).name, 'cuda:0');
  assert.deepEqual(chooseDevice('cpu', linux(...cudaFiles, '/dev/nvidia0')), cpu);
});

test('a CUDA device goes to its provider with its number, and the CPU computes the rest', () => {
  const at = (deviceId: number): unknown => ({
    providers: [{ name: 'cuda', deviceId }, 'cpu'],
    gpu: true,
    name: `cuda:${deviceId}`,
  });
  assert.deepEqual(chooseDevice('cuda', linux(...cudaFiles)), at(0));
  assert.deepEqual(chooseDevice('cuda:3', linux(...cudaFiles)), at(3));
});

test('CUDA without its files is an error that names them and where the command to get them stands', () => {
  for (const files of [[], cudaFiles.slice(0, 1), ['/dev/nvidia0']]) {
    const message = refusal('cuda:1', linux(...files));
    assert.match(
      message,
      /^The device cuda:1 is not available to ONNX models; it needs libonnx\w+_shared\.so and libonnx/,
    );
    assert.match(message, /in \/ort\/bin, .*docs\/onnx\.md has the command/);
  }
});

test('a device that this ONNX Runtime was not built for is an error that lists those it has', () => {
  assert.equal(refusal('dml', linux()), 'The device dml is not available to ONNX models; available here: cpu, webgpu.');
  assert.match(refusal('metal', linux(...cudaFiles)), /available here: cpu, cuda, webgpu\.$/);
  assert.match(refusal('vulkan', linux()), /available here/);
  const mac: Runtime = { backends: ['cpu', 'coreml', 'webgpu'], folder, exists: () => true };
  assert.match(refusal('cuda', mac), /available here: cpu, coreml, webgpu\.$/);
  assert.deepEqual(chooseDevice('coreml', mac), { providers: ['coreml', 'cpu'], gpu: true, name: 'coreml' });
  assert.deepEqual(chooseDevice('webgpu', linux()).providers, ['webgpu', 'cpu']);
});

test('where onnxruntime-node is not installed, one sentence says how to get the right versions', () => {
  const absent = (): never => {
    throw new Error("Cannot find module 'onnxruntime-node/package.json'");
  };
  assert.throws(
    () => runtimeFolder(absent),
    (error) => {
      assert.ok(error instanceof InferenceError);
      assert.equal(error.code, 'unsupported');
      const { 'onnxruntime-node': runtime, '@huggingface/transformers': transformers } = wantedVersions();
      assert.equal(
        error.message,
        `ONNX models need onnxruntime-node, which is not installed here: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@${runtime} @huggingface/transformers@${transformers}`,
      );
      return true;
    },
  );
});
