package dev.embark.job.state;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.job.cli.ExistingOutput;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.spark.models.ModelDescriber;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/**
 * Replaces the role of a job's texts by the prompt that the model has for it, so that fingerprint,
 * report and every wave name the prompt itself: the option {@code prefix}.
 *
 * <p>Without a role the texts are documents, if prompts of the model are known. An output that was
 * begun without a prompt stays without one, since its vectors could not be compared with the new
 * ones.
 */
public final class PromptChoice {
  private final SparkSession spark;
  private final JobSpec spec;
  private final Consumer<String> warnings;

  /**
   * @param warnings receives a sentence if the output is continued without the model's prompt
   */
  public PromptChoice(SparkSession spark, JobSpec spec, Consumer<String> warnings) {
    this.spark = spark;
    this.spec = spec;
    this.warnings = warnings;
  }

  /**
   * Returns the call with the prompt of its role as prefix; unchanged if it has a prefix, or if it
   * has no role and no prompts of the model are known.
   *
   * @param there manifest of the output; empty if there is none
   * @throws UserError if the call has a role and no prompt of the model is known
   */
  public FunctionCall choose(FunctionCall call, Optional<Manifest> there) {
    if (!(call.options(spark) instanceof EmbedOptions options) || options.prefix().isPresent()) {
      return call;
    }
    Optional<String> prompt = prompt(options);
    if (prompt.isEmpty()) {
      return call;
    }
    FunctionCall without = withPrefix(call, "");
    if (options.role().isPresent()
        || prompt.get().isEmpty()
        || there.filter(manifest -> wasBegun(manifest, without)).isEmpty()) {
      return withPrefix(call, prompt.get());
    }
    warnings.accept(
        "the rows in %s have vectors without the model's prompt for documents, '%s', so new rows get none, too; --role document --new-fingerprint overwrite begins anew with it"
            .formatted(spec.output(), prompt.get()));
    return without;
  }

  private Optional<String> prompt(EmbedOptions options) {
    try {
      return ModelDescriber.prompt(spark, options);
    } catch (EmbarkException e) {
      if (options.role().isPresent()) {
        throw new UserError(e.getMessage(), e);
      }
      // Executors may be able to fetch a model that the driver cannot.
      return Optional.empty();
    }
  }

  /** Returns whether the output, or an interrupted run into it, is the work of a call. */
  private boolean wasBegun(Manifest manifest, FunctionCall without) {
    Fingerprint own = Fingerprint.of(spark, without);
    Optional<Manifest.Run> unfinished = manifest.unfinished();
    if (unfinished.isPresent() && unfinished.get().fingerprint().equals(own.sha256())) {
      return true;
    }
    Fingerprint column = manifest.columns().get(spec.resultColumn());
    OutputSpec output = spec.outputSpec();
    boolean replaces =
        output.saveMode() == ExistingOutput.OVERWRITE
            || output.newFingerprint().equals(Optional.of(OutputSpec.NewFingerprint.OVERWRITE));
    return column != null
        && !replaces
        && column.options().getOrDefault(EmbedOption.PREFIX.key(), "").isEmpty();
  }

  private static FunctionCall withPrefix(FunctionCall call, String prefix) {
    Map<String, String> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    given.putAll(call.given());
    given.put(EmbedOption.PREFIX.key(), prefix);
    return call.with(given);
  }
}
