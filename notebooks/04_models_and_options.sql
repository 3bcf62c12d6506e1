-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Choosing a model and its options
-- MAGIC
-- MAGIC What to decide before a million rows are embedded, each shown on a few: the model, its prefix,
-- MAGIC what happens to long texts, and how large the vectors are.
-- MAGIC
-- MAGIC Options are the second argument of `embed`, a literal map. Set for the session, as
-- MAGIC `SET spark.embark.<option> = <value>`, they hold for every call that does not say otherwise.
-- MAGIC A test of the repository executes every cell.

-- COMMAND ----------

-- DBTITLE 1,All options
DESCRIBE FUNCTION EXTENDED embed

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Which model
-- MAGIC `model` takes a path, `file:`, `classpath:`, a URI that the cluster's Hadoop reads, or a file on
-- MAGIC the Hugging Face Hub, as in `hf:org/repo/file.gguf`. On Databricks put the GGUF file into a
-- MAGIC volume and write `map('model', '/Volumes/main/default/models/name.gguf')`. The built-in model,
-- MAGIC named here by its full name, is a good first choice for English: small, fast, 384 dimensions.
-- MAGIC
-- MAGIC Vectors of different models, or of one model with other options, cannot be compared.
-- MAGIC Changing the model means embedding everything again.

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
-- MAGIC Many retrieval models were trained with a word before each text: E5 wants `query: ` before
-- MAGIC questions and `passage: ` before documents, others an instruction. The model's page says so.
-- MAGIC Without it such a model finds less; with a model trained without, such as the built-in one, a
-- MAGIC prefix only adds noise, as here: both cosines are of the same pair of texts.

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
-- MAGIC A model reads a bounded number of tokens, here 512. `embed_tokens` tells how many a text has
-- MAGIC up to that bound, `embed_detail` also whether its tail was cut off. Look at this before you
-- MAGIC choose: if few texts are truncated, leave it.

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
-- MAGIC `longText` = `truncate` keeps the beginning, `chunk` embeds windows and averages them by
-- MAGIC their tokens, `error` gives NULL with a reason. The question below is answered by the last
-- MAGIC sentence of the long text only: truncated, it is lost. A mean over many windows is vague, too;
-- MAGIC if single passages are to be found, split the texts into rows before embedding.

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
-- MAGIC `dimensions` keeps the first ones and normalises again. Models trained for it (matryoshka)
-- MAGIC lose little; the built-in model was not, and its neighbourhoods suffer. Measure on your own
-- MAGIC texts before you rely on it.

-- COMMAND ----------

-- DBTITLE 1,Half of the dimensions
SELECT size(v) AS dimensions, round(sqrt(aggregate(v, 0D, (s, x) -> s + x * x)), 4) AS length
FROM (SELECT embed('Descale the machine once a month.', map('dimensions', '192')) AS v)

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Smaller numbers
-- MAGIC `output` = `int8` stores a byte for each number, a quarter of the floats, and
-- MAGIC `cosine_similarity` takes it as it is. `binary` keeps the sign bits, 48 bytes for 384
-- MAGIC dimensions, compared by counting bits that differ: enough to pick candidates for a second look.

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
-- MAGIC ## Mistakes are told at once
-- MAGIC A misspelt option ends the statement before any row is read, with the nearest name:
-- MAGIC `There is no embed option 'longTxt'; did you mean 'longText'?` Upper and lower case are alike.

-- COMMAND ----------

-- DBTITLE 1,Keys in any case
SELECT embed_tokens('Keys are taken in upper and lower case alike.', map('LONGTEXT', 'chunk')) AS tokens

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## For the whole session
-- MAGIC What is set here holds until it is reset, for every function of Embark.

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
