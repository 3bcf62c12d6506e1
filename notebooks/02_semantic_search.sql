-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Semantic search over a table
-- MAGIC
-- MAGIC This notebook finds rows by their meaning: it embeds the table once, embeds each question, and
-- MAGIC orders the rows by the cosine of the angle between the two vectors. The last section draws the
-- MAGIC texts as a map.
-- MAGIC
-- MAGIC The notebook needs a Spark session with the Embark jar; start with
-- MAGIC [01_quickstart](01_quickstart.sql) if Embark is new to you. A test of the repository executes
-- MAGIC every SQL cell. The one Python cell, which draws the map, uses `displayHTML` and therefore runs
-- MAGIC on Databricks only; the test writes the same SVG to a file.

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## A table of texts
-- MAGIC The view holds help-desk tickets, inline so that the notebook runs anywhere.

-- COMMAND ----------

-- DBTITLE 1,Tickets
CREATE OR REPLACE TEMPORARY VIEW tickets AS
SELECT * FROM VALUES
  (1, 'account', 'open', 'I forgot my password and the reset mail never arrives.'),
  (2, 'account', 'closed', 'How do I change the e-mail address that I log in with?'),
  (3, 'account', 'open', 'The login page says that my user name does not exist.'),
  (4, 'account', 'closed', 'The link for a new password has expired, please send another one.'),
  (5, 'account', 'open', 'Please delete my account and all my personal data.'),
  (6, 'billing', 'open', 'My credit card was charged twice for the same invoice.'),
  (7, 'billing', 'closed', 'I need an invoice with the VAT number of my company on it.'),
  (8, 'billing', 'open', 'The refund that you promised has not reached my bank account.'),
  (9, 'billing', 'closed', 'Can I pay once a year instead of every month?'),
  (10, 'billing', 'open', 'The amount on this month''s bill is higher than agreed.'),
  (11, 'delivery', 'open', 'The parcel has been stuck in customs for two weeks.'),
  (12, 'delivery', 'closed', 'The courier left my package with a neighbour I do not know.'),
  (13, 'delivery', 'open', 'The box arrived crushed and the lamp inside was broken.'),
  (14, 'delivery', 'closed', 'Can I pick up my order at the shop instead of waiting for the post?'),
  (15, 'delivery', 'open', 'Tracking says delivered, but no parcel came.'),
  (16, 'app', 'open', 'The app crashes as soon as I open the camera.'),
  (17, 'app', 'closed', 'After the update the screen stays black on my phone.'),
  (18, 'app', 'open', 'Notifications arrive hours late on Android.'),
  (19, 'app', 'closed', 'Is there a dark mode in the mobile application?'),
  (20, 'app', 'open', 'The application drains the battery of my phone within hours.')
  AS t(id, topic, status, body)

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Embed once
-- MAGIC In production, store the vectors with `CREATE TABLE … AS SELECT`. This notebook keeps them in the
-- MAGIC session's cache.

-- COMMAND ----------

-- DBTITLE 1,Vectors
CREATE OR REPLACE TEMPORARY VIEW ticket_vectors AS
SELECT id, topic, status, body, embed(body) AS embedding FROM tickets

-- COMMAND ----------

-- DBTITLE 1,Keep the vectors
CACHE TABLE ticket_vectors

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The nearest rows
-- MAGIC `cosine_similarity` is 1 for vectors of the same direction and close to 0 for unrelated texts.
-- MAGIC The tickets share no words with the question except "I" and "my".

-- COMMAND ----------

-- DBTITLE 1,Nearest to a question
SELECT round(cosine_similarity(embedding, embed('I was billed two times')), 3) AS similarity, topic, body
FROM ticket_vectors
ORDER BY similarity DESC
LIMIT 3

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Meaning and columns together
-- MAGIC A search is an ordinary SQL query, so it can filter by other columns. Spark applies the filter
-- MAGIC before it compares vectors.

-- COMMAND ----------

-- DBTITLE 1,Nearest among open tickets
SELECT round(cosine_similarity(embedding, embed('cannot sign in')), 3) AS similarity, id, status, body
FROM ticket_vectors
WHERE status = 'open'
ORDER BY similarity DESC
LIMIT 2

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Many questions at once
-- MAGIC Questions can come from a table, too. The query embeds each question once, compares each pair
-- MAGIC once, and keeps the best matches of each question with a window function.

