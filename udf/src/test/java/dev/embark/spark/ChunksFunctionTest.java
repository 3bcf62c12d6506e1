package dev.embark.spark;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.rows.RowCounts;
import dev.embark.engine.text.HostileTexts;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code embed_chunks} and {@code embed_chunks_detail}. */
class ChunksFunctionTest {
  @TempDir private static Path temp;

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    String articles = temp.resolve("articles").toString();
    spark
        .sql(
            "SELECT id, concat('Rye bread number ', id, ' is dense. The harbour is closed by ice. ',"
                + " repeat('It snows. ', id)) AS body FROM range(0, 6, 1, 2)")
        .write()
        .parquet(articles);
    spark.read().parquet(articles).createOrReplaceTempView("articles");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void eachChunkHasItsPlaceTokensTextAndTheVectorOfItsText() {
    List<Row> chunks =
        spark
            .sql(
                "SELECT inline(embed_chunks(body, chunkTokens => 12)), id, body FROM articles WHERE"
                    + " id = 2")
            .selectExpr(
                "position",
                "begin",
                "end",
                "tokens",
                "text",
                "cosine_similarity(embedding, embed(text)) > 0.99999 AS same",
                "embed_tokens(text) AS counted",
                "substring(body, begin + 1, end - begin) AS sub")
            .collectAsList();

    assertThat(chunks)
        .extracting(row -> row.<Object>getAs("text"))
        .containsExactly(
            "Rye bread number 2 is dense.", "The harbour is closed by ice.", "It snows. It snows.");
    assertThat(chunks).extracting(row -> row.getInt(0)).containsExactly(0, 1, 2);
    assertThat(chunks).extracting(row -> row.getInt(1)).containsExactly(0, 29, 59);
    assertThat(chunks).extracting(row -> row.getInt(2)).containsExactly(28, 58, 78);
    assertThat(chunks)
        .allSatisfy(
            row -> {
              assertThat(row.getInt(3)).isEqualTo(row.<Integer>getAs("counted")).isBetween(3, 12);
              assertThat(row.<Boolean>getAs("same")).isTrue();
              assertThat(row.<String>getAs("sub")).isEqualTo(row.getAs("text"));
            });
  }

  @Test
  void aTextThatFitsIsOneChunkWithTheVectorOfTheText() {
    Row row =
        spark
            .sql(
                "SELECT embed_chunks(t) AS c, embed(t) AS e, embed_chunks('') AS empty,"
                    + " embed('') AS e0, embed_chunks(CAST(NULL AS STRING)) AS none FROM VALUES"
                    + " ('  a cat \n') AS v(t)")
            .selectExpr(
                "size(c)",
                "c[0].text",
                "c[0].embedding = e",
                "empty[0].embedding = e0",
                "empty[0].end",
                "none")
            .head();

    assertThat(row).isEqualTo(RowFactory.create(1, "  a cat \n", true, true, 0, null));
  }

  @Test
  void lateChunkingGivesTheSameChunksVectorsThatKnowTheText() {
    String options = "chunkTokens => 12, lateChunking => ";
    Row row =
        spark
            .sql(
                ("SELECT embed_chunks(body, %1$s false) AS a, embed_chunks(body, %1$s true) AS b,"
                        + " embed_chunks_detail(body, %1$s true) AS d, embed_chunks('It snows.', %1$s"
                        + " true)[0].embedding = embed('It snows.') AS one, embed_tokens(body) AS n"
                        + " FROM articles WHERE id = 2")
                    .formatted(options))
            .selectExpr(
                "transform(a, c -> c.text) = transform(b, c -> c.text)",
                "transform(a, c -> c.begin) = transform(b, c -> c.begin)",
                "exists(sequence(0, size(a) - 1), i -> a[i].embedding = b[i].embedding)",
                "d.chunks = b",
                "d.tokens = n AND n = aggregate(b.tokens, 0, (x, y) -> x + y)",
                "one")
            .head();

    assertThat(row).isEqualTo(RowFactory.create(true, true, false, true, true, true));
  }

