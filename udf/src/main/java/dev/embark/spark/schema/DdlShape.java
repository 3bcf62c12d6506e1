package dev.embark.spark.schema;

import dev.embark.spark.schema.AnswerSchema.Typed;
import dev.embark.spark.schema.Shape.Field;
import dev.embark.spark.schema.Shape.Fields;
import dev.embark.spark.schema.Shape.Items;
import dev.embark.spark.schema.Shape.Nullable;
import dev.embark.spark.schema.Shape.Pairs;
import dev.embark.spark.schema.Shape.Text;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.CharType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.VarcharType;

/** The JSON values of a type of Spark: fields may be null, elements and values never. Stateless. */
final class DdlShape {
  private static final String TYPES =
      "STRING, BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DECIMAL, DATE, TIMESTAMP,"
          + " TIMESTAMP_NTZ, ARRAY, STRUCT and MAP<STRING, …>";

  private DdlShape() {}

  /**
   * The values of a type.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION for a type without values in JSON
   */
  static Typed of(DataType type) {
    return new Typed(type, shape(type, "The value"));
  }

  /**
   * @param name of the field in messages
   */
  private static Shape shape(DataType type, String name) {
    if (type instanceof CharType || type instanceof VarcharType) {
      throw refused(type, name);
    }
    if (type instanceof StringType) {
      return new Text(0, Shape.UNBOUNDED);
    }
    if (type instanceof DecimalType decimal) {
      return Scalars.decimal(decimal.precision(), decimal.scale());
    }
    if (type instanceof ArrayType array) {
      Shape item = shape(array.elementType(), "An element of " + name);
      return new Items(item, 0, Shape.UNBOUNDED);
    }
    if (type instanceof MapType map) {
      if (!(map.keyType() instanceof StringType)) {
        throw refused(type, name);
      }
      return new Pairs(shape(map.valueType(), "A value of " + name));
    }
    if (type instanceof StructType struct) {
      if (struct.fields().length == 0) {
        throw refused(type, name);
      }
      List<Field> fields = new ArrayList<>();
      for (StructField field : struct.fields()) {
        Shape shape = shape(field.dataType(), "The field " + field.name());
        fields.add(new Field(field.name(), field.nullable() ? new Nullable(shape) : shape, true));
      }
      return new Fields(fields);
    }
    return scalar(type, name);
  }

  private static Shape scalar(DataType type, String name) {
    if (type.equals(DataTypes.BooleanType)) {
      return Scalars.BOOLEAN;
    }
    if (type.equals(DataTypes.ByteType)) {
      return integers(Byte.MIN_VALUE, Byte.MAX_VALUE);
    }
    if (type.equals(DataTypes.ShortType)) {
      return integers(Short.MIN_VALUE, Short.MAX_VALUE);
    }
    if (type.equals(DataTypes.IntegerType)) {
      return integers(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    if (type.equals(DataTypes.LongType)) {
      return Scalars.LONG;
    }
    if (type.equals(DataTypes.FloatType)) {
      return Scalars.FLOAT;
    }
    if (type.equals(DataTypes.DoubleType)) {
      return Scalars.DOUBLE;
    }
    if (type.equals(DataTypes.DateType)) {
      return Scalars.DAY;
    }
    if (type.equals(DataTypes.TimestampType) || type.equals(DataTypes.TimestampNTZType)) {
      return Scalars.MOMENT;
    }
    throw refused(type, name);
  }

  private static Shape integers(long min, long max) {
    return Scalars.integers(BigInteger.valueOf(min), BigInteger.valueOf(max));
  }

  private static RuntimeException refused(DataType type, String name) {
    return AnswerSchema.notServed(
        "cannot be served: "
            + name
            + " is "
            + type.catalogString().toUpperCase(Locale.ROOT)
            + ", and answers can have "
            + TYPES);
  }
}