-- COMMAND ----------

-- DBTITLE 1,The two nearest of each question
WITH questions AS (
  SELECT question, embed(question) AS embedding
  FROM VALUES
    ('Where is my package?'),
    ('I want my money back.'),
    ('The program on my telephone does not start.') AS q(question)
),
ranked AS (
  SELECT
    question,
    topic,
    body,
    cosine_similarity(t.embedding, q.embedding) AS similarity,
    row_number() OVER (
      PARTITION BY question ORDER BY cosine_similarity(t.embedding, q.embedding) DESC
    ) AS rank
  FROM ticket_vectors AS t CROSS JOIN questions AS q
)
SELECT question, rank, round(similarity, 3) AS similarity, topic, body
FROM ranked
WHERE rank <= 2
ORDER BY question, rank

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Near-duplicates
-- MAGIC A self-join finds tickets to merge. It compares every pair, which is practical for thousands of
-- MAGIC rows; for millions, first partition the table by a column that near-duplicates share, or use a
-- MAGIC vector index.

-- COMMAND ----------

-- DBTITLE 1,Pairs that are close
SELECT round(cosine_similarity(a.embedding, b.embedding), 3) AS similarity, a.body AS one, b.body AS other
FROM ticket_vectors AS a JOIN ticket_vectors AS b ON a.id < b.id
ORDER BY similarity DESC
LIMIT 3

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## A map of the texts
-- MAGIC A map shows the two directions in which the texts differ most: the first two principal
-- MAGIC components. For a few hundred texts SQL computes them from the centred cosines of all pairs by
-- MAGIC power iteration. Such a map shows coarse neighbourhoods and loses the rest; the last query
-- MAGIC returns the share of the variance on the two axes. Order rows by the cosine, never by distances
-- MAGIC on the map.

-- COMMAND ----------

-- DBTITLE 1,Centred cosines of all pairs
CREATE OR REPLACE TEMPORARY VIEW map_cosines AS
WITH pairs AS (
  SELECT a.id AS i, b.id AS j, CAST(cosine_similarity(a.embedding, b.embedding) AS DOUBLE) AS c
  FROM ticket_vectors AS a CROSS JOIN ticket_vectors AS b
),
centred AS (
  SELECT
    i,
    j,
    c - avg(c) OVER (PARTITION BY i) - avg(c) OVER (PARTITION BY j) + mean AS c
  FROM pairs CROSS JOIN (SELECT avg(c) AS mean FROM pairs)
),
matrix_rows AS (
  SELECT i, transform(array_sort(collect_list(named_struct('j', j, 'c', c))), x -> x.c) AS cosines
  FROM centred
  GROUP BY i
)
SELECT
  transform(array_sort(collect_list(named_struct('i', i, 'row', cosines))), x -> x.row) AS matrix,
  array_sort(collect_list(i)) AS ids
FROM matrix_rows

-- COMMAND ----------

-- MAGIC %md
-- MAGIC Repeated multiplication by the matrix turns almost any vector towards the axis of the largest
-- MAGIC variance. A second vector from which each step subtracts its share of the first one turns
-- MAGIC towards the second axis.

-- COMMAND ----------

-- DBTITLE 1,Two axes and their variances
CREATE OR REPLACE TEMPORARY VIEW map_axes AS
WITH turned AS (
  SELECT
    *,
    aggregate(
      sequence(1, 60),
      transform(array(1, 2), k -> transform(ids, (id, i) -> CAST(sin(k * (i + 1)) AS DOUBLE))),
      (axes, step) -> transform(
        array(transform(axes, v -> transform(matrix, row -> aggregate(zip_with(row, v, (x, y) -> x * y), 0D, (s, x) -> s + x)))),
        t -> transform(t, (v, k) -> zip_with(v, t[0], (x, first) -> x - k * first
          * aggregate(zip_with(v, t[0], (y, z) -> y * z), 0D, (s, y) -> s + y)
          / aggregate(t[0], 0D, (s, y) -> s + y * y)))
      )[0]
    ) AS axes
  FROM map_cosines
),
unit AS (
  SELECT *, transform(axes, v -> transform(v, x -> x / sqrt(aggregate(v, 0D, (s, y) -> s + y * y)))) AS units
  FROM turned
)
SELECT
  ids,
  units,
  transform(units, u -> aggregate(
    zip_with(u, matrix, (x, row) -> x * aggregate(zip_with(row, u, (y, z) -> y * z), 0D, (s, y) -> s + y)),
    0D,
    (s, x) -> s + x
  )) AS variances,
  aggregate(transform(matrix, (row, i) -> row[i]), 0D, (s, x) -> s + x) AS variance
