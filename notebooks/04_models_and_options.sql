-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Choosing a model and its options
-- MAGIC
-- MAGIC This notebook shows the decisions to make before you embed a large table: the model, its prefix,
-- MAGIC the treatment of long texts, and the size of the vectors.
-- MAGIC
-- MAGIC The second argument of `embed` is a literal map of options. `SET spark.embark.<option> =
-- MAGIC <value>` sets an option for every call of the session that does not set it itself. A test of
-- MAGIC the repository executes every cell.

-- COMMAND ----------

-- DBTITLE 1,All options
DESCRIBE FUNCTION EXTENDED embed

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Which model
-- MAGIC `model` takes a path, `file:`, `classpath:`, a URI that the cluster's Hadoop reads, or a file on
-- MAGIC the Hugging Face Hub, as in `hf:org/repo/file.gguf`. On Databricks, put the GGUF file into a
-- MAGIC volume and use `map('model', '/Volumes/main/default/models/name.gguf')`. The built-in model,
-- MAGIC named here by its full name, is a good first choice for English: small, fast, 384 dimensions.
-- MAGIC
-- MAGIC Vectors of different models, or of one model with different options, are not comparable. If you
-- MAGIC change the model, embed everything again.

-- COMMAND ----------

-- DBTITLE 1,A model by its name
SELECT
  size(embed('A cat sat on the mat.', map('model', 'classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf'))) AS dimensions,
  round(cosine_similarity(
    embed('A cat sat on the mat.', map('model', 'classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf')),
    embed('A cat sat on the mat.')
  ), 4) AS similarity_to_the_default

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Prefix
-- MAGIC Many retrieval models were trained with a prefix before each text: E5 expects `query: ` before
-- MAGIC questions and `passage: ` before documents, other models an instruction. The option `role` puts
-- MAGIC the prefix of a known model before each text; `prefix` sets any text, for example the one that the
-- MAGIC model's page names. Without it such a model finds less. A model that was trained without a prefix, such
-- MAGIC as the built-in one, gets worse with a prefix: both cosines below are of the same two texts.

-- COMMAND ----------

-- DBTITLE 1,A prefix changes the vector
SELECT
  round(cosine_similarity(embed('How tall is Everest?'), embed('Everest is 8,849 metres high.')), 3) AS without,
  round(cosine_similarity(
    embed('How tall is Everest?', map('prefix', 'query: ')),
    embed('Everest is 8,849 metres high.', map('prefix', 'passage: '))
  ), 3) AS with_prefix

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Long texts
-- MAGIC A model reads a limited number of tokens, here 512. `embed_tokens` returns the number of tokens of
-- MAGIC a text up to that limit, and `embed_detail` also whether its tail was cut off. Check this before
-- MAGIC you choose: if few texts are truncated, keep the default.

-- COMMAND ----------

-- DBTITLE 1,Texts
CREATE OR REPLACE TEMPORARY VIEW manuals AS
SELECT * FROM VALUES
  ('short', 'Descale the machine once a month.'),
  ('long', concat(
    repeat('Fill the tank with fresh water and switch the machine on. ', 60),
    'The guarantee covers leaking pumps for two years.'
  ))
  AS t(name, body)

-- COMMAND ----------

-- DBTITLE 1,What was cut off
SELECT name, d.tokens, d.truncated
FROM (SELECT name, embed_detail(body) AS d FROM manuals)
ORDER BY name

-- COMMAND ----------

-- MAGIC %md
-- MAGIC `longText` = `truncate` keeps the beginning, `chunk` embeds windows and averages them weighted by
-- MAGIC their tokens, and `error` returns NULL with a reason. Only the last sentence of the long text
-- MAGIC answers the question below, and truncation removes it. A mean over many windows is imprecise,
-- MAGIC too: to find single passages, split the texts into rows before embedding.

-- COMMAND ----------

