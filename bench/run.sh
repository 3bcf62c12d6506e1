#!/usr/bin/env bash
# Measures Embark and its competitors on the same texts and weights, in turns; `embark bench` runs it.
#
#   bench/run.sh [--json FILE|-] [--save DIR] [--texts FILE] [--job-texts N] [--spark-texts N]
#                [--short-texts N] [--sides SIDE,...] [--isa all] [--rounds N]
#                [--seconds S]
#
# Builds Embark, its competitors (bench/rivals) and a plain loop over llama.cpp's C API; what cannot be
# built is reported with the reason. Tables go to standard output. --save writes them and the JSON to a
# folder, such as bench/results. Run it on an idle machine.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
help_of "${BASH_SOURCE[0]}" "$@"
check_arguments "$root/bench/options" bench "embark bench" "$@"
target=$root/bench/target

# A competitor that cannot be built is missing from the comparison, which reads the reason from this log.
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

# The roof of one core, which every machine has to measure itself.
build_roof() {
  local source=$root/bench/src/main/cpp/roof.cpp
  [ "$target/roof" -nt "$source" ] || g++ -std=c++17 -O2 -Wall -Wextra "$source" -o "$target/roof" \
    >"$target/roof.log" 2>&1 || true
}

# OpenVINO comes for Python alone.
install_openvino() {
  local folder=$target/openvino packages=(openvino==2026.4.1 nncf==3.4.0 tokenizers==0.23.3)
  [ "$(cat "$folder/complete" 2>/dev/null)" != "${packages[*]}" ] || return 0
  rm -rf "$folder"
  say "installing OpenVINO into bench/target, some 600 MB"
  { python3 -m venv "$folder" && "$folder/bin/pip" install -q "${packages[@]}" \
      && printf '%s' "${packages[*]}" >"$folder/complete"
  } >"$target/openvino.log" 2>&1 || true
}

bring_wordnet
say "building Embark and its rivals"
(cd "$root" && mvn -q -B -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || fail "the build failed; see above."
build_rivals
# The build of native/ notes first which release of llama.cpp it took.
read -r -d ' ' llama <"$root/native/target/llama/complete"
gguf=$root/native/model/target/classes/dev/embark/model/all-MiniLM-L6-v2-f16.gguf
build_raw_llama
build_roof
install_openvino

exec java "@$target/java.args" -cp "$target/classes:$(cat "$target/classpath")" \
  dev.embark.bench.Bench --bench "$root/bench" --wordnet "$wordnet/dict" --llama "$llama" \
  --gguf "$gguf" --commit "$(commit)" "$@"
