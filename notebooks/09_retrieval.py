# Databricks notebook source
# MAGIC %md
# MAGIC # Retrieval: chunks, search, reranking
# MAGIC
# MAGIC This notebook finds the passages that answer questions: it cuts documents into chunks, embeds the
# MAGIC chunks, finds the 20 nearest to each question, and lets a cross-encoder, which reads question and
# MAGIC passage together, choose the best three. First in SQL, then in Python.
# MAGIC
# MAGIC The documents are the sample of the repository, `submit/sample`. Embark has no reranker built in:
# MAGIC set `spark.embark.rerank.model` to the folder or the name of a cross-encoder, such as
# MAGIC `hf:cross-encoder/ms-marco-MiniLM-L6-v2@<revision>`, before the section on reranking. The rest
# MAGIC of the notebook runs without it.
# MAGIC
# MAGIC A test of the repository executes every cell by PySpark, with a reranker of random weights, and
# MAGIC compares the figures in the text with the results.

# COMMAND ----------

# DBTITLE 1,Install
import embark

embark.install(spark)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Documents
# MAGIC The sample has 200 sentences on 10 topics. All sentences of a topic make one document. The paths are
# MAGIC those of a clone of the repository, seen from the folder `notebooks`; adapt them elsewhere.

# COMMAND ----------

# DBTITLE 1,Documents and questions
spark.sql("""
  CREATE OR REPLACE TEMPORARY VIEW sentences (id BIGINT, text STRING, topic STRING)
  USING json OPTIONS (path '../submit/sample/texts.json')
""")
spark.sql("""
  CREATE OR REPLACE TEMPORARY VIEW documents AS
  SELECT topic, array_join(array_sort(collect_list(named_struct('id', id, 'text', text))).text, ' ') AS body
  FROM sentences
  GROUP BY topic
""")
spark.sql("""
  CREATE OR REPLACE TEMPORARY VIEW questions (id BIGINT, text STRING)
  USING json OPTIONS (path '../submit/sample/queries.json')
""")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Chunks and their vectors
# MAGIC One vector for a document of 400 words finds little. `embed_chunks` cuts each document at the ends of
# MAGIC sentences into chunks of at most 64 tokens. In production, write the chunks to a table; this notebook
# MAGIC keeps them in the session's cache.

# COMMAND ----------

# DBTITLE 1,Chunks
spark.sql("""
  CREATE OR REPLACE TEMPORARY VIEW chunks AS
  SELECT topic, c.position, c.tokens, c.text, c.embedding
  FROM documents LATERAL VIEW explode(embed_chunks(body, chunkTokens => 64)) AS c
""")
spark.sql("CACHE TABLE chunks")

# COMMAND ----------

# DBTITLE 1,How many chunks
spark.sql("""
  SELECT count(DISTINCT topic) AS documents, count(*) AS chunks, min(tokens) AS fewest, max(tokens) AS most
  FROM chunks
""").show()

# COMMAND ----------

# MAGIC %md
# MAGIC The 10 documents make 77 chunks of 15 to 64 tokens.
# MAGIC
# MAGIC ## The 20 nearest chunks
# MAGIC `nearest` compares every question with every chunk. `score` is the cosine.

# COMMAND ----------

# DBTITLE 1,Candidates
spark.sql("""
  CREATE OR REPLACE TEMPORARY VIEW candidates AS
  SELECT query.id, query.text AS question, document.topic, document.position, document.text AS passage, rank, score
  FROM nearest(TABLE(SELECT id, text, embed(text) AS embedding FROM questions), TABLE(chunks), 20)
""")
spark.sql("CACHE TABLE candidates")

# COMMAND ----------

# DBTITLE 1,The nearest chunk of each question
spark.sql("""
  SELECT question, topic, position, round(score, 3) AS score
  FROM candidates
  WHERE rank = 1
  ORDER BY id
""").show(truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC The built-in model finds:
# MAGIC
# MAGIC | question | topic | score |
# MAGIC |---|---|---|
# MAGIC | How do I keep my tomato plants alive during a heat wave? | gardening | 0.441 |
# MAGIC | How can I stop living from one paycheck to the next? | personal finance | 0.423 |
# MAGIC | Where might extraterrestrial life exist? | astronomy | 0.333 |
# MAGIC
# MAGIC ## Reranking
# MAGIC A cross-encoder runs once for every pair, here for 60 pairs of question and candidate; all chunks
# MAGIC would be 231. `rerank` uses the model of `spark.embark.rerank.model`. Scores of different models are
# MAGIC not comparable.

# COMMAND ----------

# DBTITLE 1,The best three by SQL
best_by_sql = spark.sql("""
  SELECT id, question, topic, position, passage, rank AS rank_by_vector, relevance
  FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY relevance DESC) AS place
    FROM (SELECT *, rerank(question, passage) AS relevance FROM candidates)
  )
  WHERE place <= 3
  ORDER BY id, place
""")
best_by_sql.show(truncate=60)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The same in Python

# COMMAND ----------

# DBTITLE 1,The best three by DataFrame
from pyspark.sql import Window
from pyspark.sql import functions as sf

from embark import embed, embed_chunks, nearest, rerank

passages = spark.table("documents").select("topic", sf.inline(embed_chunks("body", chunk_tokens=64)))
asked = spark.table("questions").withColumn("embedding", embed("text"))
found = nearest(asked, passages, 20).select(
    "query.id",
    sf.col("query.text").alias("question"),
    "document.topic",
    "document.position",
    sf.col("document.text").alias("passage"),
    sf.col("rank").alias("rank_by_vector"),
)
by_relevance = Window.partitionBy("id").orderBy(sf.col("relevance").desc())
best = (
    found.withColumn("relevance", rerank("question", "passage"))
    .withColumn("place", sf.row_number().over(by_relevance))
    .where("place <= 3")
    .orderBy("id", "place")
)
best.show(truncate=60)

# COMMAND ----------

# DBTITLE 1,Release the cached views
spark.sql("UNCACHE TABLE IF EXISTS candidates")
spark.sql("UNCACHE TABLE IF EXISTS chunks")
