#!/bin/sh
# Makes the venv of the Flask service, random-model.py and schema-peers.py: python.sh [FOLDER]. Some GB where PyPI's torch brings CUDA.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$HOME/.cache/hearth-peers}
venv="$folder/python"

if cmp -s "$here/requirements.txt" "$venv/installed-from.txt"; then
  echo "$venv is there"
  exit
fi
mkdir -p "$folder"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --no-compile -r "$here/requirements.txt"
cp "$here/requirements.txt" "$venv/installed-from.txt"
echo "$venv"
