# Databricks notebook source
# MAGIC %md
# MAGIC # The batch job from Python
# MAGIC
# MAGIC The job embeds a table or files in waves that are committed one by one, so that it can be stopped
# MAGIC and run again, and it accounts for every row. This notebook embeds articles, embeds what changed
# MAGIC some days later, and retrieves texts with NumPy.
# MAGIC
# MAGIC A job runs in the driver; a Spark Connect client cannot start one. A test of the repository
# MAGIC executes every cell by PySpark 3.5, 4.1 and 4.3, outside of Databricks.

# COMMAND ----------

# DBTITLE 1,Where the files are
import os

import embark

embark.install(spark)
# On Databricks with Unity Catalog: a folder of a volume, "/Volumes/<catalog>/<schema>/<volume>/…".
folder = os.environ.get("EMBARK_NOTEBOOK_FOLDER", "/tmp/embark-notebook")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Embed all articles
# MAGIC `id_column` identifies an article in later runs. `estimate()` makes every check and writes
# MAGIC nothing. If `run()` is interrupted, the same cell resumes it.

# COMMAND ----------

# DBTITLE 1,Articles
articles = spark.createDataFrame(
    [
        (1, "The lighthouse keeper wrote down every ship."),
        (2, "Rye bread keeps for a week in a linen bag."),
        (3, "The violin was tuned a little too high."),
        (4, None),
    ],
    "id BIGINT, text STRING",
)
articles.write.mode("overwrite").parquet(folder + "/articles")

# COMMAND ----------

# DBTITLE 1,Estimate
job = embark.Job(
    input=folder + "/articles",
    output=folder + "/vectors",
    id_column="id",
    save_mode="append",
    progress="none",
)
estimate = job.estimate()
print(f"{estimate.rows} rows, about {estimate.tokens} tokens and {estimate.seconds} s")

# COMMAND ----------

# DBTITLE 1,Run
first = job.run()
print(f"{first.rows} rows, {first.null_rows} without text, {first.failed_rows} failed")
print(f"The report is in {first.state_folder}/report.html")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Some days later
# MAGIC One article is new and one has changed. The same job skips the others: it compares ids and the
# MAGIC hashes of texts.

# COMMAND ----------

# DBTITLE 1,Changes
changed = spark.createDataFrame(
    [
        (1, "The lighthouse keeper wrote down every ship."),
        (2, "Sourdough bread keeps for a week in a linen bag."),
        (3, "The violin was tuned a little too high."),
        (4, None),
        (5, "A storm kept the ferry in the harbour."),
    ],
    "id BIGINT, text STRING",
)
changed.write.mode("overwrite").parquet(folder + "/articles")

# COMMAND ----------

# DBTITLE 1,Run again
then = job.run()
print(f"{then.rows} rows embedded, {then.skipped_rows} were there already")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Retrieve
# MAGIC Files cannot be updated, so the output still has the row of the old text, with a lower
# MAGIC `embedding_version`; the semi-join keeps the rows of today's articles. A few thousand vectors fit into the driver, where one matrix product compares a question with all
# MAGIC of them. For more, let Spark compare with `cosine_similarity`, or load a vector index.

# COMMAND ----------

# DBTITLE 1,A matrix of vectors
from pyspark.sql.functions import col

vectors = (
    spark.read.parquet(folder + "/vectors")
    .where(col("embedding").isNotNull())
    .join(changed, ["id", "text"], "left_semi")
)
texts = [row.text for row in vectors.select("text").collect()]
matrix = embark.to_numpy(vectors)

# COMMAND ----------

# DBTITLE 1,A question
question = spark.sql("SELECT embed('How long is bread fresh?') AS embedding")
similarities = matrix @ embark.to_numpy(question)[0]
best = texts[int(similarities.argmax())]
print(best)
