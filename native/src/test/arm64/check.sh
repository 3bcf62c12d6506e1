#!/usr/bin/env bash
# Compiles the accelerator for ARM64 and runs its tests, in an emulator if the machine is another one.
#
#   check.sh LLAMA_CPP_VERSION
set -euo pipefail

build=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../main/build" && pwd)
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}
release=$("$build/release.sh" linux-arm64 "$1" "$cache" make)
"$build/accelerator.sh" linux-arm64 "$release" "$cache" check
