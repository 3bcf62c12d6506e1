#!/usr/bin/env bash
# Runs the job over many short texts with a tiny model of random weights on two cores and 1 GB of Java
# heap, kills it halfway, resumes it, and compares the time of early and late waves.
#
#   bench/scale.sh [ROWS [WAVES [FOLDER]]]
#
# By default 10,000,000 rows in 100 waves, in a folder that is deleted afterwards.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
help_of "$0" "$@"
rows=${1:-10000000}
waves=${2:-100}
for argument in "$rows" "$waves"; do
  [[ $argument =~ ^[1-9][0-9]*$ ]] || fail "$argument is no number; see bench/scale.sh --help."
done
work=${3:-$(mktemp -d)}
[ $# -gt 2 ] || trap 'rm -rf "$work"' EXIT
classes="$root/native/target/classes:$root/native/target/test-classes"
[ -d "$root/native/target/test-classes" ] \
  || (cd "$root" && mvn -q -ntp -pl native test-compile) >&2 || fail "the build failed; see above."
echo "dev.embark.engine.TinyModel.wordPiece(java.nio.file.Path.of(\"$work\"));" \
  | jshell --class-path "$classes" -s - || fail "the model could not be written."

# Starts the job; the same command resumes it.
job() {
  "$root/submit/embark" run --master 'local[2]' --driver-memory 1g \
    --query "SELECT id, concat('the old dog ', id, ' sees the river') AS text FROM range(0, $rows, 1, $waves)" \
    --id-column id --model "$work/word-piece.gguf" --output "$work/out" \
    --rows-per-wave $(((rows + waves - 1) / waves)) --quiet
}

committed() {
  local newest
  newest=$(find "$work/out/_embark/log" -name '*.json' 2>/dev/null | sort | tail -n 1)
  [ -z "$newest" ] || grep -o '"committed" *: *[0-9]*' "$newest" | grep -o '[0-9]*$' || true
}

job > "$work/first.log" 2>&1 &
launcher=$!
at=0
while [ "$at" -lt $((waves / 2)) ]; do
  sleep 0.2
  kill -0 $launcher 2>/dev/null || { cat "$work/first.log" >&2; fail "the job ended before it was killed."; }
  at=$(committed)
  at=${at:-0}
done
kill -KILL "$(grep -o '"process" *: *[0-9]*' "$work/out/_embark/lock.json" | grep -o '[0-9]*$')"
wait $launcher || true
at=$(committed)
job > "$work/second.log" 2>&1 || { cat "$work/second.log" >&2; fail "the resumed job failed."; }

python3 - "$work/out/_embark/report.json" "$at" <<'PYTHON'
import json, statistics, sys
report = json.load(open(sys.argv[1]))
waves = report["waves"]
seconds = [wave["seconds"] for wave in waves]
fifth = len(seconds) // 5
early, late = seconds[fifth : 2 * fifth], seconds[-fifth:]
print(f"rows               {sum(wave['rows'] for wave in waves):,}")
print(f"waves              {len(waves)}, {sys.argv[2]} committed when the job was killed")
print(f"seconds a wave     {statistics.median(early):.2f} in the second fifth, "
      f"{statistics.median(late):.2f} in the last: {statistics.median(late) / statistics.median(early):.2f} x; "
      f"least {min(early):.2f} and {min(late):.2f}: {min(late) / min(early):.2f} x")
PYTHON
cat "$work/second.log"
"$root/submit/embark" sql --master 'local[2]' --driver-memory 1g --format json \
  "SELECT count(*) AS rows, count(DISTINCT id) AS ids, count(embedding) AS vectors FROM parquet.\`$work/out\`"
