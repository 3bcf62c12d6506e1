-- Databricks notebook source
-- MAGIC %md
-- MAGIC # On a GPU cluster
-- MAGIC
-- MAGIC The statements are those of a CPU cluster; where vectors are computed is decided by the cluster
-- MAGIC and the option `device`. This notebook checks that a cluster is set up as it should be.
-- MAGIC
-- MAGIC A test of the repository executes every cell on a machine without a GPU, where the CPU
-- MAGIC computes. The settings of the cluster follow the documentation of Databricks and Spark; they
-- MAGIC were not tried on Databricks.

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The cluster
-- MAGIC - A GPU runtime, and the access mode *dedicated*.
-- MAGIC - Beside the one jar, the jar with llama.cpp's CUDA build: `mvn package -Pcuda` makes it in
-- MAGIC   `native/cuda`. Where a driver or library that it needs is missing, the CPU computes and the log
-- MAGIC   of the executor names what is not there.
-- MAGIC - `spark.task.resource.gpu.amount` small enough for some tasks to share a GPU, such as `0.25`:
-- MAGIC   while one fetches rows, others compute.
-- MAGIC
-- MAGIC Outside of Databricks, Spark also has to be told to find the GPUs:
-- MAGIC `spark.executor.resource.gpu.amount=1` and `spark.executor.resource.gpu.discoveryScript`.

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## What is set
-- MAGIC Empty values mean that Spark assigns no GPU to tasks.

-- COMMAND ----------

-- DBTITLE 1,GPUs of executors
SET spark.executor.resource.gpu.amount

-- COMMAND ----------

-- DBTITLE 1,GPUs of tasks
SET spark.task.resource.gpu.amount

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The same vectors
-- MAGIC `device` = `auto`, the default, takes the GPU that Spark assigned to the task and else the CPU;
-- MAGIC `cpu` stays there. `gpu` fails where there is none and says why: set it once a cluster works, so
-- MAGIC that it is noticed when it does not. Both sides of this comparison are computed with the same
-- MAGIC weights, and may differ by rounding only.

-- COMMAND ----------

-- DBTITLE 1,Both devices agree
SELECT
  body,
  round(cosine_similarity(embed(body, map('device', 'auto')), embed(body, map('device', 'cpu'))), 4) AS cosine
FROM VALUES ('The harbour freezes over in January.'), ('Rye bread keeps for a week.') AS t(body)

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Speed
-- MAGIC Embed some texts (more than here) and read the metrics of the node `EvalModel` in the SQL
-- MAGIC tab: tokens, and the time embedding summed over tasks. The texts differ, since equal ones of a
-- MAGIC window are embedded once. Made-up texts say how fast the cluster is, not how good the vectors.

-- COMMAND ----------

-- DBTITLE 1,Texts to measure with
CREATE OR REPLACE TEMPORARY VIEW made_up AS
SELECT concat('Report ', id, ' of the harbour: ', id % 97, ' ships, ', id % 89, ' of them late.') AS body
FROM range(200)

-- COMMAND ----------

-- DBTITLE 1,Embed them
SELECT count(embedding) AS embedded, sum(tokens) AS tokens
FROM (SELECT d.embedding, d.tokens FROM (SELECT embed_detail(body) AS d FROM made_up))