-- DBTITLE 1,Truncated and chunked
SELECT
  round(cosine_similarity(embed(body), q), 3) AS truncated,
  round(cosine_similarity(embed(body, map('longText', 'chunk', 'maxTokens', '128', 'chunkOverlap', '16')), q), 3) AS chunked,
  embed_detail(body, map('longText', 'error')).error AS error
FROM manuals CROSS JOIN (SELECT embed('How long is the guarantee on the pump?') AS q)
WHERE name = 'long'

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Fewer dimensions
-- MAGIC `dimensions` keeps the first dimensions and normalises again. Models trained for this (matryoshka)
-- MAGIC lose little accuracy; the built-in model was not trained for it and loses more. Measure the
-- MAGIC effect on your own texts before you rely on it.

-- COMMAND ----------

-- DBTITLE 1,Half of the dimensions
SELECT size(v) AS dimensions, round(sqrt(aggregate(v, 0D, (s, x) -> s + x * x)), 4) AS length
FROM (SELECT embed('Descale the machine once a month.', map('dimensions', '192')) AS v)

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Smaller numbers
-- MAGIC `output` = `int8` stores one byte per number, a quarter of the size of floats, and
-- MAGIC `cosine_similarity` accepts these vectors directly. `binary` keeps the sign bits, 48 bytes for 384
-- MAGIC dimensions. Compare them by the number of differing bits, which is precise enough to select
-- MAGIC candidates for reranking.

-- COMMAND ----------

-- DBTITLE 1,Sentences
CREATE OR REPLACE TEMPORARY VIEW sentences AS
SELECT
  body,
  embed(body) AS floats,
  embed(body, map('output', 'int8')) AS bytes,
  embed(body, map('output', 'binary')) AS bits
FROM VALUES
  ('The train to the coast leaves at noon.'),
  ('At twelve a train departs for the sea.'),
  ('Bake the bread until the crust is brown.'),
  ('Photosynthesis turns light into sugar.')
  AS t(body)

-- COMMAND ----------

-- DBTITLE 1,What the smaller numbers keep
SELECT
  a.body AS one,
  b.body AS other,
  round(cosine_similarity(a.floats, b.floats), 3) AS by_floats,
  round(cosine_similarity(a.bytes, b.bytes), 3) AS by_bytes,
  bit_count_of_difference / (8 * length(a.bits)) AS bits_that_differ
FROM sentences AS a
JOIN sentences AS b ON a.body < b.body
JOIN LATERAL (
  SELECT aggregate(
    zip_with(sequence(1, length(a.bits)), sequence(1, length(a.bits)), (i, j) ->
      bit_count(
        CAST(conv(hex(substring(a.bits, i, 1)), 16, 10) AS INT)
        ^ CAST(conv(hex(substring(b.bits, i, 1)), 16, 10) AS INT)
      )
    ), 0, (s, x) -> s + x) AS bit_count_of_difference
)
ORDER BY by_floats DESC

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Misspelt options
-- MAGIC A misspelt option ends the statement before any row is read, and the error suggests the nearest
-- MAGIC name: `There is no embed option 'longTxt'; did you mean 'longText'?` Option names are
-- MAGIC case-insensitive.

-- COMMAND ----------

-- DBTITLE 1,Keys in any case
SELECT embed_tokens('Keys are taken in upper and lower case alike.', map('LONGTEXT', 'chunk')) AS tokens

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## For the whole session
-- MAGIC A session option applies to every function of Embark until it is reset.

-- COMMAND ----------

-- DBTITLE 1,Set
SET spark.embark.maxTokens = 16

-- COMMAND ----------

-- DBTITLE 1,With the session's option
SELECT
  embed_tokens(body) AS by_session,
  embed_tokens(body, map('maxTokens', '32')) AS by_call
FROM manuals
WHERE name = 'long'

-- COMMAND ----------

-- DBTITLE 1,Reset
RESET spark.embark.maxTokens
