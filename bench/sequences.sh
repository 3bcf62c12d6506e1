#!/usr/bin/env bash
# Measures the tokens that one context generates per CPU second with 1 to 16 parallel sequences, with a
# decoder of random weights.
#
#   bench/sequences.sh FILE.json
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -eq 1 ] && [[ $1 != -* ]] || { sed -n '2,5p' "$0" >&2; exit 2; }
(cd "$root" && mvn -q -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || { echo "embark-bench: the build failed; see above." >&2; exit 1; }
exec java "@$root/bench/target/java.args" \
  -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
  dev.embark.bench.engine.SequencesRatio "$1" "$(git -C "$root" rev-parse --short HEAD)"
