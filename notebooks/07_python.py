# Databricks notebook source
# MAGIC %md
# MAGIC # Embark from Python
# MAGIC
# MAGIC PySpark needs no Python package for Embark: with the jar on the cluster, `embed` is an ordinary
# MAGIC function of Spark. No Python worker is involved, and the texts stay in the executors' JVMs. The
# MAGIC same applies to a Spark Connect client, such as Databricks Connect.
# MAGIC
# MAGIC A test of the repository compiles every cell of this notebook and executes the SQL in
# MAGIC `spark.sql(…)`. It does not run PySpark.

# COMMAND ----------

# DBTITLE 1,Texts
spark.sql("""
  CREATE OR REPLACE TEMPORARY VIEW docs AS
  SELECT * FROM VALUES
    (1, 'The harbour freezes over in January.'),
    (2, 'Ice closes the port every winter.'),
    (3, 'She learned to play the cello at forty.')
    AS t(id, body)
""")

# COMMAND ----------

# MAGIC %md
# MAGIC ## SQL

# COMMAND ----------

# DBTITLE 1,By SQL
vectors = spark.sql("SELECT id, body, embed(body) AS embedding FROM docs")
vectors.printSchema()

# COMMAND ----------

# MAGIC %md
# MAGIC ## DataFrames
# MAGIC `call_function` exists since Spark 3.5; `expr` works in every version.

# COMMAND ----------

# DBTITLE 1,By DataFrame
from pyspark.sql.functions import call_function, col, create_map, expr, lit

docs = spark.table("docs")

plain = docs.withColumn("embedding", call_function("embed", col("body")))

# Options are a literal map, as in SQL.
options = create_map(lit("longText"), lit("chunk"), lit("maxTokens"), lit("128"))
chunked = docs.withColumn("embedding", call_function("embed", col("body"), options))

same = docs.withColumn("embedding", expr("embed(body, map('longText', 'chunk', 'maxTokens', '128'))"))

# COMMAND ----------

# DBTITLE 1,The SQL that expr parses
chunked_by_sql = spark.sql("""
  SELECT id, embed(body, map('longText', 'chunk', 'maxTokens', '128')) AS embedding FROM docs
""")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Nearest texts
# MAGIC The question is passed as a parameter and never concatenated into the statement.

# COMMAND ----------

# DBTITLE 1,By a parameter
question = "When is the port closed by ice?"

nearest = (
    plain.withColumn("question", call_function("embed", lit(question)))
    .withColumn("similarity", call_function("cosine_similarity", "embedding", "question"))
    .orderBy(col("similarity").desc())
    .select("id", "body", "similarity")
    .limit(2)
)
nearest.show(truncate=False)

# COMMAND ----------

# DBTITLE 1,Nearest by SQL
nearest_by_sql = spark.sql("""
  SELECT id, body
  FROM docs
  ORDER BY cosine_similarity(embed(body), embed('When is the port closed by ice?')) DESC
  LIMIT 2
""")

# COMMAND ----------

# MAGIC %md
# MAGIC ## NumPy
# MAGIC Collect only what fits into the driver's memory: 100,000 vectors of 384 floats take about 150 MB.

# COMMAND ----------

# DBTITLE 1,NumPy
import numpy as np

rows = plain.select("id", "embedding").collect()
matrix = np.array([row["embedding"] for row in rows], dtype=np.float32)
