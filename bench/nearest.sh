#!/usr/bin/env bash
# Compares Embark.nearest with a cross join and max_by in SQL, on one core.
#
#   bench/nearest.sh [QUERIES [DOCUMENTS [DIMENSIONS [K [ROUNDS]]]]]
#
# By default 1000 queries, 100,000 documents, 384 dimensions, k = 10, 3 rounds.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
help_of "$0" "$@"
for argument in "$@"; do
  [[ $argument =~ ^[1-9][0-9]*$ ]] || fail "$argument is no number; see bench/nearest.sh --help."
done
(cd "$root" && mvn -q -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || fail "the build failed; see above."
work=$(mktemp -d)
java "@$root/bench/target/java.args" \
  -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
  dev.embark.bench.ours.NearestSearch "$work" 1 \
  "${1:-1000}" "${2:-100000}" "${3:-384}" "${4:-10}" "${5:-3}"
