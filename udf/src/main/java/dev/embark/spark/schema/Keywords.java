package dev.embark.spark.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** Keywords of a JSON schema. Stateless. */
final class Keywords {
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions");
  private static final int MAX_COUNT = 1 << 20;

  private Keywords() {}

  /**
   * Refuses every keyword that neither is served nor an annotation.
   *
   * @param path of the schema in messages
   */
  static void allow(JsonNode schema, Set<String> keywords, String path) {
    for (Iterator<String> names = schema.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keywords.contains(name) && !ANNOTATIONS.contains(name)) {
        throw at(path, "has the keyword " + name + ", which is not served there; leave it out");
      }
    }
  }

  /** The names in {@code type}; empty if it is missing. */
  static Iterable<JsonNode> types(JsonNode schema) {
    JsonNode type = schema.path("type");
    return type.isArray() ? type : type.isMissingNode() ? List.of() : List.of(type);
  }

  /** A count, or {@code otherwise} if the schema has none. */
  static int count(JsonNode schema, String keyword, int otherwise, String path) {
    if (!schema.has(keyword)) {
      return otherwise;
    }
    JsonNode count = schema.get(keyword);
    if (!count.isNumber() || count.doubleValue() < 0 || count.doubleValue() % 1 != 0) {
      throw at(path, "has a " + keyword + " that is no count");
    }
    return (int) Math.min(MAX_COUNT, count.doubleValue());
  }

  /** The error of a schema at a path. */
  static RuntimeException at(String path, String clause) {
    return AnswerSchema.notServed("cannot be served: " + path + " " + clause);
  }
}
