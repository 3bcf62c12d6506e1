// Databricks notebook source
// MAGIC %md
// MAGIC # Embark from Scala
// MAGIC
// MAGIC The class `dev.embark.spark.Embark` provides Embark's SQL functions as Column functions for Scala
// MAGIC and Java. They use the same operator as SQL. A test of the repository executes every cell with
// MAGIC Scala's own interpreter.

// COMMAND ----------

// DBTITLE 1,Imports
import dev.embark.spark.Embark
import org.apache.spark.sql.functions._
import java.util.Map

// COMMAND ----------

// MAGIC %md
// MAGIC Spark finds Embark by itself if the jar was present when Spark started. If a library is attached to
// MAGIC a running session, `install` adds the functions; otherwise `install` is a no-op.

// COMMAND ----------

// DBTITLE 1,Install
Embark.install(spark)

// COMMAND ----------

// DBTITLE 1,Texts
val docs = Seq(
  (1, "The harbour freezes over in January."),
  (2, "Ice closes the port every winter."),
  (3, "She learned to play the cello at forty."),
  (4, null)
).toDF("id", "body")

// COMMAND ----------

// MAGIC %md
// MAGIC ## A column of vectors
// MAGIC NULL stays NULL.

// COMMAND ----------

// DBTITLE 1,Embed
val vectors = docs.withColumn("embedding", Embark.embed($"body"))
vectors.select($"id", size($"embedding").as("dimensions")).show()

// COMMAND ----------

// MAGIC %md
// MAGIC ## Options
// MAGIC Options are a Java map with the same keys as in SQL.

// COMMAND ----------

// DBTITLE 1,Options
val detail = docs
  .select($"id", Embark.embedDetail($"body", Map.of("maxTokens", "8", "longText", "truncate")).as("d"))
  .select($"id", $"d.tokens", $"d.truncated", $"d.error")
  .orderBy($"id")
  .collect()

// COMMAND ----------

// DBTITLE 1,Tokens
val tokens = docs
  .agg(sum(Embark.embedTokens($"body", Map.of[String, String]())))
  .as[Long]
  .head()

// COMMAND ----------

// MAGIC %md
// MAGIC ## Nearest texts
// MAGIC `call_function` calls SQL functions by name. `Embark.cosineSimilarity` is the same function.

// COMMAND ----------

// DBTITLE 1,Nearest
val nearest = vectors
  .where($"embedding".isNotNull)
  .orderBy(call_function("cosine_similarity", $"embedding", Embark.embed(lit("When is the port closed by ice?"))).desc)
  .select($"id")
  .as[Int]
  .take(2)

// COMMAND ----------

// MAGIC %md
// MAGIC ## The plan
// MAGIC The plan has one `EvalModel` for each distinct call: the vector is computed once, however often
// MAGIC the query uses it.

// COMMAND ----------

// DBTITLE 1,Plan
val plan = docs
  .where(Embark.embed($"body").isNotNull)
  .select(Embark.embed($"body").as("embedding"))
  .queryExecution
  .executedPlan
  .toString
println(plan)
