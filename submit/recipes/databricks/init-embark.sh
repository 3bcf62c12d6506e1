#!/usr/bin/env bash
# Puts the one jar on the class path before Spark starts, so that every session and notebook has
# embed(). Upload the jar next to this script; on a GPU cluster also the jar of native/cuda, which
# `mvn package -Pcuda` builds. A library that is attached later needs Embark.install(spark).
set -euo pipefail
cp /Volumes/CATALOG/SCHEMA/embark/embark-*.jar /databricks/jars/
