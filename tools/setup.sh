#!/bin/sh
# setup.sh VENV: a virtual environment with exactly the locked packages and the checkout itself. Does nothing when the
# lock, pyproject.toml and the place of the checkout are as they were. Writes nowhere but into the checkout.
set -eu

cd "$(dirname "$0")/.."
venv=$1
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    found=$(sh tools/pythons.sh | head -n 1)
    if [ -z "$found" ]; then
        echo "No Python from 3.11 to 3.14 with venv was found${PYTHON:+ at $PYTHON}." >&2
        echo "Install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2
        exit 1
    fi
    echo "making $venv with Python ${found%% *}"
    rm -rf "$venv"
    "${found#* }" -m venv "$venv"
fi

locked=$(cksum <requirements.lock)
if [ "$locked" != "$(cat "$venv/locked" 2>/dev/null)" ]; then
    echo "installing the locked packages into $venv"
    "$venv/bin/python" -m pip install -q --require-hashes -r requirements.lock
    printf '%s' "$locked" >"$venv/locked"
fi

project=$(cksum <pyproject.toml; pwd)
if [ "$project" != "$(cat "$venv/project" 2>/dev/null)" ]; then
    "$venv/bin/python" -m pip install -q --no-deps --no-build-isolation -e .
    printf '%s' "$project" >"$venv/project"
fi
