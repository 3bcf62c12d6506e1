-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Embark quickstart
-- MAGIC
-- MAGIC `embed(text)` turns a text into a vector, an `ARRAY<FLOAT>`. Texts with a similar meaning get
-- MAGIC similar vectors. llama.cpp computes the vectors inside the Spark executors, without a service or
-- MAGIC a Python worker.
-- MAGIC
-- MAGIC This notebook needs only a Spark session with the Embark jar on its class path. The default
-- MAGIC model, all-MiniLM-L6-v2, is in the jar and returns 384 numbers per text.

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Some texts
-- MAGIC The view holds twelve sentences on four topics, inline so that the notebook runs anywhere.
-- MAGIC Replace it with your own table.

-- COMMAND ----------

-- DBTITLE 1,Texts
CREATE OR REPLACE TEMPORARY VIEW docs AS
SELECT * FROM VALUES
  (1, 'gardening', 'Water the beds deeply at dawn, before the midday sun dries out the soil.'),
  (2, 'gardening', 'A layer of straw mulch holds moisture in the ground during the hottest weeks of summer.'),
  (3, 'gardening', 'Shade cloth spares vegetable leaves from the scorching afternoon sun.'),
  (4, 'astronomy', 'Saturn''s rings are made mostly of water ice.'),
  (5, 'astronomy', 'Sunlight takes a little more than eight minutes to reach us.'),
  (6, 'astronomy', 'The Andromeda galaxy is about two and a half million light years away.'),
  (7, 'finance', 'Set aside three to six months of expenses, in case you lose your job.'),
  (8, 'finance', 'A standing order to a savings account puts money away before you can spend it.'),
  (9, 'finance', 'Write down every purchase for a month, and you will see where the money goes.'),
  (10, 'music', 'Antonín Dvořák composed a symphony while he lived in New York.'),
  (11, 'music', 'Jazz grew up in New Orleans out of ragtime, blues and brass bands.'),
  (12, 'music', 'Bartolomeo Cristofori built the first pianos in Florence.')
  AS t(id, topic, body)

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The first vectors
-- MAGIC `embed` is an ordinary function of Spark SQL. The vectors have unit length.

-- COMMAND ----------

-- DBTITLE 1,Vectors
SELECT
  id,
  size(embedding) AS dimensions,
  round(sqrt(aggregate(transform(embedding, x -> x * x), 0D, (sum, x) -> sum + x)), 4) AS length,
  slice(embedding, 1, 4) AS first_four
FROM (SELECT id, embed(body) AS embedding FROM docs)
ORDER BY id

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Where the work happens
-- MAGIC The physical plan contains the operator `EvalModel`, which passes the rows of a partition to
-- MAGIC llama.cpp in batches.

-- COMMAND ----------

-- DBTITLE 1,Plan
EXPLAIN SELECT id, embed(body) AS embedding FROM docs

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Embed once, search often
-- MAGIC Texts change less often than queries, so store the vectors. This notebook keeps them in the
-- MAGIC cache of the session; a production job writes them to a table.

-- COMMAND ----------

-- DBTITLE 1,Embeddings
CREATE OR REPLACE TEMPORARY VIEW doc_embeddings AS
SELECT id, topic, body, embed(body) AS embedding FROM docs

-- COMMAND ----------

-- DBTITLE 1,Keep the embeddings
CACHE TABLE doc_embeddings

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Nearest texts
-- MAGIC The cosine of the angle between two vectors measures their similarity: 1 means the same
-- MAGIC direction. For vectors of unit length the cosine is the sum of the products of their elements.
-- MAGIC
-- MAGIC The question below mentions tomatoes and a heat wave, and no text does. The query finds the
-- MAGIC relevant texts by their meaning.

-- COMMAND ----------

-- DBTITLE 1,Nearest to a question on the garden
SELECT
  round(
    aggregate(zip_with(d.embedding, q.embedding, (x, y) -> x * y), 0D, (sum, x) -> sum + x),
    3
  ) AS similarity,
  d.topic,
  d.body
FROM doc_embeddings AS d
CROSS JOIN (
  SELECT embed('How do I keep my tomatoes alive in a heat wave?') AS embedding
) AS q
ORDER BY similarity DESC
LIMIT 3

-- COMMAND ----------

-- MAGIC %md
-- MAGIC The same vectors answer another question. Only the question is embedded; the texts are not
-- MAGIC embedded again.

-- COMMAND ----------

-- DBTITLE 1,Nearest to a question on money
SELECT
  round(
    aggregate(zip_with(d.embedding, q.embedding, (x, y) -> x * y), 0D, (sum, x) -> sum + x),
    3
  ) AS similarity,
  d.topic,
  d.body
FROM doc_embeddings AS d
CROSS JOIN (
  SELECT embed('How can I stop living from one paycheck to the next?') AS embedding
) AS q
ORDER BY similarity DESC
LIMIT 3

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Clean up
-- MAGIC The cache ends with the session; this statement releases its memory at once.

-- COMMAND ----------

-- DBTITLE 1,Release the embeddings
UNCACHE TABLE IF EXISTS doc_embeddings
