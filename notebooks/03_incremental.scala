// Databricks notebook source
// MAGIC %md
// MAGIC # Incremental embedding
// MAGIC
// MAGIC Vectors are expensive to compute, so embed only new and changed texts. This notebook shows two
// MAGIC ways: a `MERGE` that runs from time to time, and a stream.
// MAGIC
// MAGIC The notebook needs Delta tables. Databricks has them; elsewhere add `io.delta:delta-spark` for
// MAGIC your Spark version and its two confs. A test of the repository executes every cell on Spark 4.1 with Delta
// MAGIC 4.2, outside of Databricks; other versions of the two were not tried with this notebook.

// COMMAND ----------

// MAGIC %md
// MAGIC ## A table and its vectors

// COMMAND ----------

// DBTITLE 1,Articles
// MAGIC %sql
// MAGIC CREATE TABLE articles (id BIGINT, body STRING) USING delta

// COMMAND ----------

// DBTITLE 1,First articles
// MAGIC %sql
// MAGIC INSERT INTO articles VALUES
// MAGIC   (1, 'The lighthouse keeper wrote down every ship.'),
// MAGIC   (2, 'Rye bread keeps for a week in a linen bag.'),
// MAGIC   (3, 'The violin was tuned a little too high.')

// COMMAND ----------

// DBTITLE 1,Vectors
// MAGIC %sql
// MAGIC CREATE TABLE article_vectors USING delta AS
// MAGIC SELECT id, body, embed(body) AS embedding FROM articles

// COMMAND ----------

// MAGIC %md
// MAGIC ## Some days later
// MAGIC One article is new, one has changed and one was deleted.

// COMMAND ----------

// DBTITLE 1,New
// MAGIC %sql
// MAGIC INSERT INTO articles VALUES (4, 'A storm kept the ferry in the harbour.')

// COMMAND ----------

// DBTITLE 1,Rewritten
// MAGIC %sql
// MAGIC UPDATE articles SET body = 'Sourdough bread keeps for a week in a linen bag.' WHERE id = 2

// COMMAND ----------

// DBTITLE 1,Gone
// MAGIC %sql
// MAGIC DELETE FROM articles WHERE id = 3

// COMMAND ----------

// MAGIC %md
// MAGIC ## Embed the difference
// MAGIC The anti-join selects the rows whose text has no vector yet, and only those are embedded.
// MAGIC `MERGE` may read its source more than once, so the new vectors are cached first. For tables of
// MAGIC many millions of rows, store a hash of the text with the vector and compare the hashes.

// COMMAND ----------

// DBTITLE 1,Embed what is missing
// MAGIC %sql
// MAGIC CACHE TABLE new_vectors AS
// MAGIC SELECT id, body, embed(body) AS embedding
// MAGIC FROM (
// MAGIC   SELECT a.id, a.body
// MAGIC   FROM articles AS a
// MAGIC   LEFT ANTI JOIN article_vectors AS v ON a.id = v.id AND a.body = v.body
// MAGIC )

// COMMAND ----------

// DBTITLE 1,Merge
// MAGIC %sql
// MAGIC MERGE INTO article_vectors AS v
// MAGIC USING new_vectors AS n ON v.id = n.id
// MAGIC WHEN MATCHED THEN UPDATE SET *
// MAGIC WHEN NOT MATCHED THEN INSERT *

// COMMAND ----------

// DBTITLE 1,Forget what is gone
// MAGIC %sql
// MAGIC MERGE INTO article_vectors AS v
// MAGIC USING articles AS a ON v.id = a.id
// MAGIC WHEN NOT MATCHED BY SOURCE THEN DELETE

// COMMAND ----------

// DBTITLE 1,Release
// MAGIC %sql
// MAGIC UNCACHE TABLE new_vectors

// COMMAND ----------

// DBTITLE 1,Articles and vectors agree
// MAGIC %sql
// MAGIC SELECT a.id, a.body = v.body AS same_text, size(v.embedding) AS dimensions
// MAGIC FROM articles AS a FULL OUTER JOIN article_vectors AS v ON a.id = v.id
// MAGIC ORDER BY a.id

// COMMAND ----------

// MAGIC %md
// MAGIC ## A stream
// MAGIC A stream suits a table that only grows. The checkpoint records which rows were embedded. The
// MAGIC trigger `AvailableNow` processes the available rows and stops, so the cell can run as an hourly
// MAGIC job. Without the trigger the stream keeps running and embeds rows as they arrive.

// COMMAND ----------

// DBTITLE 1,Messages
// MAGIC %sql
// MAGIC CREATE TABLE messages (id BIGINT, body STRING) USING delta

// COMMAND ----------

// DBTITLE 1,First messages
// MAGIC %sql
// MAGIC INSERT INTO messages VALUES (1, 'Has anybody found a blue scarf?'), (2, 'The lift is out of order.')

// COMMAND ----------

// DBTITLE 1,Stream
import dev.embark.spark.Embark
import org.apache.spark.sql.streaming.Trigger

// On Databricks with Unity Catalog: a folder of a volume, "/Volumes/<catalog>/<schema>/<volume>/…".
val checkpoint = spark.conf.get("spark.sql.warehouse.dir") + "/_checkpoints/message_vectors"

def embedNewMessages(): Long = {
  val query = spark.readStream
    .table("messages")
    .withColumn("embedding", Embark.embed($"body"))
    .writeStream
    .option("checkpointLocation", checkpoint)
    .trigger(Trigger.AvailableNow())
    .toTable("message_vectors")
  query.awaitTermination()
  query.recentProgress.map(_.numInputRows).sum
}

val embeddedFirst = embedNewMessages()

// COMMAND ----------

// DBTITLE 1,One more message
// MAGIC %sql
// MAGIC INSERT INTO messages VALUES (3, 'The scarf hangs at the reception.')

// COMMAND ----------

// DBTITLE 1,Stream again
val embeddedThen = embedNewMessages()
println(s"$embeddedFirst rows, then $embeddedThen")

// COMMAND ----------

// DBTITLE 1,Vectors of the stream
// MAGIC %sql
// MAGIC SELECT id, size(embedding) AS dimensions FROM message_vectors ORDER BY id