FROM unit

-- COMMAND ----------

-- MAGIC %md
-- MAGIC On Databricks you can also plot the result of the next cell: **+ > Visualization > Scatter**, with
-- MAGIC `x`, `y` and `topic` as the colour.

-- COMMAND ----------

-- DBTITLE 1,Points
CREATE OR REPLACE TEMPORARY VIEW map_points AS
SELECT t.id, t.topic, t.body, p.x, p.y
FROM (
  SELECT
    inline(transform(ids, (id, i) -> named_struct(
      'id', id, 'x', units[0][i] * sqrt(variances[0]), 'y', units[1][i] * sqrt(variances[1]))))
  FROM map_axes
) AS p
JOIN tickets AS t ON t.id = p.id

-- COMMAND ----------

-- DBTITLE 1,Coordinates on the map
SELECT topic, round(x, 3) AS x, round(y, 3) AS y, body FROM map_points ORDER BY topic, id

-- COMMAND ----------

-- DBTITLE 1,How much of the variance the map shows
SELECT round((variances[0] + variances[1]) / variance, 3) AS shown FROM map_axes

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## The picture
-- MAGIC SQL builds the map as an SVG, which you can also write to a file or send by mail. Move the
-- MAGIC pointer over a dot to read its text.

-- COMMAND ----------

-- DBTITLE 1,SVG
CREATE OR REPLACE TEMPORARY VIEW map_svg AS
WITH placed AS (
  SELECT
    id,
    topic,
    array_position(topics, topic) - 1 AS colour,
    replace(replace(body, '&', '&amp;'), '<', '&lt;') AS text,
    CAST(40 + 640 * (x - left) / (right - left) AS INT) AS px,
    CAST(400 - 360 * (y - bottom) / (top - bottom) AS INT) AS py
  FROM map_points CROSS JOIN (
    SELECT
      array_sort(collect_set(topic)) AS topics,
      min(x) AS left,
      max(x) AS right,
      min(y) AS bottom,
      max(y) AS top
    FROM map_points
  )
),
drawn AS (
  SELECT
    id,
    colour,
    topic,
    array('#0072b2', '#d55e00', '#009e73', '#cc79a7')[CAST(colour % 4 AS INT)] AS fill,
    px,
    py,
    text
  FROM placed
)
SELECT
  concat(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 440" font-family="sans-serif" font-size="13">',
    '<rect width="880" height="440" fill="white"/>',
    concat_ws('', array_sort(collect_list(concat(
      '<circle cx="', px, '" cy="', py, '" r="7" fill="', fill, '"><title>', text, '</title></circle>',
      '<text x="', px + 10, '" y="', py + 4, '" fill="#444">', id, '</text>'
    )))),
    concat_ws('', array_sort(collect_set(concat(
      '<circle cx="750" cy="', 60 + 26 * colour, '" r="7" fill="', fill, '"/>',
      '<text x="766" y="', 64 + 26 * colour, '">', topic, '</text>'
    )))),
    '</svg>'
  ) AS svg
FROM drawn

-- COMMAND ----------

-- DBTITLE 1,Map
-- MAGIC %python
-- MAGIC displayHTML(spark.sql("SELECT svg FROM map_svg").first()["svg"])

-- COMMAND ----------

-- MAGIC %md
-- MAGIC ## Clean up

-- COMMAND ----------

-- DBTITLE 1,Release the vectors
UNCACHE TABLE IF EXISTS ticket_vectors
