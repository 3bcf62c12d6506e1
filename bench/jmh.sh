#!/usr/bin/env bash
# Measures single calls of the engine with JMH: time, and bytes allocated.
#
#   bench/jmh.sh FILE.json [MODEL.gguf]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -ge 1 ] && [ $# -le 2 ] && [[ $1 != -* ]] || { sed -n '2,4p' "$0" >&2; exit 2; }
(cd "$root" && mvn -q -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || { echo "embark-bench: the build failed; see above." >&2; exit 1; }
exec java "@$root/bench/target/java.args" \
  -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
  dev.embark.bench.jmh.ShortText \
  "${2:-$root/native/model/target/classes/dev/embark/model/all-MiniLM-L6-v2-f16.gguf}" "$1"
