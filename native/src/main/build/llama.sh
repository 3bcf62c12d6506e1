#!/usr/bin/env bash
# Adds llama.cpp to the build: prebuilt libraries and headers of one pinned release, the JNI binding that
# JavaCPP generates from embark_llama.h, and the accelerator.
#
#   llama.sh PLATFORM VERSION JAVACPP_JAR OUTPUT_DIRECTORY
#
# All parts are first built in a cache outside target/ (EMBARK_CACHE, else XDG_CACHE_HOME/embark, else
# ~/.cache/embark). Their names contain the version and a hash of their sources, so a second build only copies
# them. OUTPUT_DIRECTORY receives java/ (generated sources) and resources/.
set -euo pipefail

platform=$1 version=$2 javacpp=$3 output=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
main=$(cd "$here/.." && pwd)
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}

fail() { printf 'embark-native: %s\n' "$1" >&2; exit 1; }
say() { printf 'embark-native: %s\n' "$1" >&2; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is missing; install $2."; }

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
new_work() { [ -z "$work" ] || rm -rf "$work"; mkdir -p "$cache"; work=$(mktemp -d "$cache/.work.XXXXXX"); }

# Hash of the sources of the binding.
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
  # nodelete: llama.cpp keeps calling the library to log, even after its class loader has been unloaded.
  # JavaCPP prints its steps to standard output; they matter only if one fails.
  { "${builder[@]}" -d "$work/made/java" dev.embark.llama.preset.LlamaPreset \
      && javac -cp "$javacpp:$work/classes" -d "$work/classes" "$work/made/java/dev/embark/llama/Llama.java" \
      && "${builder[@]}" -Xcompiler -Wl,-z,nodelete -d "$work/made/lib" dev.embark.llama.Llama
  } >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "JavaCPP could not build the binding; see its output above."; }
  find "$work/made/lib" ! -name '*.so' -type f -delete
  mkdir -p "$(dirname "$binding")"
  mv -T "$work/made" "$binding" 2>/dev/null || [ -d "$binding" ] || fail "cannot write $binding."
}

release=$("$here/release.sh" "$platform" "$version" "$cache" name)
binding=$cache/binding/$platform-$(binding_key)
accelerator=$("$here/accelerator.sh" "$platform" "$release" "$cache" name)
stamp=$output/complete
[ "$(cat "$stamp" 2>/dev/null)" = "$release $binding $accelerator" ] && exit 0
rm -rf "$output"

"$here/release.sh" "$platform" "$version" "$cache" make >/dev/null
[ -d "$binding" ] || make_binding
"$here/accelerator.sh" "$platform" "$release" "$cache" make || fail "the accelerator could not be built; see the compiler's output above."

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
