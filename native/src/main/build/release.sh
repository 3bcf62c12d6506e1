#!/usr/bin/env bash
# Fetches the pinned llama.cpp release, prebuilt libraries and headers, from its npm packages.
#
#   release.sh PLATFORM VERSION CACHE_DIRECTORY name|make|vocabularies
#
# name prints the release's directory in the cache; make also fills the directory if it does not exist.
# vocabularies prints a directory with the vocabularies of llama.cpp's own tests, which only tests need.
set -euo pipefail

platform=$1 version=$2 cache=$3 step=$4
# The last part counts what is taken from the packages: a cache may hold less than this script needs.
release=$cache/llama-v$version/$platform-2

fail() { printf 'embark-native: %s\n' "$1" >&2; exit 1; }
say() { printf 'embark-native: %s\n' "$1" >&2; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is missing; install $2."; }

# The pinned release: npm package, version and Subresource-Integrity hash of each archive.
[ "$version" = 0.5.0 ] || fail "no package of llama.cpp v$version is pinned here; this source pins 0.5.0."
npm_version=3.22.1
headers_integrity=sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==
case $platform in
  linux-x86_64)
    npm_platform=linux-x64
    libraries_integrity=sha512-5uCCDNqWCNfaAm8aR/Uzxbo4HBpKgNF91kCHPepKhgMgV2OAmatoefbOlMihsqCiH2Od35E/eUHQCFbfRBJuOg== ;;
  linux-arm64)
    npm_platform=linux-arm64
    libraries_integrity=sha512-W+7naKCXX9/eEjjFmRS8vvx91QyLXDbeFxexZc3bh/PtQABZgmRL3C0AtYYXn4YGTj/3Qor4lWZn2tpjZFPLdQ== ;;
  *) fail "there is no prebuilt llama.cpp for $platform; build on linux-x86_64 or linux-arm64." ;;
esac

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

# unpack PACKAGE INTEGRITY: downloads an npm package into $work and unpacks it as $work/package.
unpack() {
  local package=$1 integrity=$2 archive
  archive=$(cd "$work" && npm pack --silent "$package@$npm_version") \
    || fail "npm could not download $package@$npm_version; check the connection to your npm registry."
  node -e '
    const bytes = require("fs").readFileSync(process.argv[1]);
    const found = "sha512-" + require("crypto").createHash("sha512").update(bytes).digest("base64");
    if (found !== process.argv[2]) { console.error("found " + found); process.exit(1); }
  ' "$work/$archive" "$integrity" || fail "$package@$npm_version does not match its pinned hash ($integrity); it was not used."
  rm -rf "$work/package"
  tar -xzf "$work/$archive" -C "$work"
}

fetch_release() {
  need npm "npm (Debian, Ubuntu: npm)"
  need git "git (Debian, Ubuntu: git)"
  say "fetching llama.cpp v$version for $platform"
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.work.XXXXXX")
  mkdir -p "$work/release/lib"

  unpack "@node-llama-cpp/$npm_platform" "$libraries_integrity"
  # Left out: node's own add-on, and the helpers of llama.cpp's command line tools.
  find "$work/package/bins/$npm_platform" -name 'lib*.so*' ! -name 'libllama-common*' \
    -exec cp {} "$work/release/lib/" \;

  unpack node-llama-cpp "$headers_integrity"
  git clone --quiet --no-checkout "$work/package/llama/gitRelease.bundle" "$work/source" 2>/dev/null
  (cd "$work/source" && git archive HEAD LICENSE include ggml/include \
      ggml/src/ggml-backend-impl.h ggml/src/ggml-impl.h) | tar -xf - -C "$work/release"

  mkdir -p "$(dirname "$release")"
  # Another build may have been faster; its copy is the same.
  mv -T "$work/release" "$release" 2>/dev/null || [ -d "$release" ] || fail "cannot write $release."
}

fetch_vocabularies() {
  need npm "npm (Debian, Ubuntu: npm)"
  need git "git (Debian, Ubuntu: git)"
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.work.XXXXXX")
  unpack node-llama-cpp "$headers_integrity"
  git clone --quiet --no-checkout "$work/package/llama/gitRelease.bundle" "$work/source" 2>/dev/null
  (cd "$work/source" && git archive HEAD models) | tar -xf - -C "$work"
  mkdir -p "$(dirname "$vocabularies")"
  mv -T "$work/models" "$vocabularies" 2>/dev/null || [ -d "$vocabularies" ] || fail "cannot write $vocabularies."
}

if [ "$step" = vocabularies ]; then
  vocabularies=$cache/llama-v$version/vocabularies
  [ -d "$vocabularies" ] || fetch_vocabularies
  printf '%s' "$vocabularies"
  exit
fi
[ "$step" = name ] || [ -d "$release" ] || fetch_release
printf '%s' "$release"
