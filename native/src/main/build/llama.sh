#!/usr/bin/env bash
# Brings llama.cpp into the build: prebuilt libraries and headers of one pinned release from its
# npm packages, the JNI binding that JavaCPP makes of embark_llama.h, and on x86 the accelerator.
#
#   llama.sh PLATFORM VERSION JAVACPP_JAR OUTPUT_DIRECTORY
#
# Everything lands in a cache outside target/ first (EMBARK_CACHE, else XDG_CACHE_HOME/embark, else
# ~/.cache/embark), under names that hold the version and a hash of what it was made from, so a
# second build only copies. OUTPUT_DIRECTORY receives java/ (generated sources) and resources/.
set -euo pipefail

platform=$1 version=$2 javacpp=$3 output=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
main=$(cd "$here/.." && pwd)
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}
# The last part counts what was taken out of the packages: a cache may hold less than this needs.
release=$cache/llama-v$version/$platform-2

fail() { printf 'embark-native: %s\n' "$1" >&2; exit 1; }
say() { printf 'embark-native: %s\n' "$1" >&2; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is missing; install $2."; }

# The pinned release: npm package, version and Subresource-Integrity hash of each archive.
[ "$version" = 0.5.0 ] || fail "no package of llama.cpp v$version is pinned here; this source knows 0.5.0."
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
new_work() { [ -z "$work" ] || rm -rf "$work"; mkdir -p "$cache"; work=$(mktemp -d "$cache/.work.XXXXXX"); }

# unpack PACKAGE INTEGRITY: downloads an npm package into $work and unpacks it as $work/package.
unpack() {
  local package=$1 integrity=$2 archive
  archive=$(cd "$work" && npm pack --silent "$package@$npm_version") \
    || fail "npm could not bring $package@$npm_version; check the connection to your npm registry."
  node -e '
    const bytes = require("fs").readFileSync(process.argv[1]);
    const found = "sha512-" + require("crypto").createHash("sha512").update(bytes).digest("base64");
    if (found !== process.argv[2]) { console.error("found " + found); process.exit(1); }
  ' "$work/$archive" "$integrity" || fail "$package@$npm_version is not what was pinned ($integrity); it was not used."
  rm -rf "$work/package"
  tar -xzf "$work/$archive" -C "$work"
}

fetch_release() {
  need npm "npm (Debian, Ubuntu: npm)"
  need git "git (Debian, Ubuntu: git)"
  say "fetching llama.cpp v$version for $platform"
  new_work
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

# What the binding is made from, and nothing else.
binding_key() {
  { cat "$main/c/embark_llama.h" "$main/java/dev/embark/llama/preset/LlamaPreset.java" "${BASH_SOURCE[0]}"
    basename "$javacpp"; } | sha256sum | cut -c1-16
}

make_binding() {
  need g++ "a C++ compiler (Debian, Ubuntu: g++)"
  need javac "a JDK 17 or later (Debian, Ubuntu: openjdk-17-jdk)"
  say "generating and compiling the binding"
  new_work
  mkdir -p "$work/classes" "$work/made/java" "$work/made/lib"
  local builder=(java -jar "$javacpp" -classpath "$work/classes"
    "-Dplatform.includepath=$main/c:$release/include:$release/ggml/include")
  javac -cp "$javacpp" -d "$work/classes" "$main/java/dev/embark/llama/preset/LlamaPreset.java"
  # nodelete: llama.cpp keeps calling the library to log, also when the class loader that had it is gone.
  # JavaCPP tells its steps on standard output; they matter only when one fails.
  { "${builder[@]}" -d "$work/made/java" dev.embark.llama.preset.LlamaPreset \
      && javac -cp "$javacpp:$work/classes" -d "$work/classes" "$work/made/java/dev/embark/llama/Llama.java" \
      && "${builder[@]}" -Xcompiler -Wl,-z,nodelete -d "$work/made/lib" dev.embark.llama.Llama
  } >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "JavaCPP could not build the binding; see above."; }
  find "$work/made/lib" ! -name '*.so' -type f -delete
  mkdir -p "$(dirname "$binding")"
  mv -T "$work/made" "$binding" 2>/dev/null || [ -d "$binding" ] || fail "cannot write $binding."
}

binding=$cache/binding/$platform-$(binding_key)
accelerator=$("$here/accelerator.sh" "$platform" "$release" "$cache" name)
stamp=$output/complete
[ "$(cat "$stamp" 2>/dev/null)" = "$release $binding $accelerator" ] && exit 0
rm -rf "$output"

[ -d "$release" ] || fetch_release
[ -d "$binding" ] || make_binding
"$here/accelerator.sh" "$platform" "$release" "$cache" make || fail "the accelerator could not be built; see above."

resources=$output/resources/dev/embark/llama/$platform
mkdir -p "$output/java" "$resources" "$output/resources/META-INF/licenses"
cp -R "$binding/java/." "$output/java/"
find "$binding/lib" -name '*.so' -exec cp {} "$resources/" \;
cp "$release"/lib/* "$resources/"
[ -z "$accelerator" ] || { cp "$accelerator"/*.so "$resources/"; cp "$accelerator/accelerator-test" "$output/"; }
(cd "$resources" && sha256sum *.so >"$output/sums" \
  && { sha256sum <"$output/sums" | cut -c1-16; cut -c67- "$output/sums"; } >libraries.index)
cp "$release/LICENSE" "$output/resources/META-INF/licenses/llama.cpp.txt"
printf '%s' "$release $binding $accelerator" >"$stamp"
