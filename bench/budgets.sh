#!/usr/bin/env bash
# Measures the CPU seconds per token with native batches of different sizes, with and without the
# accelerator.
#
#   bench/budgets.sh FILE.json MODEL...
#
# A MODEL is a GGUF file, or a number: the width of a model of random weights.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -ge 2 ] && [[ $1 != -* ]] || { sed -n '2,7p' "$0" >&2; exit 2; }
(cd "$root" && mvn -q -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || { echo "embark-bench: the build failed; see above." >&2; exit 1; }
exec java "@$root/bench/target/java.args" \
  -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
  dev.embark.bench.engine.BatchBudgets "$1" "$(git -C "$root" rev-parse --short HEAD)" "${@:2}"
