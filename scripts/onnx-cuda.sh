#!/usr/bin/env bash
# Puts ONNX Runtime's CUDA provider beside onnxruntime-node's binding, out of the PyPI package onnxruntime-gpu of the same
# version. npm does not carry these files (260 MB); they want NVIDIA's driver, CUDA 13 and cuDNN 9. Linux x64 alone.
# Usage: scripts/onnx-cuda.sh [the folder with node_modules]
set -euo pipefail
package=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}/node_modules/onnxruntime-node" && pwd)
version=$(node -p "require('$package/package.json').version")
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

python3 -m pip download --no-deps --only-binary :all: --python-version 3.12 --platform manylinux_2_28_x86_64 \
  --dest "$wheels" "onnxruntime-gpu==$version"
python3 - "$wheels" "$package/bin/napi-v6/linux/x64" <<'PY'
import pathlib, shutil, sys, zipfile

wheels, binding = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
    for name in ("libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"):
        with wheel.open(f"onnxruntime/capi/{name}") as source, open(binding / name, "wb") as target:
            shutil.copyfileobj(source, target)
        print(binding / name)
PY
