#!/usr/bin/env bash
# Measures how many tokens one context generates with 1 to 16 sequences side by side, in CPU seconds,
# with a decoder of random weights.
#
#   bench/sequences.sh FILE.json
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -eq 1 ] && [[ $1 != -* ]] || { sed -n '2,5p' "$0" >&2; exit 2; }
(cd "$root" && mvn -q -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || { echo "embark-bench: the build failed; see above." >&2; exit 1; }
exec java "@$root/bench/target/java.args" \
  -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
  dev.embark.bench.SequencesRatio "$1" "$(git -C "$root" rev-parse --short HEAD)"
