package dev.embark.spark.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;

/**
 * The type that answers have by the option {@code schema}. Immutable and thread-safe.
 *
 * @param type the type of the column
 * @param grammar the grammar of answers, in llama.cpp's notation
 */
public record AnswerSchema(DataType type, String grammar) {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final int MOST_CACHED = 64;

  // Spark asks for the type of an expression many times.
  private static final Map<GenerateOptions, AnswerSchema> CACHE =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<GenerateOptions, AnswerSchema> eldest) {
          return size() > MOST_CACHED;
        }
      };

  /** A type and its JSON values. */
  record Typed(DataType type, Shape shape) {}

  /**
   * The schema that options name; empty if answers are texts.
   *
   * @throws EmbarkException of kind OPTION if the schema cannot be served
   */
  public static Optional<AnswerSchema> of(GenerateOptions options) {
    if (options.schema().isEmpty()) {
      return Optional.empty();
    }
    synchronized (CACHE) {
      AnswerSchema cached = CACHE.get(options);
      if (cached == null) {
        cached = read(options);
        CACHE.put(options, cached);
      }
      return Optional.of(cached);
    }
  }

  private static AnswerSchema read(GenerateOptions options) {
    if (!options.grammar().isEmpty()) {
      throw notServed("replaces the option grammar; leave one of them out");
    }
    if (!options.stop().isEmpty()) {
      throw notServed("has no use for the option stop, which cuts answers; leave it out");
    }
    Typed typed = typed(options.schema());
    return new AnswerSchema(typed.type(), SchemaGrammar.of(typed.shape(), options.maxTokens()));
  }

  private static Typed typed(String schema) {
    if (!schema.startsWith("{")) {
      return DdlShape.of(ddl(schema));
    }
    JsonNode json;
    try {
      json = JSON.readTree(schema);
    } catch (JsonProcessingException e) {
      throw notServed("is no JSON: " + e.getOriginalMessage());
    }
    // StructType.json of Spark; a JSON schema has no type of that name.
    return json.path("type").asText().equals("struct")
        ? DdlShape.of(sparkJson(schema))
        : new JsonSchema(json).typed();
  }

  private static DataType ddl(String schema) {
    try {
      return DataType.fromDDL(schema);
    } catch (Exception e) { // Scala's ParseException is checked, but not declared
      throw notServed("is neither a DDL nor a JSON schema: " + firstLine(e));
    }
  }

  private static DataType sparkJson(String schema) {
    try {
      return DataType.fromJson(schema);
    } catch (RuntimeException e) {
      throw notServed("is no type of Spark in JSON: " + firstLine(e));
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
  }

  /**
   * The error of a schema that cannot be served.
   *
   * @param clause without a full stop
   */
  static EmbarkException notServed(String clause) {
    return new EmbarkException(Kind.OPTION, "The generate option schema " + clause + ".");
  }
}
