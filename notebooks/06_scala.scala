// Databricks notebook source
// MAGIC %md
// MAGIC # Embark from Scala
// MAGIC
// MAGIC `dev.embark.spark.Embark` has a function for each of SQL's. All end in the same operator.
// MAGIC From Java the calls are the same. A test of the repository executes every cell with Scala's
// MAGIC own interpreter.

// COMMAND ----------

// DBTITLE 1,Imports
import dev.embark.spark.Embark
import org.apache.spark.sql.functions._
import java.util.Map

// COMMAND ----------

// MAGIC %md
// MAGIC Spark finds Embark by itself when the jar was there at its start. Where a library is attached
// MAGIC to a session that runs already, `install` adds the functions; otherwise it changes nothing.

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
// MAGIC A Java map with the keys of SQL.

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
// MAGIC SQL's functions are reached by `call_function`, too.

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
// MAGIC One `EvalModel` for each distinct call: the vector is computed once, however often the query
// MAGIC uses it.

// COMMAND ----------

// DBTITLE 1,Plan
val plan = docs
  .where(Embark.embed($"body").isNotNull)
  .select(Embark.embed($"body").as("embedding"))
  .queryExecution
  .executedPlan
  .toString
println(plan)
