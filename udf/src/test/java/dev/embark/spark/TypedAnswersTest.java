package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.spark.schema.AnswerSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a schema, by a model of random weights with a token for each byte. */
class TypedAnswersTest {
  // What bytes of the model become that are no UTF-8.
  private static final String MALFORMED = "\uFFFD";
  private static final int PROMPTS = 8;
  private static final String MESSAGE =
      """
      {"type": "object", "title": "a message",
       "$defs": {"tag": {"type": "string", "minLength": 1, "maxLength": 4}},
       "properties": {
         "kind": {"enum": ["a", "b \\"c\\"", "ü"]},
         "score": {"type": "integer", "minimum": -3, "exclusiveMaximum": 120},
         "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 1, "maxItems": 3},
         "note": {"type": ["string", "null"], "maxLength": 9},
         "share": {"type": "number", "description": "of 1"},
         "on": {"type": "string", "format": "date"},
         "nested": {"type": "object", "properties": {"ok": {"type": "boolean"}},
                    "required": ["ok"], "additionalProperties": false}},
       "required": ["kind", "tags", "share", "nested"]}
      """;

  @TempDir static Path dir;
  private static SparkSession spark;
  private static String model;

  @BeforeAll
  static void start() throws IOException {
    spark = TestSession.start("local[2]");
    model = TinyGenerator.write(dir).toString();
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  private static Map<String, String> options(String schema, int maxTokens) {
    Map<String, String> options = new TreeMap<>();
    options.put("model", model);
    options.put("schema", schema);
    options.put("maxTokens", Integer.toString(maxTokens));
    options.put("temperature", "9");
    options.put("topK", "0");
    options.put("topP", "1");
    options.put("minP", "0");
    return options;
  }

  /** Answers as values with their detail, and as texts by the same grammar. */
  private static List<Row> answers(Map<String, String> options, String ddl) {
    Map<String, String> asText = new TreeMap<>(options);
    asText.remove("schema");
    asText.put("grammar", AnswerSchema.of(GenerateOptions.of(options)).orElseThrow().grammar());
    Dataset<Row> prompts = spark.range(0, PROMPTS, 1, 2).selectExpr("concat('prompt ', id) AS p");
    return prompts
        .select(
            Embark.generateDetail(functions.col("p"), options).as("typed"),
            Embark.generateDetail(functions.col("p"), asText).as("plain"))
        .select(
            functions.col("typed.answer"),
            functions.expr(
                "CASE WHEN plain.finish = 'stop' AND NOT contains(plain.text, '\uFFFD') THEN from_json(concat('{\"v\":', plain.text,"
                    + " '}'), 'STRUCT<v: "
                    + ddl
                    + ">', map('mode', 'FAILFAST')).v END"),
            functions.col("plain.text"),
            functions.col("plain.finish"),
            functions.col("typed.error"),
            functions.col("typed.finish"))
        .collectAsList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "STRUCT<label: STRING, score: DOUBLE, tags: ARRAY<STRING>>",
        "STRUCT<a: TINYINT, b: SMALLINT, c: INT, d: BIGINT, e: BOOLEAN, f: FLOAT>",
        "STRUCT<a: DECIMAL(5, 2), b: DECIMAL(38, 0), c: DECIMAL(3, 3), d: DATE>",
        "STRUCT<at: TIMESTAMP, ntz: TIMESTAMP_NTZ>",
        "STRUCT<`odd \\\\ name \"é`: STRUCT<x: INT NOT NULL> NOT NULL, m: MAP<STRING, INT>>",
        "ARRAY<STRUCT<k: STRING, n: ARRAY<BOOLEAN>>>",
        "DOUBLE",
        "STRING"
      })
  void everyAnswerIsAValueOfItsType(String ddl) {
    assertThat(wholeAnswers(ddl)).isPositive();
  }

  @Test
  @Tag("models")
  void answersOfRandomTypesAreValues() {
    Random random = new Random(5);
    int whole = 0;
    for (int i = 0; i < 60; i++) {
      whole += wholeAnswers("STRUCT<x: " + type(random, 0) + ", y: " + type(random, 0) + ">");
    }
    assertThat(whole).isGreaterThan(60);
  }

  @Test
  @Tag("models")
  void answersOfRandomJsonSchemasAreValid() throws IOException {
    Random random = new Random(6);
    int whole = 0;
    for (int i = 0; i < 60; i++) {
      whole += validAnswers("{\"type\": \"array\", \"items\": " + schema(random, 0) + "}", 150);
    }
    assertThat(whole).isGreaterThan(60);
  }

