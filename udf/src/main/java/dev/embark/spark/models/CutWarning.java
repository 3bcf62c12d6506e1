package dev.embark.spark.models;

import dev.embark.engine.model.MatryoshkaCut;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.prompts.ModelPrompts;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of a query that cuts the vectors of a model to fewer dimensions in another way than its
 * authors do. Used as {@link PromptWarning}.
 */
public final class CutWarning {
  private static final Logger LOG = LoggerFactory.getLogger(CutWarning.class);

  private CutWarning() {}

  /** Warns once per running query and model, however many calls and operators the query has. */
  public static void check(SparkContext context, FunctionOptions options, ModelAccess access) {
    if (!(options instanceof EmbedOptions embed) || embed.dimensions().isEmpty()) {
      return;
    }
    int kept = embed.dimensions().getAsInt();
    Optional<HeaderCheck.Facts> facts =
        HeaderCheck.reachable(options, access)
            .filter(found -> MatryoshkaCut.needsLayerNorm(found::text))
            .filter(found -> kept < found.dimensions().orElse(0));
    if (facts.isPresent() && PromptWarning.isFirst(context, "cut\n" + options.model())) {
      LOG.warn(
          "The authors of the model {} compute a layer norm before they cut its {} dimensions,"
              + " which dimensions={} does not: keep all of them, or cut in SQL as docs/models.md"
              + " shows.",
          ModelPrompts.name(facts.get()::text),
          facts.get().dimensions().getAsInt(),
          kept);
    }
  }
}
