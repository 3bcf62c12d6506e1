#!/usr/bin/env bash
# Runs the batch job on YARN with the driver in the cluster. Paths refer to the cluster's file system.
# Arguments are passed to the job, such as --model hdfs:///models/model.gguf.
set -euo pipefail
: "${EMBARK_JAR:?}" "${INPUT:?}" "${OUTPUT:?}"

exec spark-submit \
  --master yarn \
  --deploy-mode cluster \
  --num-executors "${EXECUTORS:-10}" \
  --executor-cores 4 \
  --executor-memory 4g \
  --conf spark.executor.memoryOverhead=4g \
  --class dev.embark.job.EmbedJob \
  "$EMBARK_JAR" \
  --input "$INPUT" \
  --text-column "${TEXT_COLUMN:-text}" \
  --output "$OUTPUT" \
  "$@"
