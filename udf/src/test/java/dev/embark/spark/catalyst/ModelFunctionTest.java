package dev.embark.spark.catalyst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.VectorType;
import dev.embark.spark.TestSession;
import dev.embark.spark.compat.EmbarkBuild;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.SparkRuntimeException;
import org.apache.spark.SparkThrowable;
import org.apache.spark.SparkThrowableHelper;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFunctionTest {
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void embedReturnsOneUnitVectorPerText() {
    Row row =
        spark
            .sql(
                "SELECT size(e), aggregate(e, 0D, (s, x) -> s + x * x) FROM"
                    + " (SELECT embed('a cat sat on the mat') AS e)")
            .head();
    assertThat(row.getInt(0)).isEqualTo(384);
    assertThat(row.getDouble(1)).isBetween(0.9999, 1.0001);
  }

  @Test
  void nullHasNoVectorButEmptyTextHas() {
    Row row = spark.sql("SELECT embed(CAST(NULL AS STRING)), size(embed(''))").head();
    assertThat(row.isNullAt(0)).isTrue();
    assertThat(row.getInt(1)).isEqualTo(384);
  }

  @Test
  void detailReportsTokensAndTruncation() {
    Row detail =
        spark
            .sql("SELECT embed_detail(repeat('word ', 600)) AS d, embed_tokens('a cat') AS t")
            .head();
    Row d = detail.getStruct(0);
    assertThat(d.getList(0)).hasSize(384);
    assertThat(d.getInt(1)).isEqualTo(512);
    assertThat(d.getBoolean(2)).isTrue();
    assertThat(d.isNullAt(3)).isTrue();
    assertThat(detail.getInt(1)).isEqualTo(4);
  }

  @Test
  void failedRowIsNullWithAnErrorAndOthersHaveVectors() {
    List<Row> rows =
        spark
            .sql(
                "SELECT id, embed_detail(IF(id = 3, repeat('word ', 600), concat('row ', id)),"
                    + " map('longText', 'error')) AS d FROM range(0, 6, 1, 1) ORDER BY id")
            .collectAsList();
    for (Row row : rows) {
      Row detail = row.getStruct(1);
      if (row.getLong(0) == 3) {
        assertThat(detail.isNullAt(0)).isTrue();
        assertThat(detail.getString(3))
            .startsWith("[TOO_LONG] ")
            .contains("602 tokens", "maxTokens is 512");
      } else {
        assertThat(detail.getList(0)).hasSize(384);
        assertThat(detail.isNullAt(3)).isTrue();
      }
    }
  }

  @Test
  void failfastFailsTheQueryWithTheRowsError() {
    assertThatThrownBy(
            () ->
                spark
                    .sql(
                        "SELECT embed(repeat('word ', 600), map('longText', 'error', 'mode',"
                            + " 'FAILFAST'))")
                    .collectAsList())
        .hasStackTraceContaining("Row 1 of partition 0 cannot be embedded");
  }

  @Test
  void unknownOptionRaisesAnAnalysisExceptionWithASuggestion() {
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', map('longtxt', 'chunk'))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("did you mean 'longText'");
  }

  @Test
  void wrongValueRaisesAnAnalysisExceptionWithTheAllowedValues() {
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', map('longText', 'cut'))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("truncate, chunk, error");
  }

  @Test
  void optionsMustBeALiteralMap() {
    assertThatThrownBy(
            () ->
                spark.sql("SELECT embed('x', map('maxTokens', CAST(id AS STRING))) FROM range(1)"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("have to be literals");
  }

  /**
   * PySpark rebuilds the message from the condition and its parameters, so Spark's registry must
   * produce our sentence from them.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "embed('x', map('longtxt', 'chunk'))    | [EMBARK_UNKNOWN_OPTION] There is no embed option 'longtxt'; did you mean",
        "embed('x', map('longText', '<y> %s'))  | [EMBARK_INVALID_OPTION] The embed option longText cannot be '<y> %s'",
        "embed('x', map('maxTokens', uuid()))   | [EMBARK_OPTIONS_NOT_LITERAL] The options of embed have to be literals",
        "embed('x', map('model', current_database())) | [EMBARK_OPTIONS_NOT_LITERAL] The options of embed have to be literals",
        "embed('x', map(1, 'chunk'))            | [EMBARK_OPTION_KEYS_NOT_STRING] The options of embed have to be a map with string",
        "embed_detail('x', map('mode', 'permissive', 'mode', 'failfast')) | [EMBARK_DUPLICATE_OPTION] The embed_detail option mode is given twice.",
        "embed_tokens('x', 'maxTokens')         | [EMBARK_OPTIONS_NOT_LITERAL] The options of embed_tokens have to be literals",
        "generate('x')                          | [EMBARK_NO_MODEL] generate has no model of its own",
        "generate_detail('x', map('pooling', 'cls')) | [EMBARK_UNKNOWN_OPTION] There is no generate option 'pooling'",
        "embed('x', map('dimensions', 385)) | [EMBARK_TOO_MANY_DIMENSIONS] dimensions is 385, but the model has 384.",
        "embed('x', map('model', '/no/such.gguf')) | [EMBARK_MODEL_NOT_FETCHED] The model /no/such.gguf cannot be",
        "embed()                                | [WRONG_NUM_ARGS.WITHOUT_SUGGESTION] The `embed`",
        "cosine_similarity(array(1))            | [WRONG_NUM_ARGS.WITHOUT_SUGGESTION] The `cosine",
        "embed(array('x'))                      | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]",
        "embed(1)                               | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]",
        "embed_tokens(id) FROM range(1)         | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]",
        "embed_detail(DATE'2026-01-01')         | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]",
        "generate(true, map('model', 'hf:a/b/c.gguf')) | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]",
        "embed(cast('x' AS BINARY))             | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]",
        "cosine_similarity(1, array(1))         | [DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT]"
      })
  void pythonMessageBeginsWithTheSentence(String call, String sentence) {
    assertShownByPython(catchThrowable(() -> spark.sql("SELECT " + call)), sentence);
  }

  @Test
  void pythonMessageKeepsConfAndColumnValuesUnchanged() {
    Column options = functions.map(functions.lit("longText"), functions.lit("${x}"));
    Column call =
        functions.call_function("embed", Scala.<Column>seq(List.of(functions.lit("x"), options)));
    assertShownByPython(
        catchThrowable(() -> spark.range(1).select(call)),
        "[EMBARK_INVALID_OPTION] The embed option longText cannot be '${x}'");
    for (String conf : List.of("longText", "progress")) {
      spark.conf().set("spark.embark." + conf, "<x>");
      try {
        assertShownByPython(
            catchThrowable(() -> spark.sql("SELECT embed('x')")),
            conf.equals("progress")
                ? "[EMBARK_INVALID_CONF] spark.embark.progress cannot be '<x>'; it takes true or false."
                : "[EMBARK_INVALID_OPTION] The embed option longText cannot be '<x>'");
      } finally {
        spark.conf().unset("spark.embark." + conf);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EMBEDDING", "ANSWER"})
  void everyWrongOptionValueRaisesAnAnalysisExceptionNamingTheOption(SqlFunction function) {
    for (FunctionOption option : function.options()) {
      for (String value :
          List.of("''", "' '", "'x'", "-1", "99999999999", "'1e999'", "'NaN'", "NULL")) {
        String call = "%s('x', map('%s', %s))".formatted(function.sqlName(), option.key(), value);
        Throwable refused = catchThrowable(() -> spark.sql("SELECT " + call));
        if (refused != null) {
          assertThat(refused).as(call).isInstanceOf(AnalysisException.class);
          assertThat(condition(refused)).as(call).isNotNull();
          assertThat(refused)
              .hasMessageMatching("(?s).*(%s|no model of its own).*".formatted(option.key()));
        }
      }
    }
  }

  /** PySpark shows the parameters of each version's {@code SparkThrowable}. */
  @Test
  void errorsCarryConditionStateAndParameters() {
    SparkThrowable refused =
        (SparkThrowable)
            catchThrowable(() -> spark.sql("SELECT embed('x', map('longText', 'cut'))"));

    assertThat(condition((Throwable) refused)).isEqualTo("EMBARK_INVALID_OPTION");
    assertThat(refused.getSqlState()).isEqualTo("22023");
    assertThat(refused.getMessageParameters())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "function", "embed",
                "option", "longText",
                "value", "'cut'",
                "takes", "truncate, chunk, error"));
  }

  @Test
  void fileThatIsNoModelIsRefusedAtAnalysis(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "no model");
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', map('model', '" + file + "'))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("[EMBARK_MODEL_NOT_LOADED] The model cannot be loaded: " + file);
  }

  /**
   * Spark 4 throws an error with a condition as it is, without the report on the failed stage, also
   * from a lambda; Spark 3.5 puts the report in front of it.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "embed(repeat('word ', 600), map('longText', 'error', 'mode', 'FAILFAST')) | EMBARK_FAILED_ROW",
        "transform(array(repeat('word ', 600)), t -> embed(t, map('longText', 'error', 'mode',"
            + " 'FAILFAST'))) | EMBARK_TOO_LONG",
        "cosine_similarity(array(CAST(id AS FLOAT)), array(1F, 2F)) | EMBARK_VECTOR_LENGTHS"
      })
  void failureOfATaskHasACondition(String call, String condition) {
    Throwable failed =
        catchThrowable(() -> spark.sql("SELECT " + call + " FROM range(1)").collectAsList());

    if (spark.version().startsWith("3.")) {
      assertThat(failed).hasMessageContaining("SparkRuntimeException: [" + condition + "] ");
    } else {
      assertThat(failed).isInstanceOf(SparkRuntimeException.class);
      assertThat(failed.getMessage()).startsWith("[" + condition + "] ");
      assertThat(condition(failed)).isEqualTo(condition);
    }
  }

  @Test
  void sessionShowsTheVersionOfTheJar() {
    assertThat(spark.conf().get("spark.embark.version"))
        .matches("\\d+\\.\\d+\\.\\d+.*")
        .isEqualTo(EmbarkBuild.current().version());
  }

  private static void assertShownByPython(Throwable thrown, String sentence) {
    assertThat(thrown).isInstanceOf(AnalysisException.class);
    SparkThrowable shown = (SparkThrowable) thrown;
    assertThat(thrown.getMessage()).startsWith(sentence);
    assertThat(SparkThrowableHelper.getMessage(condition(thrown), shown.getMessageParameters()))
        .startsWith(sentence);
  }

  /** Calls {@code getErrorClass}, since Spark 3.5 lacks {@code getCondition}. */
  @SuppressWarnings("deprecation")
  private static String condition(Throwable thrown) {
    return ((SparkThrowable) thrown).getErrorClass();
  }

  @Test
  void acceptsNamedArguments() {
    Row row =
        spark
            .sql(
                "SELECT embed_tokens(text => 'a cat'), size(embed(options => map('dimensions', 64),"
                    + " text => 'x')), size(embed('x', options => map('dimensions', 64))),"
                    + " embed_detail(TEXT => 'a cat').tokens,"
                    + " cosine_similarity(b => array(1, 0), a => array(-1, 0)),"
                    + " embed_tokens(text => t) FROM VALUES ('a cat') AS v(t)")
            .head();
    assertThat(row).isEqualTo(RowFactory.create(4, 64, 64, 4, -1f, 4));
  }

  @Test
  void acceptsOptionsByName() {
    Row row =
        spark
            .sql(
                "SELECT size(embed('x', dimensions => 64)), embed_tokens(text => 'a cat', maxTokens"
                    + " => 3, LONGTEXT => 'truncate'), size(embed('x', map('output', 'int8'),"
                    + " dimensions => 2 + 6)), embed('x', prefix => concat('a', ' ')) = embed('a"
                    + " x', map('prefix', ''))")
            .head();
    assertThat(row).isEqualTo(RowFactory.create(64, 3, 8, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "embed('x', dimension => 64) | UNRECOGNIZED_PARAMETER_NAME",
        "embed('x', dimensions => 64, dimensions => 32) | DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE",
        "embed('x', map('DIMENSIONS', 64), dimensions => 64) | EMBARK_DUPLICATE_OPTION",
        "embed('x', dimensions => uuid()) | EMBARK_OPTIONS_NOT_LITERAL",
        "embed('x', dimensions => array(1)) | EMBARK_OPTIONS_NOT_LITERAL",
        "embed('x', dimensions => NULL) | EMBARK_INVALID_OPTION",
        "embed('x', longText => 'cut') | EMBARK_INVALID_OPTION",
        "cosine_similarity(array(1), array(1), dimensions => 1) | UNRECOGNIZED_PARAMETER_NAME"
      })
  void wrongOptionsByNameFail(String call, String condition) {
    Throwable refused = catchThrowable(() -> spark.sql("SELECT " + call));
    assertThat(refused).isInstanceOf(AnalysisException.class);
    assertThat(condition(refused)).isEqualTo(condition);
  }

  /** Compares with mask(str, upperChar, lowerChar, digitChar, otherChar), a function of Spark. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "embed(txt => 'x')              | mask(txt => 'x')",
        "embed(text => 'x', text => '') | mask(str => 'x', str => '')",
        "embed('x', text => '')         | mask('x', str => '')",
        "embed(options => map())        | mask(upperChar => 'x')",
        "embed(text => 'x', map())      | mask(str => 'x', 'y')",
        "embed('x', '', '', '', '', '', options => '') | mask('x', '', '', '', '', '', str => '')",
        "cosine_similarity(b => array(1), b => array(1)) | mask(lowerChar => 'x', lowerChar => 'y')"
      })
  void wrongNamedArgumentsFailAsForSparksOwnFunctions(String ours, String sparks) {
    Throwable expected = catchThrowable(() -> spark.sql("SELECT " + sparks));
    Throwable refused = catchThrowable(() -> spark.sql("SELECT " + ours));
    assertThat(refused).isInstanceOf(AnalysisException.class);
    assertThat(condition(refused)).isNotNull().isEqualTo(condition(expected));
  }

  @Test
  void wrongNumberOfArgumentsRaisesAnAnalysisException() {
    assertThatThrownBy(() -> spark.sql("SELECT embed()")).isInstanceOf(AnalysisException.class);
    assertThatThrownBy(() -> spark.sql("SELECT embed('a', map(), 'b')"))
        .isInstanceOf(AnalysisException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "42",
        "1.5D",
        "1.5",
        "true",
        "DATE'2026-01-02'",
        "TIMESTAMP'2026-01-02 03:04:05'",
        "INTERVAL '1' DAY",
        "X'6361740A'",
        "array('x')",
        "map('x', 'y')",
        "named_struct('x', 'y')"
      })
  void inputOfAnotherTypeIsRefused(String input) {
    for (String ansi : List.of("true", "false")) {
      spark.conf().set("spark.sql.ansi.enabled", ansi);
      try {
        assertThatThrownBy(() -> spark.sql("SELECT embed(%s)".formatted(input)))
            .as("ansi " + ansi)
            .isInstanceOf(AnalysisException.class)
            .hasMessageContaining("embed takes a string, but this is ")
            .hasMessageContaining("; cast it to string if it is text");
      } finally {
        spark.conf().unset("spark.sql.ansi.enabled");
      }
    }
  }

  @Test
  void nullWithoutATypeIsNull() {
    for (String call : List.of("embed(NULL)", "embed(x) FROM VALUES (NULL) AS t (x)")) {
      assertThat(spark.sql("SELECT " + call).head().isNullAt(0)).as(call).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "map(1, 'chunk')", "map('maxTokens', array(8))", "map('maxTokens', 1.5)",
        "map('maxTokens', 'eight')", "map('maxTokens', CAST(NULL AS STRING))", "array('maxTokens')",
        "'maxTokens'"
      })
  void optionsOfAWrongTypeRaiseAnAnalysisException(String options) {
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', %s)".formatted(options)))
        .isInstanceOf(AnalysisException.class)
        .hasMessageMatching("(?s).*(options of embed|maxTokens).*");
  }

  @Test
  void callOptionsOverrideTheSessionConf() {
    spark.conf().set("spark.embark.maxTokens", "8");
    try {
      Row row =
          spark
              .sql(
                  "SELECT embed_tokens(repeat('word ', 20)),"
                      + " embed_tokens(repeat('word ', 20), map('maxTokens', '16'))")
              .head();
      assertThat(row.getInt(0)).isEqualTo(8);
      assertThat(row.getInt(1)).isEqualTo(16);
    } finally {
      spark.conf().unset("spark.embark.maxTokens");
    }
  }

  @Test
  void tokensOfAChunkedTextIncludeThePrefixOfEachChunk() {
    Row row =
        spark
            .sql(
                "SELECT embed_tokens(repeat('word ', 56), map('longText', 'chunk', 'maxTokens', 32,"
                    + " 'prefix', 'query: ')), embed_tokens(repeat('a', 101)),"
                    + " embed_tokens('a\u000bb')")
            .head();
    assertThat(row.getInt(0)).isEqualTo(2 * 32);
    assertThat(row.getInt(1)).isEqualTo(3);
    assertThat(row.getInt(2)).isEqualTo(3);
  }

  @Test
  void rerankerIsRefusedDespiteTheSessionsPooling(@TempDir Path folder) throws Exception {
    byte[] gguf;
    try (InputStream model =
        getClass().getResourceAsStream("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")) {
      gguf = model.readAllBytes();
    }
    byte[] key = "bert.pooling_type".getBytes(StandardCharsets.UTF_8);
    int at = 0;
    while (!Arrays.equals(gguf, at, at + key.length, key, 0, key.length)) {
      at++;
    }
    assertThat(gguf[at + key.length + 4]).as("mean").isEqualTo((byte) 1);
    gguf[at + key.length + 4] = 4; // rank
    Path reranker = Files.write(folder.resolve("reranker.gguf"), gguf);
    spark.conf().set("spark.embark.model", reranker.toString());
    spark.conf().set("spark.embark.pooling", "mean");
    try {
      assertThatThrownBy(() -> spark.sql("SELECT embed('x')").collectAsList())
          .hasStackTraceContaining("is a reranker: it scores pairs of texts");
    } finally {
      spark.conf().unset("spark.embark.pooling");
      spark.conf().unset("spark.embark.model");
    }
  }

  @Test
  void outputInt8AndBinaryAreQuantisedFromTheFloats() {
    Row row =
        spark
            .sql(
                "SELECT embed(t) AS f, embed(t, map('output', 'int8')) AS i, embed(t, map('output',"
                    + " 'binary')) AS b, embed_detail(t, map('output', 'int8')).embedding AS d FROM"
                    + " VALUES ('a cat sat on the mat') AS v(t)")
            .head();
    List<Float> floats = row.getList(0);
    float[] vector = new float[floats.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = floats.get(i);
    }
    List<Byte> int8 = row.getList(1);
    byte[] expected = VectorType.toInt8(vector);
    // Each output is computed by a separate call; packing may move a value across a rounding
    // boundary.
    for (int i = 0; i < vector.length; i++) {
      assertThat((int) int8.get(i)).isBetween(expected[i] - 1, expected[i] + 1);
    }
    assertThat((byte[]) row.get(2)).isEqualTo(VectorType.toBinary(vector)).hasSize(48);
    assertThat(row.getList(3)).isEqualTo(int8);
    assertThat(
            spark
                .sql(
                    "SELECT cosine_similarity(embed('a cat'), embed('a cat', map('output',"
                        + " 'int8')))")
                .head()
                .getFloat(0))
        .isGreaterThan(0.999f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"embed", "embed_detail", "embed_tokens", "cosine_similarity"})
  void describeFunctionShowsACorrectExample(String function) {
    String text =
        spark.sql("DESCRIBE FUNCTION EXTENDED " + function).collectAsList().stream()
            .map(row -> row.getString(0))
            .collect(Collectors.joining("\n"));
    Matcher example = Pattern.compile("> (SELECT .*);\\s+(.*)").matcher(text);
    assertThat(example.find()).as(text).isTrue();
    assertThat(example.group(1)).contains(function + "(");
    assertThat(spark.sql(example.group(1)).head().get(0)).hasToString(example.group(2));
  }

  @Test
  void describeFunctionListsTheOptions() {
    String text = spark.sql("DESCRIBE FUNCTION EXTENDED embed").collectAsList().toString();
    assertThat(text).contains("longText").contains("truncate, chunk, error");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void optionsOfDifferentTypesKeepTheirValues(boolean ansi) {
    spark.conf().set("spark.sql.ansi.enabled", ansi);
    try {
      Row row =
          spark
              .sql(
                  "SELECT size(embed('x', map('dimensions', 64, 'longText', 'chunk'))),"
                      + " size(embed('x', map('dimensions', CAST(64.9 AS INT), 'mode', 'failfast'))),"
                      + " size(embed('x', map()))")
              .head();
      assertThat(row.getInt(0)).isEqualTo(64);
      assertThat(row.getInt(1)).isEqualTo(64);
      assertThat(row.getInt(2)).isEqualTo(384);
    } finally {
      spark.conf().unset("spark.sql.ansi.enabled");
    }
  }

  @Test
  void duplicateOptionIsRefused() {
    assertThatThrownBy(
            () -> spark.sql("SELECT embed('x', map('dimensions', 64, 'dimensions', 32))"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("The embed option dimensions is given twice.");
  }

  /** Spark stores registered confs with a view. */
  @Test
  void viewKeepsTheOptionsOfItsCreatingSession() {
    spark.conf().set("spark.embark.dimensions", "64");
    try {
      spark.sql("CREATE OR REPLACE TEMP VIEW cut AS SELECT size(embed('x')) AS n");
      spark.sql("CACHE TABLE cached_cut AS SELECT size(embed('x')) AS n");
      assertThat(spark.sql("SELECT n FROM cut").head().getInt(0)).isEqualTo(64);
      assertThat(spark.sql("SELECT n FROM cached_cut").head().getInt(0)).isEqualTo(64);
    } finally {
      spark.conf().unset("spark.embark.dimensions");
    }
    assertThat(spark.sql("SELECT n FROM cut").head().getInt(0)).isEqualTo(64);
    assertThat(spark.sql("SELECT size(embed('x'))").head().getInt(0)).isEqualTo(384);
  }

  @Test
  void embedsNondeterministicTexts() {
    Row row = spark.sql("SELECT size(embed(uuid())), embed(uuid()) = embed(uuid()) AS same").head();
    assertThat(row.getInt(0)).isEqualTo(384);
    assertThat(row.getBoolean(1)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT a.id, b.id, cosine_similarity(embed(a.t), embed(b.t)) FROM a CROSS JOIN b",
        "SELECT a.id, b.id, cosine_similarity(embed(a.t), embed(b.t)) FROM a JOIN b ON a.id <= b.id"
      })
  void crossJoinEmbedsEachTextOnce(String statement) {
    makeTheSidesOfAJoin();

    // Without a broadcast, as for two large sides.
    assertThat(rowsEmbedded(statement, "-1", 10)).containsOnly(5L + 9);
  }

  /** Of five queries and nine documents, the sides with {@code embed} are embedded. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "JOIN | APPROX | SIMILARITY cosine_similarity(embed(a.t), embed(b.t)) | 14",
        "JOIN | EXACT | DISTANCE -cosine_similarity(embed(a.t), embed(b.t)) | 14",
        "LEFT OUTER JOIN | EXACT | SIMILARITY cosine_similarity(embed(a.t), embed(b.t)) | 14",
        "JOIN | EXACT | SIMILARITY cosine_similarity(embed(a.t), b.e) | 5",
        "JOIN | EXACT | SIMILARITY cosine_similarity(a.e, embed(b.t)) | 9"
      })
  void nearestByEmbedsEachTextOnce(String join, String search, String score, long embedded) {
    assumeThat(spark.version()).as("NEAREST BY is Spark 4.2's").isGreaterThanOrEqualTo("4.2");
    makeTheSidesOfAJoin();
    String statement =
        "SELECT a.id, b.id FROM a %s b %s NEAREST 2 BY %s".formatted(join, search, score);

    for (String threshold : List.of("-1", "10485760")) {
      assertThat(rowsEmbedded(statement, threshold, 10)).containsOnly(embedded);
    }
    if (embedded == 5 + 9) {
      assertThat(spark.sql(statement).collectAsList())
          .as("each query finds the document of the same text")
          .contains(RowFactory.create(0L, 0L), RowFactory.create(3L, 3L));
    }
  }

  /** Five queries and nine documents, of which the first five have the texts of the queries. */
  private static void makeTheSidesOfAJoin() {
    spark
        .range(0, 5, 1, 2)
        .selectExpr("id", "concat('text ', id) AS t", "array_repeat(1F + id, 384) AS e")
        .createOrReplaceTempView("a");
    spark
        .range(0, 9, 1, 3)
        .selectExpr("id", "concat('text ', id) AS t", "array_repeat(1F + id, 384) AS e")
        .createOrReplaceTempView("b");
  }

  /** The number of texts embedded by a statement, with and without adaptive execution. */
  private static List<Long> rowsEmbedded(String statement, String threshold, int leastRows) {
    List<Long> embedded = new ArrayList<>();
    spark.conf().set("spark.sql.autoBroadcastJoinThreshold", threshold);
    for (String adaptive : List.of("true", "false")) {
      spark.conf().set("spark.sql.adaptive.enabled", adaptive);
      long before = ApplicationProgress.of(spark).ended().rows();
      assertThat(spark.sql(statement).collectAsList()).hasSizeGreaterThanOrEqualTo(leastRows);
      embedded.add(ApplicationProgress.of(spark).ended().rows() - before);
    }
    spark.conf().unset("spark.sql.autoBroadcastJoinThreshold");
    return embedded;
  }

  @Test
  void declareVariableAcceptsAVector() {
    assumeThat(spark.version()).as("DECLARE is Spark 4's").doesNotStartWith("3.");
    spark.sql("DECLARE OR REPLACE VARIABLE declared ARRAY<FLOAT> DEFAULT embed('hello')");
    assertThat(spark.sql("SELECT declared = embed('hello')").head().getBoolean(0)).isTrue();
  }
}
