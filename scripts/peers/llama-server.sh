#!/bin/sh
# Builds llama-server from the sources that PyPI's llama-cpp-python carries: llama-server.sh [FOLDER].
# Needs python3 with pip, cmake, ninja and a C++ compiler; takes some minutes, once.
set -eu
version=0.3.36
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$HOME/.cache/hearth-peers}
built="$folder/llama-server"
mark="$folder/llama-server.version"

if [ -x "$built" ] && [ "$(cat "$mark" 2>/dev/null)" = "$version" ]; then
  echo "$built is there"
  exit
fi
work="$folder/llama-cpp-$version"
sources="$work/llama_cpp_python-$version/vendor/llama.cpp"
mkdir -p "$work"
if [ ! -f "$sources/CMakeLists.txt" ]; then
  python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$work" \
    "llama-cpp-python==$version"
  tar -xzf "$work/llama_cpp_python-$version.tar.gz" -C "$work"
fi

# The assets of the web page would be fetched from elsewhere, and nothing here needs them.
cmake -S "$sources" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF \
  -DCMAKE_CXX_FLAGS="-include $here/gcc-amx.h" \
  -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
  -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF
cmake --build "$work/build" --target llama-server
cp "$work/build/bin/llama-server" "$built"
echo "$version" >"$mark"
echo "$built"
