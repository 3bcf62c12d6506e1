#!/usr/bin/env bash
# Puts the one jar on the class path before Spark starts, so that every session and notebook has
# embed(). Upload the jar beside this script. A library attached later needs Embark.install(spark).
set -euo pipefail
cp /Volumes/CATALOG/SCHEMA/embark/embark-*-linux-x86_64.jar /databricks/jars/
