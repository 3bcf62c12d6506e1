package dev.embark.spark.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

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
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
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
    refuseEqualNames(typed.type());
    return new AnswerSchema(typed.type(), SchemaGrammar.of(typed.shape(), options.maxTokens()));
  }

  /** Spark's reader of JSON fills one of the fields that have a name. */
  private static void refuseEqualNames(DataType type) {
    if (type instanceof ArrayType array) {
      refuseEqualNames(array.elementType());
    } else if (type instanceof MapType map) {
      refuseEqualNames(map.valueType());
    } else if (type instanceof StructType struct) {
      Set<String> names =
          SQLConf.get().caseSensitiveAnalysis()
              ? new HashSet<>()
              : new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      for (StructField field : struct.fields()) {
        if (!names.add(field.name())) {
          throw notServed(
              "has the field "
                  + field.name()
                  + (Collections.frequency(List.of(struct.fieldNames()), field.name()) > 1
                      ? " twice"
                      : " twice, apart from case")
                  + "; rename one of them");
        }
        refuseEqualNames(field.dataType());
      }
    }
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
      throw notServed(
          "is neither a DDL nor a JSON schema: " + firstLine(ofFields(schema).orElse(e)));
    }
  }

  /** The error of a list of fields, which names the faulty one; Spark reports that of a type. */
  private static Optional<Exception> ofFields(String schema) {
    try {
      StructType.fromDDL(schema);
      return Optional.empty();
    } catch (Exception e) {
      return Optional.of(e);
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
    String line = String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
    return line.replaceFirst("[.;]*(\\s*SQLSTATE.*)?$", "");
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
