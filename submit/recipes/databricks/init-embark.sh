#!/usr/bin/env bash
# Puts the one jar on the class path before Spark starts, so that every session and notebook has
# embed(). Upload the jar beside this script; on a GPU cluster also the one of native/cuda, which
# `mvn package -Pcuda` makes. A library attached later needs Embark.install(spark).
set -euo pipefail
cp /Volumes/CATALOG/SCHEMA/embark/embark-*.jar /databricks/jars/
