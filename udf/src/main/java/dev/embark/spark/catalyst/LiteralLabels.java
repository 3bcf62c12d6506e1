package dev.embark.spark.catalyst;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;

/** The labels that a call of {@code classify} names. Stateless. */
final class LiteralLabels {
  private LiteralLabels() {}

  /**
   * The strings of an array, null for NULL.
   *
   * @throws EmbarkException of kind OPTION unless the argument is a literal array of strings
   */
  static List<String> of(Expression argument) {
    if (!argument.foldable()
        || !(argument.dataType() instanceof ArrayType type)
        || !(type.elementType() instanceof StringType || type.elementType() instanceof NullType)) {
      throw notLabels(argument);
    }
    ArrayData values = (ArrayData) argument.eval(null);
    if (values == null) {
      throw notLabels(argument);
    }
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < values.numElements(); i++) {
      labels.add(values.isNullAt(i) ? null : values.get(i, type.elementType()).toString());
    }
    return labels;
  }

  private static EmbarkException notLabels(Expression argument) {
    return new EmbarkException(
        Kind.OPTION,
        "The labels of classify have to be a literal array of strings, such as array('good',"
            + " 'bad'), but this is "
            + argument.sql()
            + ".");
  }

  /** The labels as SQL has them. */
  static String sql(List<String> labels) {
    List<String> quoted = new ArrayList<>();
    labels.forEach(
        label -> quoted.add("'" + label.replace("\\", "\\\\").replace("'", "\\'") + "'"));
    return "array(" + String.join(", ", quoted) + ")";
  }
}
