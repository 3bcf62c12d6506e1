package dev.embark.job.run;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.Source;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Manifest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Rejects a run whose rows differ in layout from those of the output, because readers would then
 * miss some or all rows.
 */
final class LayoutCheck {
  private final JobSpec spec;
  private final OutputSpec output;
  private final Sink sink;

  LayoutCheck(JobSpec spec, Sink sink) {
    this.spec = spec;
    this.output = spec.outputSpec();
    this.sink = sink;
  }

  /**
   * Compares the layout of the output with that of the run.
   *
   * @param there layout of the output
   * @param columns columns that the run would write, without those of the sink
   * @throws UserError if the layouts differ
   */
  void check(Manifest.Layout there, StructType columns) {
    refuseAnother("--output-format", there.format(), output.format().toString());
    // A table records its own partitioning, so --partition-by may be omitted.
    if (!output.format().isTable()) {
      refuseAnother("--partition-by", listed(there.partitionBy()), listed(output.partitionBy()));
    }
    if (!sink.ownColumns().containsAll(there.ownColumns())) {
      throw new UserError(
          "%s was written with --id-column and has %s in each row; give --id-column, choose another --output, or set --save-mode overwrite"
              .formatted(sink.location(), listed(there.ownColumns())));
    }
    refuseOtherColumns(there.schema(), columns);
  }

  private static String listed(List<String> columns) {
    return columns.isEmpty() ? "unset" : String.join(",", columns);
  }

  private void refuseAnother(String option, String there, String here) {
    if (!here.equals(there)) {
      throw new UserError(
          "%1$s is %2$s here, and %3$s was written with %4$s, so not all of its rows could be read; use the same %1$s, choose another --output, or set --save-mode overwrite"
              .formatted(option, here, sink.location(), there));
    }
  }

  private void refuseOtherColumns(StructType there, StructType here) {
    Map<String, DataType> known = types(there);
    Map<String, DataType> given = types(here);
    // Columns missing from the input are written as NULL.
    List<String> differences =
        given.keySet().stream()
            .filter(name -> isCompared(name, known))
            .filter(name -> !isSame(known.get(name), given.get(name)))
            .map(name -> difference(name, known.get(name), given.get(name)))
            .toList();
    if (!differences.isEmpty()) {
      throw new UserError(
          "%s has other columns than %s: %s; select and cast them with --query, choose another --output, or set --save-mode overwrite"
              .formatted(spec.input(), sink.location(), String.join(", ", differences)));
    }
  }

  /**
   * A file reader applies the columns of one file to all files, whereas a table has its own schema.
   */
  private boolean isCompared(String name, Map<String, DataType> known) {
    return output.format().isTable()
        ? known.containsKey(name) && spec.idColumn().filter(name::equalsIgnoreCase).isPresent()
        : !name.equalsIgnoreCase(Source.CORRUPT_COLUMN);
  }

  private Map<String, DataType> types(StructType schema) {
    // Spark matches JSON keys case-sensitively.
    Map<String, DataType> types =
        output.format() == OutputSpec.Format.JSON
            ? new TreeMap<>()
            : new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (StructField field : schema.fields()) {
      types.put(field.name(), field.dataType());
    }
    return types;
  }

  private boolean isSame(DataType there, DataType here) {
    boolean isConverted =
        output.format().isTable() && there instanceof NumericType && here instanceof NumericType;
    // The catalog string ignores nullability.
    return isConverted || (there != null && there.catalogString().equals(here.catalogString()));
  }

  private static String difference(String name, DataType there, DataType here) {
    return there == null
        ? name + " is only in the input"
        : "%s is %s here and %s there".formatted(name, here.simpleString(), there.simpleString());
  }
}
