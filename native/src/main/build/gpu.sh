#!/usr/bin/env bash
# Adds the GPU library of the pinned llama.cpp release to the build, from its npm package.
#
#   gpu.sh cuda|vulkan PLATFORM VERSION OUTPUT_DIRECTORY
#
# llama.sh must have run before; both use the same cache. Only libggml-cuda.so or libggml-vulkan.so is used: the
# package's libggml-base.so is identical to that of the CPU package, so the library works with it.
set -euo pipefail

backend=$1 platform=$2 version=$3 output=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}
name=libggml-$backend.so
library=$cache/llama-v$version/$platform-$backend/$name

fail() { printf 'embark-native-%s: %s\n' "$backend" "$1" >&2; exit 1; }

[ "$version" = 0.5.0 ] || fail "no package of llama.cpp v$version is pinned here; this source pins 0.5.0."
npm_version=3.22.1
case $platform-$backend in
  linux-x86_64-cuda)
    integrity=sha512-8rQCjyNNLZJUFit+YpjwlC4hwkKgOMIkB2wuycKBf8NU2O3ySKbiWZQ8aw9ku2nUTXjSnUIrE6KB88itduTBuA== ;;
  linux-x86_64-vulkan)
    integrity=sha512-bBxqU+JOcBu1nb5Qj2zcMci+JByT1E8EajHvYodyNfVIPkEhXh+/HMwR1/BT7xP08YK0hks+kM8fglER0P8JEg== ;;
  *) fail "there is no prebuilt $name for $platform; set EMBARK_LLAMA_HOME to your own build." ;;
esac

fetch() {
  command -v npm >/dev/null 2>&1 || fail "npm is missing; install npm (Debian, Ubuntu: npm)."
  mkdir -p "$cache" "$(dirname "$library")"
  work=$(mktemp -d "$cache/.work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  local package=@node-llama-cpp/linux-x64-$backend archive
  archive=$(cd "$work" && npm pack --silent "$package@$npm_version") \
    || fail "npm could not download $package@$npm_version; check the connection to your npm registry."
  node -e '
    const bytes = require("fs").readFileSync(process.argv[1]);
    const found = "sha512-" + require("crypto").createHash("sha512").update(bytes).digest("base64");
    if (found !== process.argv[2]) { console.error("found " + found); process.exit(1); }
  ' "$work/$archive" "$integrity" || fail "$package@$npm_version does not match its pinned hash ($integrity); it was not used."
  tar -xzf "$work/$archive" -C "$work"
  local bins=$work/package/bins/linux-x64-$backend
  local release base
  # The build of native/ records the directory of its llama.cpp release first.
  read -r -d ' ' release <"$here/../../../target/llama/complete" || fail "build native/ first."
  base=$release/lib/libggml-base.so
  cmp -s "$bins/libggml-base.so" "$base" \
    || fail "$name was built with another libggml-base.so than $base; the two cannot be mixed."
  mv "$bins/$name" "$library"
}

[ -f "$library" ] || fetch
resources=$output/resources/dev/embark/llama/$platform/$backend
rm -rf "$output"
mkdir -p "$resources"
cp "$library" "$resources/"
{ sha256sum <"$library" | cut -c1-16; echo "$name"; } >"$resources/libraries.index"
printf '%s' "$library" >"$output/complete"