  /** The example of arXiv 2409.04701: the second sentence does not name what it is about. */
  @Test
  void lateChunkingFindsAChunkByWhatTheTextNamesBefore() {
    List<Row> rows =
        spark
            .sql(
                "SELECT embed_chunks(t, chunkTokens => 30) AS a, embed_chunks(t, chunkTokens => 30,"
                    + " lateChunking => true) AS b, embed('Berlin') AS q FROM VALUES ('Berlin is the"
                    + " capital and largest city of Germany, both by area and by population. Its more"
                    + " than 3.85 million inhabitants make it the European Union\\'s most populous"
                    + " city.') AS v(t)")
            .selectExpr(
                "b[1].text",
                "cosine_similarity(a[1].embedding, q)",
                "cosine_similarity(b[1].embedding, q)")
            .collectAsList();

    assertThat(rows.get(0).getString(0)).startsWith("Its more than");
    assertThat(rows.get(0).getFloat(1)).isLessThan(0.3f);
    assertThat(rows.get(0).getFloat(2)).isGreaterThan(0.4f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "float | array<float>",
        "int8 | array<tinyint>",
        "binary | binary",
      })
  void theTypeOfTheEmbeddingIsThatOfTheOption(String output, String type) {
    StructType schema =
        spark
            .sql(
                ("SELECT embed_chunks(body, output => '%1$s') AS c, embed_chunks_detail(body, output"
                        + " => '%1$s') AS d FROM articles")
                    .formatted(output))
            .schema();

    String chunks =
        "array<struct<position:int,begin:int,end:int,tokens:int,text:string,embedding:"
            + type
            + ">>";
    assertThat(schema.catalogString())
        .isEqualTo(
            "struct<c:%s,d:struct<chunks:%s,tokens:int,error:string>>".formatted(chunks, chunks));
  }

