#!/usr/bin/env bash
# Compiles the accelerator, a backend of ggml, against the headers of one llama.cpp release.
#
#   accelerator.sh PLATFORM RELEASE_DIRECTORY CACHE_DIRECTORY name|make|check
#
# name tells the directory in the cache, which is named after what it is made from, or nothing where
# there is no accelerator for the platform; make fills it if it is not there; check does that too and
# runs its tests. EMBARK_CXXFLAGS are added to the compiler's and the linker's options, and count as
# part of what it is made from.
#
# The library names no other: ggml's functions are found among those that the process has opened.
set -euo pipefail

platform=$1 release=$2 cache=$3 step=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sources=$(cd "$here/../cpp" && pwd)
tests=$here/../../test/cpp
extra=${EMBARK_CXXFLAGS:-}

[ "$platform" = linux-x86_64 ] || exit 0

key() {
  { cat "$sources"/*.h "$sources"/*.cpp "$tests"/*.cpp "${BASH_SOURCE[0]}"; printf '%s' "$extra"
    basename "$(dirname "$release")"; } | sha256sum | cut -c1-16
}
directory=$cache/accelerator/$platform-$(key)
[ "$step" != name ] || { printf '%s' "$directory"; exit 0; }
run_tests() { [ "$step" = make ] || "$directory/accelerator-test"; }
[ ! -d "$directory" ] || { run_tests; exit; }

command -v g++ >/dev/null 2>&1 || { printf 'embark-native: g++ is missing; install a C++ compiler (Debian, Ubuntu: g++).\n' >&2; exit 1; }
printf 'embark-native: compiling the accelerator\n' >&2
mkdir -p "$cache"
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# No option may let the compiler join a multiplication and an addition where the source does not:
# results would depend on the compiler. Assertions name their file, and the same sources shall give
# the same bytes in every folder.
flags=(-std=c++17 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wextra -Werror
  "-ffile-prefix-map=$sources/="
  -isystem "$release/ggml/include" -isystem "$release/ggml/src")
read -r -a more <<<"$extra"
flags+=(${more[@]+"${more[@]}"})
# GCC 12 takes the undefined lanes of its own intrinsics for variables that were forgotten.
kernel_flags=(-Wno-maybe-uninitialized -Wno-uninitialized)
avx2=(-mavx2 -mfma -mf16c)
avx512=(-mavx512f -mavx512bw -mavx512vl -mavx512dq "${avx2[@]}")

compile() { # SOURCE [OPTION...]
  local source=$1; shift
  g++ "${flags[@]}" "$@" -c "$source" -o "$work/$(basename "$source" .cpp).o"
}
for source in "$sources"/*.cpp; do
  case $(basename "$source" .cpp) in
    kernels_avx2) compile "$source" "${kernel_flags[@]}" "${avx2[@]}" ;;
    kernels_avx512) compile "$source" "${kernel_flags[@]}" "${avx512[@]}" ;;
    kernels_avx512_vnni) compile "$source" "${kernel_flags[@]}" "${avx512[@]}" -mavx512vnni ;;
    *) compile "$source" ;;
  esac
done

mkdir "$work/made"
g++ "${flags[@]}" -shared -o "$work/made/libembark-accelerator.so" "$work"/*.o
g++ "${flags[@]}" -I"$sources" -o "$work/made/accelerator-test" "$tests"/*.cpp "$work"/{kernels_*,choice,segments,speed,weights,weights_memory}.o \
  "$release/lib/libggml-base.so" -Wl,-rpath,"$release/lib"
mkdir -p "$(dirname "$directory")"
# Another build may have been faster; its copy is the same.
mv -T "$work/made" "$directory" 2>/dev/null || [ -d "$directory" ]
run_tests
