# Databricks notebook source
# MAGIC %md
# MAGIC # Embark from Python
# MAGIC
# MAGIC The package `embark-spark` has typed functions for PySpark and for Spark Connect clients, such as
# MAGIC Databricks Connect. The cluster has the jar; no Python worker is involved, and the texts stay in
# MAGIC the executors' JVMs. Install the package on the cluster or with `%pip install embark-spark`.
# MAGIC
# MAGIC A test of the repository executes every cell of this notebook by PySpark 3.5, 4.1 and 4.3, outside
# MAGIC of Databricks, and on 4.1 and 4.3 through Spark Connect, too.

# COMMAND ----------

# DBTITLE 1,Install
import embark

# Adds the functions to a session that was started before the jar was installed; otherwise a no-op.
embark.install(spark)

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
# MAGIC Options are keyword arguments; an unknown one is an error at once, and editors complete them.

# COMMAND ----------

# DBTITLE 1,By DataFrame
from pyspark.sql.functions import col, lit

from embark import cosine_similarity, embed, embed_detail

docs = spark.table("docs")

plain = docs.withColumn("embedding", embed("body"))
chunked = docs.withColumn("embedding", embed("body", long_text="chunk", max_tokens=128))
detail = docs.select("id", embed_detail("body").alias("d")).select("id", "d.tokens", "d.truncated")
detail.show()

# COMMAND ----------

# MAGIC %md
# MAGIC Without the package, `call_function` calls the same SQL function. Options are a literal map.

# COMMAND ----------

# DBTITLE 1,Without the package
from pyspark.sql.functions import call_function, create_map, expr

options = create_map(lit("longText"), lit("chunk"), lit("maxTokens"), lit("128"))
same = docs.withColumn("embedding", call_function("embed", "body", options))
same_by_sql = docs.withColumn("embedding", expr("embed(body, map('longText', 'chunk', 'maxTokens', '128'))"))

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
    plain.withColumn("similarity", cosine_similarity("embedding", embed(lit(question))))
    .orderBy(col("similarity").desc())
    .select("id", "body", "similarity")
    .limit(2)
    .orderBy("id")
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
# MAGIC `to_numpy` fetches a column of vectors as Arrow batches. Fetch only what fits into the driver's
# MAGIC memory: 100,000 vectors of 384 floats take 150 MB.

# COMMAND ----------

# DBTITLE 1,NumPy
matrix = embark.to_numpy(plain, "embedding")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Errors
# MAGIC A mistake is an `AnalysisException` with a condition, its SQLSTATE and its parameters.

# COMMAND ----------

# DBTITLE 1,A wrong value
try:
    docs.select(embed("body", long_text="cut")).show()
except Exception as error:
    ours = embark.error_of(error)
    print(ours.condition, ours.parameters)