  @Test
  void compactVectorsAreThoseOfTheText() {
    String options = "chunkTokens => 12, output => ";
    List<Row> rows =
        spark
            .sql(
                ("SELECT embed_chunks(body, %1$s 'int8') AS i, embed_chunks(body, %1$s 'binary') AS"
                        + " b FROM articles WHERE id = 2")
                    .formatted(options))
            .selectExpr("inline(arrays_zip(i, b))")
            .selectExpr(
                "i.embedding = embed(i.text, output => 'int8')",
                "b.embedding = embed(b.text, output => 'binary')")
            .collectAsList();

    assertThat(rows).hasSize(3).containsOnly(RowFactory.create(true, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id, inline(embed_chunks(body)) FROM articles",
        "SELECT id, c.text FROM articles LATERAL VIEW explode(embed_chunks(body)) v AS c ORDER BY id",
        "SELECT id, c.text FROM articles, LATERAL inline(embed_chunks(body)) c",
        "SELECT id, inline(embed_chunks(t)) FROM (SELECT id, concat(body, ' End.') AS t FROM articles) WHERE size(embed_chunks(t)) > 0",
      })
  void chunksBecomeRowsOfOneOperator(String statement) {
    eachTextIsEmbeddedOnce(6, statement, "true");
  }

  /** The six texts reach the engine once each, whatever is done with their chunks. */
  @Tag("sql")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6 | SELECT id, c.text FROM articles LATERAL VIEW inline(embed_chunks(body)) c",
        "6 | SELECT id, c.text, c.embedding FROM articles LATERAL VIEW OUTER inline(embed_chunks(body)) c",
        "6 | SELECT id, c.text FROM articles LATERAL VIEW explode(embed_chunks(body)) v AS c",
        "6 | SELECT id, p, c.text FROM articles LATERAL VIEW posexplode(embed_chunks(body)) v AS p, c",
        "6 | SELECT id, c.text FROM articles, LATERAL inline(embed_chunks(body)) c",
        "6 | SELECT id, c.text FROM articles, LATERAL (SELECT inline(embed_chunks(body))) c",
        "6 | SELECT id, c.text FROM articles, LATERAL (SELECT inline(embed_chunks(articles.body))) c WHERE c.tokens > 3",
        "6 | SELECT id, inline(c) FROM (SELECT id, embed_chunks(body) AS c FROM articles)",
        "6 | SELECT id, inline(c) FROM (SELECT id, embed_chunks(body) AS c FROM articles) ORDER BY id, position",
        "6 | SELECT id, text FROM (SELECT id, inline(embed_chunks(body)) FROM articles) WHERE tokens > 3 ORDER BY embedding[0]",
        "6 | SELECT id, size(embed_chunks(body)), embed_chunks(body)[0].text, embed_chunks_detail(body).tokens FROM articles",
        "6 | SELECT id, filter(embed_chunks(body), c -> c.tokens > 3) FROM articles",
        "6 | SELECT id, max(tokens) FROM (SELECT id, inline(embed_chunks(body)) FROM articles) GROUP BY id",
        "3 | SELECT id, inline(embed_chunks(body)) FROM articles WHERE id < 3",
        "6 | SELECT id, inline(embed_chunks(body)) FROM articles WHERE size(embed_chunks(body)) > 0",
        "6 | SELECT id, inline(embed_chunks(t)) FROM (SELECT id, concat(body, ' End.') AS t FROM articles) WHERE size(embed_chunks(t)) > 0",
        "6 | SELECT id, inline(embed_chunks(u)) FROM (SELECT id, upper(t) AS u FROM (SELECT id, concat(body, '!') AS t FROM articles)) WHERE id < 9 AND embed_chunks(u)[0].tokens > 0",
        "6 | SELECT id, inline(transform(embed_chunks(body), c -> named_struct('t', c.text))) FROM articles",
        "6 | SELECT id, transform(array(body), t -> embed_chunks(t)[0].text) FROM articles",
      })
  void eachTextIsEmbeddedOnce(long texts, String statement) {
    eachTextIsEmbeddedOnce(texts, statement, "true", "false");
  }

  private static void eachTextIsEmbeddedOnce(long texts, String statement, String... settings) {
    for (String onOff : settings) {
      spark.conf().set("spark.sql.adaptive.enabled", onOff);
      spark.conf().set("spark.sql.codegen.wholeStage", onOff);
      long before = textsOfEngine();

      List<Row> rows = spark.sql(statement).collectAsList();

      assertThat(textsOfEngine() - before).isEqualTo(texts);
      assertThat(rows).hasSizeGreaterThanOrEqualTo((int) texts);
      String plan = plan(statement);
      boolean isLambda = statement.contains("t ->");
      assertThat(plan.split("EvalModel ", -1)).as(plan).hasSize(isLambda ? 1 : 2);
      assertThat(plan.contains("one_by_one")).isEqualTo(isLambda);
    }
  }

  private static String plan(String statement) {
    spark.conf().set("spark.sql.adaptive.enabled", "false");
    return spark.sql("EXPLAIN " + statement).head().getString(0);
  }

  private static long textsOfEngine() {
    RowCounts now = ApplicationProgress.of(spark).ended();
    return now.rows() - now.nulls();
  }

  /** Spark's own {@code substring} finds each chunk in any string, UTF-8 or not. */
  @Test
  void sparksSubstringIsTheTextOfTheChunk() throws IOException {
    List<Row> rows = new ArrayList<>();
    List<byte[]> texts = HostileTexts.of(7, 120);
    for (int i = 0; i < texts.size(); i++) {
      // Spark's substring reads beyond the end of a string that ends inside of a character.
      rows.add(RowFactory.create(i, (Object) whole(texts.get(i))));
    }
    spark
        .createDataFrame(
            rows, new StructType().add("id", DataTypes.IntegerType).add("b", DataTypes.BinaryType))
        .selectExpr("id", "CAST(b AS STRING) AS t")
        .createOrReplaceTempView("hostile");

    Row found =
        spark
            .sql(
                "SELECT count(*), count(DISTINCT id), count_if(CAST(substring(t, begin + 1, end -"
                    + " begin) AS BINARY) <> CAST(text AS BINARY)), count_if(tokens > 16), max(end"
                    + " - length(t)) FROM (SELECT id, t, inline(embed_chunks(t, chunkTokens => 16,"
                    + " chunkOverlap => 2, chunkBoundary => 'markdown', model => '%s')) FROM hostile)"
                        .formatted(TinyModel.wordPiece(temp)))
            .head();

    assertThat(found.getLong(0)).isGreaterThan(200);
    assertThat(found.getLong(1)).isEqualTo(texts.size());
    assertThat(found.getLong(2)).isZero();
    assertThat(found.getLong(3)).isZero();
    assertThat(found.getInt(4)).isZero();
  }

  private static byte[] whole(byte[] utf8) {
    byte[] whole = Arrays.copyOf(utf8, utf8.length + 3);
    Arrays.fill(whole, utf8.length, whole.length, (byte) 'x');
    return whole;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "embed_chunks('a', maxTokens => 8) | maxTokens",
        "embed_chunks('a', map('maxTokens', 8)) | There is no embed_chunks option 'maxTokens'. It is"
            + " for texts that are embedded whole; the size of a chunk is chunkTokens.",
        "embed_chunks_detail('a', map('longText', 'chunk')) | There is no embed_chunks option"
            + " 'longText'. It is for texts that are embedded whole; the size of a chunk is"
            + " chunkTokens.",
        "embed('a', map('chunkTokens', 8)) | There is no embed option 'chunkTokens'. It is an option"
            + " of embed_chunks, which returns a vector for each chunk of a text.",
        "embed_chunks('a', chunkBoundary => 'page') | The embed_chunks option chunkBoundary cannot"
            + " be 'page'; it takes token, sentence, paragraph, markdown.",
        "embed_chunks('a', chunkLocale => 'no_such') | The embed_chunks option chunkLocale cannot be"
            + " 'no_such'; it takes language tag, such as en or th.",
        "embed_chunks('a', lateChunking => 1) | The embed_chunks option lateChunking cannot be '1'; it"
            + " takes true, false.",
        "embed('a', map('lateChunking', 'true')) | There is no embed option 'lateChunking'. It is an"
            + " option of embed_chunks",
        "embed_chunks('a', chunkTokens => 0) | The embed_chunks option chunkTokens cannot be '0'; it"
            + " takes 1 or more.",
        "embed_chunks(1) | embed_chunks takes a string, but this is int",
      })
  void wrongOptionsAreRefusedAtAnalysis(String call, String message) {
    assertThatThrownBy(() -> spark.sql("SELECT " + call))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chunkTokens => 2 | chunkTokens is 2, but the prompt and the special tokens of a chunk are 2"
            + " tokens",
        "chunkTokens => 600 | chunkTokens is 600, but the model's context is 512 tokens.",
        "pooling => 'cls', lateChunking => true | lateChunking is for mean pooling, and the pooling of"
            + " the model",
        "chunkTokens => 12, chunkOverlap => 10 | chunkOverlap is 10, but a chunk of chunkTokens=12"
            + " has room for 10 tokens of text",
      })
  void sizesThatDoNotFitTheModelFailBeforeTheFirstText(String options, String message) {
    long before = textsOfEngine();

    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT embed_chunks(body, " + options + ") FROM articles")
                    .collectAsList())
        .hasStackTraceContaining(message);
    assertThat(textsOfEngine()).isEqualTo(before);
  }

  @Test
  void optionsOfTheSessionApplyToTheFunctionsThatHaveThem() {
    spark.conf().set("spark.embark.chunkTokens", "12");
    spark.conf().set("spark.embark.maxTokens", "4");
    spark.conf().set("spark.embark.longText", "error");
    try {
      Row row =
          spark
              .sql(
                  "SELECT size(embed_chunks(body)), embed_detail(body).error FROM articles WHERE id"
                      + " = 2")
              .head();
      assertThat(row.getInt(0)).isEqualTo(3);
      assertThat(row.getString(1)).startsWith("[TOO_LONG]");
    } finally {
      spark.conf().unset("spark.embark.chunkTokens");
      spark.conf().unset("spark.embark.maxTokens");
      spark.conf().unset("spark.embark.longText");
    }
  }

  @Test
  void aRowThatFailsIsNullWithItsReasonAndLeavesTheOthers() throws IOException {
    // Its vocabulary has a token per byte of an unknown character.
    String model = TinyKind.GEMMA_EMBEDDING.write(temp).toString();
    spark
        .sql("SELECT * FROM VALUES (1, 'dog the'), (2, 'dog \ud83d\ude00'), (3, NULL) AS v(id, t)")
        .createOrReplaceTempView("few");
    String options = "model => '" + model + "', chunkTokens => 5";

    List<Row> rows =
        spark
            .sql(
                "SELECT id, size(d.chunks), d.tokens, d.error, d IS NULL, c FROM (SELECT id,"
                    + " embed_chunks_detail(t, %1$s) AS d, size(embed_chunks(t, %1$s)) AS c FROM few)"
                        .formatted(options))
            .orderBy("id")
            .collectAsList();

    assertThat(rows.get(0).getInt(1)).isPositive().isEqualTo(rows.get(0).getInt(5));
    assertThat(rows.get(0).isNullAt(3)).isTrue();
    assertThat(rows.get(1).isNullAt(1) || rows.get(1).getInt(1) == -1).isTrue();
    assertThat(rows.get(1).getInt(2)).isZero();
    assertThat(rows.get(1).getString(3))
        .isEqualTo(
            "[TOO_LONG] A single character of the text needs a chunk of 6 tokens and chunkTokens is"
                + " 5; make chunkTokens larger.");
    assertThat(rows.get(2).getBoolean(4)).isTrue();
    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT embed_chunks(t, mode => 'FAILFAST', " + options + ") FROM few")
                    .collectAsList())
        .hasStackTraceContaining("EMBARK_FAILED_ROW")
        .hasStackTraceContaining("A single character of the text needs a chunk of 6 tokens");
  }

  @Test
  void theColumnFunctionsAreTheSame() {
    Map<String, String> options = Map.of("chunkTokens", "12", "chunkBoundary", "sentence");

    List<Row> rows =
        spark
            .table("articles")
            .where("id = 2")
            .select(
                Embark.embedChunks(col("body"), options).as("c"),
                Embark.embedChunksDetail(col("body"), options).as("d"),
                Embark.embedChunks(col("body")).as("one"))
            .selectExpr("size(c)", "c = d.chunks", "d.tokens > 20", "size(one)")
            .collectAsList();

    assertThat(rows).containsExactly(RowFactory.create(3, true, true, 1));
  }
}
