package dev.embark.spark.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.spark.schema.AnswerSchema.Typed;
import dev.embark.spark.schema.Shape.Text;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Reads the parts of a JSON schema for strings, integers and enumerations. Stateless. */
final class JsonScalars {
  private static final Set<String> OF_STRINGS = Set.of("type", "minLength", "maxLength", "format");
  private static final Set<String> BOUNDS =
      Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
  private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigInteger BEYOND = BigInteger.TEN.pow(20);

  private JsonScalars() {}

  /** Reads an {@code enum} or a {@code const}; null is none of the values of the result. */
  static Typed oneOf(JsonNode schema, String path) {
    Keywords.allow(schema, Set.of("type", schema.has("enum") ? "enum" : "const"), path);
    Set<JsonNode> values = new LinkedHashSet<>();
    if (schema.has("enum")) {
      schema.get("enum").forEach(values::add);
    } else {
      values.add(schema.get("const"));
    }
    values.removeIf(JsonNode::isNull);
    Set<DataType> types = new HashSet<>();
    List<String> json = new ArrayList<>();
    for (JsonNode value : values) {
      types.add(typeOfValue(value, path));
      json.add(value.isTextual() ? Scalars.quoted(value.asText()) : value.toString());
    }
    if (types.contains(DataTypes.DoubleType)) {
      types.remove(DataTypes.LongType);
    }
    if (types.size() != 1) {
      throw Keywords.at(path, "has values of several types or none; a column has one type");
    }
    checkTypeOf(schema, types.iterator().next(), path);
    return new Typed(types.iterator().next(), Scalars.oneOf(json));
  }

  /** Whether null is a value of an {@code enum}. */
  static boolean hasNull(JsonNode schema) {
    boolean isValue = false;
    for (JsonNode value : schema.path("enum")) {
      isValue |= value.isNull();
    }
    boolean isType = !schema.has("type");
    for (JsonNode name : Keywords.types(schema)) {
      isType |= name.asText().equals("null");
    }
    return isValue && isType;
  }

  private static DataType typeOfValue(JsonNode value, String path) {
    if (value.isTextual()) {
      return DataTypes.StringType;
    }
    if (value.isBoolean()) {
      return DataTypes.BooleanType;
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return DataTypes.LongType;
    }
    if (value.isNumber() && Double.isFinite(value.doubleValue())) {
      return DataTypes.DoubleType;
    }
    throw Keywords.at(path, "has a value that is no string, finite number or boolean");
  }

  private static void checkTypeOf(JsonNode schema, DataType type, String path) {
    Set<String> names = new TreeSet<>();
    for (JsonNode name : Keywords.types(schema)) {
      names.add(name.asText());
    }
    names.remove("null");
    Set<String> fitting =
        type.equals(DataTypes.StringType)
            ? Set.of("string")
            : type.equals(DataTypes.BooleanType)
                ? Set.of("boolean")
                : type.equals(DataTypes.LongType) ? Set.of("integer", "number") : Set.of("number");
    if (!fitting.containsAll(names)) {
      throw Keywords.at(path, "has values that are not of its type");
    }
  }

  /** Reads a schema of the type {@code string}. */
  static Typed string(JsonNode schema, String path) {
    Keywords.allow(schema, OF_STRINGS, path);
    if (schema.has("format")) {
      if (!schema.get("format").asText().equals("date")) {
        throw Keywords.at(
            path, "has the format " + schema.get("format").asText() + "; only date is served");
      }
      Keywords.allow(schema, Set.of("type", "format"), path);
      return new Typed(DataTypes.DateType, Scalars.DAY);
    }
    int min = Keywords.count(schema, "minLength", 0, path);
    int max = Keywords.count(schema, "maxLength", Shape.UNBOUNDED, path);
    if (min > max) {
      throw Keywords.at(path, "has a minLength above maxLength");
    }
    return new Typed(DataTypes.StringType, new Text(min, max));
  }

  /** Reads a schema of the type {@code integer}. */
  static Typed integer(JsonNode schema, String path) {
    Set<String> served = new TreeSet<>(BOUNDS);
    served.add("type");
    Keywords.allow(schema, served, path);
    if (BOUNDS.stream().noneMatch(schema::has)) {
      return new Typed(DataTypes.LongType, Scalars.LONG);
    }
    BigInteger min = bound(schema, "minimum", 0, LEAST, path);
    min = min.max(bound(schema, "exclusiveMinimum", 1, LEAST, path));
    BigInteger max = bound(schema, "maximum", 0, MOST, path);
    max = max.min(bound(schema, "exclusiveMaximum", -1, MOST, path));
    if (min.compareTo(max) > 0) {
      throw Keywords.at(path, "has a minimum above its maximum");
    }
    return new Typed(DataTypes.LongType, Scalars.integers(min, max));
  }

  /**
   * The integer next to a bound, within those of 64 bits.
   *
   * @param open 1 above the bound, -1 below it, 0 for the bound itself
   */
  private static BigInteger bound(
      JsonNode schema, String keyword, int open, BigInteger otherwise, String path) {
    if (!schema.has(keyword)) {
      return otherwise;
    }
    if (!schema.get(keyword).isNumber()) {
      throw Keywords.at(path, "has a " + keyword + " that is no number");
    }
    boolean lower = otherwise.signum() < 0;
    double about = schema.get(keyword).doubleValue();
    if (Math.abs(about) > BEYOND.doubleValue()) { // its digits may be millions
      BigInteger beyond = about < 0 ? BEYOND.negate() : BEYOND;
      return lower ? beyond.max(LEAST) : beyond.min(MOST);
    }
    BigDecimal value = schema.get(keyword).decimalValue();
    BigInteger whole =
        value.setScale(0, lower ? RoundingMode.CEILING : RoundingMode.FLOOR).toBigInteger();
    boolean isWhole = new BigDecimal(whole).compareTo(value) == 0;
    BigInteger within = isWhole ? whole.add(BigInteger.valueOf(open)) : whole;
    return lower ? within.max(LEAST) : within.min(MOST);
  }
}