  private static String schema(Random random, int depth) {
    int low = random.nextInt(-500, 500);
    int count = random.nextInt(0, 4);
    return switch (random.nextInt(depth < 2 ? 8 : 5)) {
      case 0 ->
          "{\"type\": \"string\", \"minLength\": %d, \"maxLength\": %d}"
              .formatted(count, count + random.nextInt(0, 80));
      case 1 ->
          "{\"type\": [\"integer\", \"null\"], \"minimum\": %d, \"exclusiveMaximum\": %d}"
              .formatted(low, low + random.nextInt(1, 2000));
      case 2 -> "{\"enum\": [\"%d\", \"\\\\\", \"\u00fc\\\"\"]}".formatted(low);
      case 3 -> "{\"type\": \"string\", \"format\": \"date\"}";
      case 4 -> "{\"oneOf\": [{\"type\": \"null\"}, {\"type\": \"number\"}]}";
      case 5 ->
          "{\"type\": \"array\", \"items\": %s, \"minItems\": %d, \"maxItems\": %d}"
              .formatted(schema(random, depth + 1), count % 3, count % 3 + random.nextInt(0, 3));
      case 6 ->
          "{\"type\": \"object\", \"additionalProperties\": %s}"
              .formatted(schema(random, depth + 1));
      default ->
          "{\"type\": \"object\", \"properties\": {\"a\": %s, \"b\": %s}, \"required\": [%s]}"
              .formatted(
                  schema(random, depth + 1),
                  schema(random, depth + 1),
                  random.nextBoolean() ? "\"b\"" : "");
    };
  }

  private static String type(Random random, int depth) {
    List<String> scalars =
        List.of(
            "STRING",
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "INT",
            "BIGINT",
            "FLOAT",
            "DOUBLE",
            "DECIMAL(" + random.nextInt(8, 39) + ", " + random.nextInt(0, 9) + ")",
            "DATE",
            "TIMESTAMP");
    int kind = random.nextInt(depth < 2 ? 6 : 1);
    String nullable = random.nextBoolean() ? "" : " NOT NULL";
    return switch (kind) {
      case 3 -> "ARRAY<" + type(random, depth + 1) + ">";
      case 4 -> "MAP<STRING, " + type(random, depth + 1) + ">";
      case 5 -> "STRUCT<k: " + type(random, depth + 1) + nullable + ", `a b`: INT>";
      default -> scalars.get(random.nextInt(scalars.size()));
    };
  }

  /** Checks all answers of a type; returns the number of those that were not cut off. */
  private static int wholeAnswers(String ddl) {
    List<Row> rows = answers(options(ddl.replace("\\\\", "\\"), 150), ddl);
    int whole = 0;
    for (Row row : rows) {
      if (row.getString(2).contains(MALFORMED)) {
        assertThat(row.isNullAt(0)).isTrue();
      } else if (row.getString(3).equals("stop")) {
        whole++;
        assertThat(row.get(0)).as(row.getString(2)).isEqualTo(row.get(1)).isNotNull();
        assertThat(row.isNullAt(4)).isTrue();
      } else {
        assertThat(row.isNullAt(0)).isTrue();
        assertThat(row.getString(4))
            .isEqualTo(
                "[TOO_LONG] The answer was cut off at maxTokens=150; make maxTokens larger, or"
                    + " make the schema smaller: bound its strings and arrays.");
        assertThat(row.getString(5)).isEqualTo("length");
      }
    }
    return whole;
  }

  @Test
  void answersOfAJsonSchemaAreValid() throws IOException {
    DataType type = AnswerSchema.of(GenerateOptions.of(options(MESSAGE, 180))).orElseThrow().type();
    assertThat(type.catalogString())
        .isEqualTo(
            "struct<kind:string,score:bigint,tags:array<string>,note:string,share:double,on:date,"
                + "nested:struct<ok:boolean>>");
    assertThat(Arrays.stream(((StructType) type).fields()).filter(field -> !field.nullable()))
        .extracting(StructField::name)
        .containsExactly("kind", "tags", "share", "nested");
    // Bounded by the schema, so a token for each byte is enough.
    assertThat(validAnswers(MESSAGE, 180)).isGreaterThan(2);
  }

