#!/usr/bin/env bash
# Runs the batch job on a Dataproc cluster. JAR, INPUT and OUTPUT are gs:// paths.
set -euo pipefail
: "${CLUSTER:?}" "${REGION:?}" "${JAR:?}" "${INPUT:?}" "${OUTPUT:?}"

exec gcloud dataproc jobs submit spark \
  --cluster="$CLUSTER" \
  --region="$REGION" \
  --class=dev.embark.job.EmbedJob \
  --jars="$JAR" \
  --properties=spark.executor.cores=4,spark.executor.memory=4g,spark.executor.memoryOverhead=4g \
  -- \
  --input="$INPUT" \
  --text-column="${TEXT_COLUMN:-text}" \
  --output="$OUTPUT"
