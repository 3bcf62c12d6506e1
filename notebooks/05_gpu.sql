-- Databricks notebook source
-- MAGIC %md
-- MAGIC # On a GPU cluster
-- MAGIC
-- MAGIC This notebook checks that a GPU cluster is set up correctly. The SQL is the same as on a CPU
-- MAGIC cluster: the cluster and the option `device` decide where vectors are computed.
-- MAGIC
-- MAGIC A test of the repository executes every cell on a machine without a GPU, where the CPU
-- MAGIC computes. The settings of the cluster follow the documentation of Databricks and Spark; they
-- MAGIC were not tested on Databricks.

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The cluster
-- MAGIC The cluster needs:
-- MAGIC - A GPU runtime, and the access mode *dedicated*.
-- MAGIC - The jar with llama.cpp's CUDA build next to the one jar: `mvn package -Pcuda` builds it in
-- MAGIC   `native/cuda`. If a required driver or library is missing, the CPU computes and the log of the
-- MAGIC   executor names what is missing.
-- MAGIC - A value of `spark.task.resource.gpu.amount` with which several tasks share a GPU, such as `0.25`:
-- MAGIC   while one task fetches rows, others compute.
-- MAGIC
-- MAGIC Outside of Databricks, Spark also needs `spark.executor.resource.gpu.amount=1` and
-- MAGIC `spark.executor.resource.gpu.discoveryScript` to find the GPUs.

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Current settings
-- MAGIC An undefined value means that Spark assigns no GPU to tasks.

-- COMMAND ----------

-- DBTITLE 1,GPUs of executors
SET spark.executor.resource.gpu.amount

-- COMMAND ----------

-- DBTITLE 1,GPUs of tasks
SET spark.task.resource.gpu.amount

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The same vectors
-- MAGIC `device` = `auto`, the default, uses the GPU that Spark assigned to the task, or else the CPU; `cpu`
-- MAGIC always uses the CPU. `gpu` fails with the reason if there is no GPU: set it once a cluster works,
-- MAGIC so that a later misconfiguration is noticed. Both sides of this comparison use the same weights
-- MAGIC and differ only by rounding.

-- COMMAND ----------

-- DBTITLE 1,Both devices agree
SELECT
  body,
  round(cosine_similarity(embed(body, map('device', 'auto')), embed(body, map('device', 'cpu'))), 4) AS cosine
FROM VALUES ('The harbour freezes over in January.'), ('Rye bread keeps for a week.') AS t(body)

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Speed
-- MAGIC To measure the speed, embed more texts than here and read the metrics of the node `EvalModel` in
-- MAGIC the SQL tab: the tokens, and the encoding time summed over tasks. All texts differ, because equal
-- MAGIC texts of a window are embedded once. Made-up texts measure the speed of the cluster, not the
-- MAGIC quality of the vectors.

-- COMMAND ----------

-- DBTITLE 1,Texts to measure with
CREATE OR REPLACE TEMPORARY VIEW made_up AS
SELECT concat('Report ', id, ' of the harbour: ', id % 97, ' ships, ', id % 89, ' of them late.') AS body
FROM range(200)

-- COMMAND ----------

-- DBTITLE 1,Embed them
SELECT count(embedding) AS embedded, sum(tokens) AS tokens
FROM (SELECT d.embedding, d.tokens FROM (SELECT embed_detail(body) AS d FROM made_up))
