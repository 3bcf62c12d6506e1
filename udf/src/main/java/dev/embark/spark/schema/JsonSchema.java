package dev.embark.spark.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.spark.schema.AnswerSchema.Typed;
import dev.embark.spark.schema.Shape.Field;
import dev.embark.spark.schema.Shape.Fields;
import dev.embark.spark.schema.Shape.Items;
import dev.embark.spark.schema.Shape.Nullable;
import dev.embark.spark.schema.Shape.Pairs;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;

/**
 * Reads a JSON schema. Every keyword is either served, an annotation without effect on values, or
 * refused by name. Not thread-safe.
 */
final class JsonSchema {
  private static final Set<String> OF_OBJECTS =
      Set.of("type", "properties", "required", "additionalProperties");
  private static final Set<String> OF_ARRAYS = Set.of("type", "items", "minItems", "maxItems");

  private final JsonNode root;
  private final Deque<String> references = new ArrayDeque<>(); // those being read
  private boolean nullable; // whether the value read last may be null

  JsonSchema(JsonNode root) {
    this.root = root;
  }

  /**
   * The type and the values of the schema.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION for a schema that is not served
   */
  Typed typed() {
    Typed typed = read(root, "#");
    return nullable ? new Typed(typed.type(), new Nullable(typed.shape())) : typed;
  }

  /** Reads a schema and sets whether its values may be null, which the result leaves out. */
  private Typed read(JsonNode schema, String path) {
    nullable = false;
    if (!schema.isObject()) {
      throw Keywords.at(path, "has to be an object");
    }
    if (schema.has("$ref")) {
      return referenced(schema, path);
    }
    for (String union : List.of("anyOf", "oneOf")) {
      if (schema.has(union)) {
        return orNull(schema, union, path);
      }
    }
    if (schema.has("enum") || schema.has("const")) {
      Typed values = JsonScalars.oneOf(schema, path);
      nullable = JsonScalars.hasNull(schema);
      return values;
    }
    boolean orNull = false;
    String type = null;
    for (JsonNode name : Keywords.types(schema)) {
      if (name.asText().equals("null")) {
        orNull = true;
      } else if (type != null || !name.isTextual()) {
        throw Keywords.at(path, "has several types; a column has one, or one and null");
      } else {
        type = name.asText();
      }
    }
    if (type == null) {
      throw Keywords.at(path, "names no type");
    }
    Typed typed = ofType(schema, type, path);
    nullable = orNull;
    return typed;
  }

  private Typed ofType(JsonNode schema, String type, String path) {
    return switch (type) {
      case "object" -> object(schema, path);
      case "array" -> array(schema, path);
      case "string" -> JsonScalars.string(schema, path);
      case "integer" -> JsonScalars.integer(schema, path);
      case "number" -> {
        Keywords.allow(schema, Set.of("type"), path);
        yield new Typed(DataTypes.DoubleType, Scalars.DOUBLE);
      }
      case "boolean" -> {
        Keywords.allow(schema, Set.of("type"), path);
        yield new Typed(DataTypes.BooleanType, Scalars.BOOLEAN);
      }
      default -> throw Keywords.at(path, "has the type " + type + ", which JSON does not have");
    };
  }

  private Typed referenced(JsonNode schema, String path) {
    Keywords.allow(schema, Set.of("$ref"), path);
    String name = schema.get("$ref").asText();
    JsonNode target = name.equals("#") || name.startsWith("#/") ? root.at(name.substring(1)) : null;
    if (target == null || target.isMissingNode()) {
      throw Keywords.at(path, "refers to " + name + ", which is not in the schema");
    }
    if (references.contains(name) || name.equals("#")) {
      throw Keywords.at(
          path, "refers to " + name + ", which contains it; a column cannot nest endlessly");
    }
    references.push(name);
    Typed typed = read(target, name);
    references.pop();
    return typed;
  }

  private Typed orNull(JsonNode schema, String union, String path) {
    Keywords.allow(schema, Set.of(union), path);
    List<JsonNode> others = new ArrayList<>();
    for (JsonNode part : schema.get(union)) {
      if (!part.path("type").asText().equals("null")) {
        others.add(part);
      }
    }
    if (others.size() != 1 || schema.get(union).size() > 2) {
      throw Keywords.at(path, union + " has several types; a column has one, or one and null");
    }
    boolean orNull = schema.get(union).size() > 1;
    Typed typed = read(others.get(0), path + "/" + union);
    if (orNull && nullable && union.equals("oneOf")) {
      throw Keywords.at(path, "has null twice in oneOf, so null is none of its values");
    }
    nullable |= orNull;
    return typed;
  }

  private Typed object(JsonNode schema, String path) {
    Keywords.allow(schema, OF_OBJECTS, path);
    JsonNode properties = schema.path("properties");
    JsonNode additional = schema.path("additionalProperties");
    Set<String> required = new TreeSet<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    if (properties.isEmpty()) {
      if (!additional.isObject() || !required.isEmpty()) {
        throw Keywords.at(
            path,
            "is an object without properties; name some, or the type of all values with"
                + " additionalProperties");
      }
      Typed value = read(additional, path + "/additionalProperties");
      Shape shape = nullable ? new Nullable(value.shape()) : value.shape();
      return new Typed(
          DataTypes.createMapType(DataTypes.StringType, value.type(), nullable), new Pairs(shape));
    }
    List<StructField> columns = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    for (Iterator<String> names = properties.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      Typed value = read(properties.get(name), path + "/properties/" + name);
      boolean always = required.remove(name);
      fields.add(new Field(name, nullable ? new Nullable(value.shape()) : value.shape(), always));
      columns.add(DataTypes.createStructField(name, value.type(), nullable || !always));
    }
    if (!required.isEmpty()) {
      throw Keywords.at(
          path, "requires " + required.iterator().next() + ", which is none of its properties");
    }
    return new Typed(DataTypes.createStructType(columns), new Fields(fields));
  }

  private Typed array(JsonNode schema, String path) {
    Keywords.allow(schema, OF_ARRAYS, path);
    if (!schema.has("items")) {
      throw Keywords.at(path, "is an array without items");
    }
    int min = Keywords.count(schema, "minItems", 0, path);
    int max = Keywords.count(schema, "maxItems", Shape.UNBOUNDED, path);
    if (min > max) {
      throw Keywords.at(path, "has a minItems above maxItems");
    }
    Typed item = read(schema.get("items"), path + "/items");
    Shape shape = nullable ? new Nullable(item.shape()) : item.shape();
    return new Typed(DataTypes.createArrayType(item.type(), nullable), new Items(shape, min, max));
  }
}
