package dev.embark.spark.models;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.prompts.ModelPrompts;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of a query that calls a model without the prompt which its authors put before texts. No
 * error shows that such vectors find less.
 *
 * <p>Used on the driver when a query starts; the model's header has to be {@linkplain
 * HeaderCheck#reachable reachable}. Safe for any thread.
 */
public final class PromptWarning {
  private static final Logger LOG = LoggerFactory.getLogger(PromptWarning.class);
  private static final int MOST_REMEMBERED = 64;

  // Of a streaming query, each of whose batches is an execution of its own.
  private static final String STREAM = "sql.streaming.queryId";
  private static final String EXECUTION = "spark.sql.execution.root.id";

  // Queries that were warned of, each with its model and the kind of the warning.
  private static final Set<String> WARNED =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > MOST_REMEMBERED;
            }
          });

  private PromptWarning() {}

  /** Warns once per running query and model, however many calls and operators the query has. */
  public static void check(SparkContext context, FunctionOptions options, ModelAccess access) {
    if (!(options instanceof EmbedOptions embed)
        || embed.role().isPresent()
        || embed.prefix().isPresent()) {
      return;
    }
    Optional<HeaderCheck.Facts> facts = HeaderCheck.reachable(options, access);
    Optional<ModelPrompts> missing =
        facts.flatMap(found -> ModelPrompts.missing(embed, found::text));
    if (missing.isPresent() && isFirst(context, options.model())) {
      LOG.warn(
          "The model {} was trained with a prompt before each {}, but this query gives none: set"
              + " the option role to query or document, or prefix to '' for no prompt.",
          ModelPrompts.name(facts.get()::text),
          texts(missing.get()));
    }
  }

  private static String texts(ModelPrompts prompts) {
    if (prompts.document().isEmpty()) {
      return "query";
    }
    return prompts.query().isEmpty() ? "document" : "query and document";
  }

  /** Records a warning of the running query; returns whether it is the first of its kind. */
  static boolean isFirst(SparkContext context, String what) {
    String stream = context.getLocalProperty(STREAM);
    String query = stream == null ? context.getLocalProperty(EXECUTION) : stream;
    if (query == null) {
      return true; // outside a query, as for a mapPartitions
    }
    synchronized (WARNED) {
      return WARNED.add(context.applicationId() + "\n" + query + "\n" + what);
    }
  }
}
