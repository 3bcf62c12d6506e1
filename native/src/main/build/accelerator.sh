#!/usr/bin/env bash
# Compiles the accelerator, a ggml backend, against the headers of one llama.cpp release.
#
#   accelerator.sh PLATFORM RELEASE_DIRECTORY CACHE_DIRECTORY name|make|check
#
# name prints the directory in the cache, whose name includes a hash of the sources; make fills it if it does
# not exist; check also runs the tests. EMBARK_CXXFLAGS are added to the options of the compiler and the
# linker, and are part of the hash. For linux-arm64, an x86 machine uses a cross compiler and runs the tests
# in an emulator.
#
# The library links to no other: the process resolves ggml's functions from the libraries it has loaded.
set -euo pipefail

platform=$1 release=$2 cache=$3 step=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sources=$(cd "$here/../cpp" && pwd)
tests=$here/../../test/cpp
extra=${EMBARK_CXXFLAGS:-}

compiler=(g++) package=g++ emulator=()
if [ "$platform" = linux-arm64 ] && [ "$(uname -m)" != aarch64 ]; then
  compiler=(aarch64-linux-gnu-g++) package=g++-aarch64-linux-gnu
  emulator=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
fi

key() {
  { cat "$sources"/*.h "$sources"/*.cpp "$tests"/*.cpp "${BASH_SOURCE[0]}"; printf '%s' "$extra"
    basename "$(dirname "$release")"; } | sha256sum | cut -c1-16
}
directory=$cache/accelerator/$platform-$(key)
[ "$step" != name ] || { printf '%s' "$directory"; exit 0; }
run_tests() { [ "$step" = make ] || ${emulator[@]+"${emulator[@]}"} "$directory/accelerator-test"; }
[ ! -d "$directory" ] || { run_tests; exit; }

command -v "${compiler[0]}" >/dev/null 2>&1 \
  || { printf 'embark-native: %s is missing; install a C++ compiler (Debian, Ubuntu: %s).\n' "${compiler[0]}" "$package" >&2; exit 1; }
printf 'embark-native: compiling the accelerator for %s\n' "$platform" >&2
mkdir -p "$cache"
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The compiler must not fuse a multiplication and an addition that the source separates: results would
# depend on the compiler. Assertions contain the name of their file, and the same sources must result in the
# same bytes in every folder.
flags=(-std=c++17 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wextra -Werror
  "-ffile-prefix-map=$sources/="
  -isystem "$release/ggml/include" -isystem "$release/ggml/src")
read -r -a more <<<"$extra"
flags+=(${more[@]+"${more[@]}"})
# GCC 12 reports the undefined lanes of its own intrinsics as uninitialised variables.
kernel_flags=(-Wno-maybe-uninitialized -Wno-uninitialized)
avx2=(-mavx2 -mfma -mf16c)
avx512=(-mavx512f -mavx512bw -mavx512vl -mavx512dq "${avx2[@]}")

compile() { # SOURCE [OPTION...]
  local source=$1; shift
  "${compiler[@]}" "${flags[@]}" "$@" -c "$source" -o "$work/$(basename "$source" .cpp).o"
}
for source in "$sources"/*.cpp; do
  name=$(basename "$source" .cpp)
  case $platform/$name in
    linux-x86_64/kernels_neon* | linux-x86_64/*_arm64) ;;
    linux-arm64/*_avx* | linux-arm64/*_x86) ;;
    */kernels_avx2 | */kernels_avx_vnni) compile "$source" "${kernel_flags[@]}" "${avx2[@]}" ;;
    */kernels_avx512) compile "$source" "${kernel_flags[@]}" "${avx512[@]}" ;;
    */*_avx512_vnni) compile "$source" "${kernel_flags[@]}" "${avx512[@]}" -mavx512vnni ;;
    */kernels_neon_dot) compile "$source" -march=armv8.2-a+dotprod ;;
    *) compile "$source" ;;
  esac
done

mkdir "$work/made"
"${compiler[@]}" "${flags[@]}" -shared -o "$work/made/libembark-accelerator.so" "$work"/*.o
# The tests use AVX-VNNI's kernels in the encoding of AVX-512 as well, which more machines support.
[ "$platform" != linux-x86_64 ] \
  || "${compiler[@]}" "${flags[@]}" "${kernel_flags[@]}" "${avx2[@]}" -DVNNI_ENCODING='""' -DKERNELS_AVX_VNNI=kernels_avx_vnni_for_test \
    -c "$sources/kernels_avx_vnni.cpp" -o "$work/kernels_for_test.o"
"${compiler[@]}" "${flags[@]}" -I"$sources" -o "$work/made/accelerator-test" "$tests"/*.cpp "$work"/{kernels_*,choice*,segments,speed,weights,weights_memory}.o \
  "$release/lib/libggml-base.so" -Wl,-rpath,"$release/lib"
mkdir -p "$(dirname "$directory")"
# Another build may have been faster; its copy is the same.
mv -T "$work/made" "$directory" 2>/dev/null || [ -d "$directory" ]
run_tests
