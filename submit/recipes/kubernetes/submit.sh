#!/usr/bin/env bash
# Runs the batch job on Kubernetes. API is the server's URL, IMAGE the image that the Dockerfile in this
# folder builds.
set -euo pipefail
: "${API:?}" "${IMAGE:?}" "${INPUT:?}" "${OUTPUT:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

exec spark-submit \
  --master "k8s://$API" \
  --deploy-mode cluster \
  --num-executors "${EXECUTORS:-10}" \
  --executor-cores 4 \
  --executor-memory 4g \
  --conf spark.executor.memoryOverhead=4g \
  --conf spark.kubernetes.container.image="$IMAGE" \
  --conf spark.kubernetes.authenticate.driver.serviceAccountName=spark \
  --conf spark.kubernetes.executor.podTemplateFile="$here/executor.yaml" \
  --conf spark.executor.extraJavaOptions=-Dorg.bytedeco.javacpp.cachedir=/var/embark/lib \
  --class dev.embark.job.EmbedJob \
  "local:///opt/spark/jars/${EMBARK_JAR_NAME:-embark-0.1.0-SNAPSHOT-linux-x86_64.jar}" \
  --input "$INPUT" \
  --text-column "${TEXT_COLUMN:-text}" \
  --output "$OUTPUT"
