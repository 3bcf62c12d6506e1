package dev.embark.job.state;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.Secrets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;

/**
 * Arguments that determine what a run writes; only a command with equal arguments resumes the run.
 *
 * @param values argument values by name, without credentials
 * @param clear the clear text that earlier manifests store in place of a {@link CommandDigest}
 */
public record RunArguments(SortedMap<String, String> values, String clear) {
  private static final String INPUT_OPTION = "--input-option";
  private static final String CLEAR = "the whole command";

  public static RunArguments of(SparkSession spark, JobSpec spec, Fingerprint fingerprint) {
    OutputSpec output = spec.outputSpec();
    // Otherwise an appending command could resume a replacing run, and vice versa.
    boolean replaces = output.mayReplace();
    SortedMap<String, String> values = new TreeMap<>();
    spec.inputSpec().toArguments().forEach(argument -> put(values, spark, argument));
    values.put("--output-format", output.format().toString());
    values.put("--partition-by", String.join(",", output.partitionBy()));
    values.put("--" + spec.function().result() + "-column", spec.resultColumn());
    if (spec.explodesChunks()) { // absent otherwise, as in runs of earlier versions
      values.put("--explode-chunks", "true");
    }
    values.put("--dedupe", Boolean.toString(spec.dedupe()));
    values.put("--retry-quarantined", Boolean.toString(spec.retryQuarantined()));
    values.put("overwrite", Boolean.toString(replaces));
    values.put("--model", fingerprint.modelSha256());
    fingerprint.options().forEach((key, value) -> values.put("--option " + key, value));
    values.put("the version of Embark", Integer.toString(fingerprint.vectorVersion()));
    return new RunArguments(values, clear(spec, fingerprint, replaces));
  }

  /** Adds {@code --name=value}; a reader option is stored under its own key. */
  private static void put(SortedMap<String, String> values, SparkSession spark, String argument) {
    String[] words = argument.split("=", 2);
    if (!words[0].equals(INPUT_OPTION)) {
      // A query is kept whole, because redaction could remove a comparison with a column whose name
      // looks like a credential.
      boolean isQuery = words[0].equals("--query");
      values.put(words[0], isQuery ? words[1] : Secrets.redacted(words[1]));
      return;
    }
    String[] option = words[1].split("=", 2);
    // A password may change between two processes of one run.
    if (!Secrets.isSecret(spark, option[0])) {
      values.put(INPUT_OPTION + " " + option[0], Secrets.redacted(option[1]));
    }
  }

  private static String clear(JobSpec spec, Fingerprint fingerprint, boolean replaces) {
    OutputSpec output = spec.outputSpec();
    return String.join("\n", spec.inputSpec().toArguments())
        + "\n%s %s %s %s %s %s"
            .formatted(
                output.format(),
                output.partitionBy(),
                spec.resultColumn(),
                spec.dedupe(),
                spec.retryQuarantined(),
                fingerprint.sha256())
        + (replaces ? " overwrite" : "");
  }

  /** Returns the digest that the state stores. */
  public CommandDigest digest() {
    return CommandDigest.of(values);
  }

  /** Returns the digest of a command that an earlier version of Embark stored in clear text. */
  static CommandDigest digestOfClear(String command) {
    return CommandDigest.of(Map.of(CLEAR, command));
  }

  private static boolean isOfClear(Manifest.Run run) {
    return run.arguments().hashes().containsKey(CLEAR);
  }

  /** Returns whether these arguments equal those of a run. */
  public boolean areOf(Manifest.Run run) {
    return run.arguments().differences(isOfClear(run) ? Map.of(CLEAR, clear) : values).isEmpty();
  }

  /**
   * Returns the names of arguments that differ from a run's; empty if its manifest was too old to
   * compare them one by one.
   */
  public List<String> differences(Manifest.Run run) {
    return isOfClear(run) ? List.of() : run.arguments().differences(values);
  }
}