  /** Checks all answers of a JSON schema; returns the number of those that were not cut off. */
  private static int validAnswers(String schema, int maxTokens) throws IOException {
    Map<String, String> options = options(schema, maxTokens);
    DataType type = AnswerSchema.of(GenerateOptions.of(options)).orElseThrow().type();
    JsonSchema validator = JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schema);
    int whole = 0;
    for (Row row : answers(options, type.catalogString())) {
      String text = row.getString(2);
      if (row.getString(3).equals("stop") && !text.contains(MALFORMED)) {
        whole++;
        assertThat(validator.validate(new ObjectMapper().readTree(text)))
            .as(text + " of " + schema)
            .isEmpty();
        assertThat(row.get(0)).as(text).isEqualTo(row.get(1));
        assertThat(row.isNullAt(4)).isTrue();
      } else {
        assertThat(row.isNullAt(0)).isTrue();
        assertThat(row.getString(4)).matches("\\[(MODEL|TOO_LONG)] The answer .*");
      }
    }
    return whole;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"enum\": [\"x\", \"y\"]} | string",
        "{\"type\": \"array\", \"maxItems\": 2, \"items\": {\"type\": \"integer\"}} | array<bigint>",
        "{\"type\": [\"boolean\", \"null\"]} | boolean",
        "{\"type\": \"integer\", \"maximum\": 7.5} | bigint",
        "{\"type\": \"object\", \"required\": [\"a\"], \"properties\": {\"a\": {\"type\":"
            + " \"string\", \"enum\": [\"b\", null]}}} | struct<a:string>",
        "{\"anyOf\": [{\"const\": 1.5}, {\"type\": \"null\"}]} | double",
        "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"number\"}} |"
            + " map<string,double>",
        "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"integer\",\"nullable\":false,"
            + "\"metadata\":{}}]} | struct<a:int>"
      })
  void aColumnHasTheTypeOfItsJsonSchema(String schema, String type) {
    Dataset<Row> rows =
        spark.range(1).select(Embark.generate(functions.lit("a"), options(schema, 100)).as("a"));

    assertThat(rows.schema().apply("a").dataType().catalogString()).isEqualTo(type);
    assertThat(rows.collectAsList()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a BINARY | The field a is BINARY, and answers can have STRING",
        "a MAP<INT, STRING> | The field a is MAP<INT,STRING>",
        "a ARRAY<INTERVAL DAY> | An element of The field a is INTERVAL DAY",
        "a STRIN | JSON schema: [UNSUPPORTED_DATATYPE] Unsupported data type \"STRIN\"",
        "a INT, a STRING | has the field a twice",
        "s STRUCT<b: INT, B: INT> | has the field B twice, apart from case",
        "{\"type\": \"object\", \"properties\": {\"a\": {\"const\": 1}, \"A\": {\"const\": 1}}} |"
            + " has the field A twice, apart from case",
        "{\"type\": \"string\", \"type\": \"integer\"} | is no JSON: Duplicate field",
        "{\"type\": | is no JSON",
        "{\"type\": \"string\", \"pattern\": \"a+\"} | # has the keyword pattern, which is not",
        "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"format\":"
            + " \"uri\"}}} | #/properties/a has the format uri; only date is served",
        "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"type\": \"array\", \"items\": {\"$ref\":"
            + " \"#/$defs/a\"}}}} | refers to #/$defs/a, which contains it",
        "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"integer\"}]} | has several types",
        "{\"type\": \"string\", \"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"type\":"
            + " \"string\"}}} | # has the keyword type, which is not",
        "{\"oneOf\": [{\"type\": [\"string\", \"null\"]}, {\"type\": \"null\"}]} |"
            + " null is none of its values",
        "{\"type\": \"integer\", \"minimum\": 2, \"exclusiveMaximum\": 2} | above its maximum",
        "{\"type\": \"integer\", \"minimum\": 1e999999} | above its maximum",
        "{\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"uniqueItems\": true} |"
            + " the keyword uniqueItems",
        "{\"const\": 1e999} | has a value that is no string, finite number or boolean",
        "{\"enum\": [1, true]} | has values of several types",
        "{\"enum\": [null]} | has values of several types or none",
        "{\"enum\": [1, \"a\"]} | has values of several types",
        "{\"type\": \"object\", \"properties\": {\"a\": {}}} | #/properties/a names no type",
        "a BIGINT, b BIGINT, c BIGINT | may take 56 tokens even if its strings are short, but maxTokens"
            + " is 20; set maxTokens to as many"
      })
  void aSchemaThatCannotBeServedFailsTheAnalysis(String schema, String reason) {
    assertThatThrownBy(
            () -> spark.range(1).select(Embark.generate(functions.lit("a"), options(schema, 20))))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void aSchemaExcludesAGrammarAndStopWords() {
    for (Map.Entry<String, String> other :
        Map.of("grammar", "root ::= \"a\"", "stop", "b").entrySet()) {
      Map<String, String> options = options("a INT", 50);
      options.put(other.getKey(), other.getValue());
      assertThatThrownBy(() -> spark.range(1).select(Embark.generate(functions.lit("a"), options)))
          .isInstanceOf(AnalysisException.class)
          .hasMessageContaining(other.getKey());
    }
  }

  @Test
  void anAnswerThatIsCutOffFailsAQueryInModeFailfast() {
    Map<String, String> options = options("a STRING NOT NULL", 40);
    options.put("contextTokens", "20");
    options.put("sequences", "1");
    Dataset<Row> query =
        spark.range(1).select(Embark.generate(functions.lit("0123456789"), options).as("a"));

    assertThat(query.head().isNullAt(0)).isTrue();
    options.put("mode", "FAILFAST");
    assertThatThrownBy(
            () ->
                spark
                    .range(1)
                    .select(Embark.generate(functions.lit("0123456789"), options))
                    .collectAsList())
        .hasStackTraceContaining("tokens, where the context ended");
  }

  @Test
  void namedArgumentsTakeASchema() {
    Row row =
        spark
            .sql(
                "SELECT generate('a', model => '"
                    + model
                    + "', schema => 'n TINYINT NOT NULL', maxTokens => 40).n BETWEEN -128 AND 127")
            .head();

    assertThat(row.getBoolean(0)).isTrue();
  }
}
