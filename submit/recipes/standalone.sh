#!/usr/bin/env bash
# Runs the batch job on a standalone cluster: MASTER is spark://host:7077, INPUT and OUTPUT are paths that
# every worker reads and writes (shared disk or object store).
set -euo pipefail
: "${SPARK_HOME:?}" "${EMBARK_JAR:?}" "${MASTER:?}" "${INPUT:?}" "${OUTPUT:?}"

exec "$SPARK_HOME/bin/spark-submit" \
  --master "$MASTER" \
  --executor-memory "${EXECUTOR_MEMORY:-2g}" \
  --class dev.embark.job.EmbedJob \
  "$EMBARK_JAR" \
  --input "$INPUT" \
  --text-column "${TEXT_COLUMN:-text}" \
  --output "$OUTPUT"
