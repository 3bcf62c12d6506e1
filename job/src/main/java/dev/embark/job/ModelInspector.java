package dev.embark.job;

import dev.embark.engine.model.ModelDescription;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.job.cli.Cli;
import dev.embark.job.cli.ModelSpec;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.job.report.Figures;
import dev.embark.job.report.ReportJson;
import dev.embark.spark.models.ModelDescriber;
import dev.embark.spark.models.ModelTrial;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Describes a model: main class of {@code embark model}. Starts no Spark session, but needs Spark's
 * jars for logging, JSON and Hadoop.
 */
@Command(name = "embark model", description = "Loads a model and describes it.")
public final class ModelInspector implements Callable<Integer> {
  @Mixin private ModelSpec spec;

  private final Terminal terminal;

  /** Creates an inspector that prints to {@code terminal.out()}. */
  public ModelInspector(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Describes the model in this process. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new ModelInspector(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() {
    Map<String, Object> facts;
    try {
      facts = facts(spec.options());
    } catch (EmbarkException e) {
      throw new UserError(e.getMessage(), e);
    }
    if (spec.json()) {
      terminal.out().println(ReportJson.line(facts));
    } else {
      facts.forEach(
          (name, value) -> {
            if (value instanceof List<?> lines) {
              lines.forEach(line -> terminal.out().println("warning\tthe model " + line));
            } else {
              terminal.out().println(name + "\t" + shown(name, value));
            }
          });
    }
    terminal.out().flush();
    return 0;
  }

  private static Map<String, Object> facts(EmbedOptions options) {
    ModelDescriber.Inspection inspection = ModelDescriber.inspect(options);
    ModelDescription model = inspection.model();
    ModelTrial trial = inspection.trial();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("model", options.model());
    model.name().ifPresent(name -> facts.put("name", name));
    model.license().ifPresent(license -> facts.put("license", license));
    facts.put("architecture", model.architecture());
    facts.put("dimensions", model.dimensions());
    facts.put("context", model.context());
    facts.put("pooling", model.pooling());
    facts.put("quantisation", model.quantisation());
    facts.put("parameters", model.parameters());
    facts.put("bytes", model.bytes());
    facts.put("sha256", model.sha256());
    facts.put("vocabulary", model.vocabulary());
    facts.put("vocabularySize", model.vocabularySize());
    facts.put("accelerator", model.accelerator().isEmpty() ? "none" : model.accelerator());
    model.notAccelerated().ifPresent(reason -> facts.put("notAccelerated", reason));
    if (!model.prefix().isEmpty()) {
      facts.put("prefix", model.prefix());
    }
    model
        .prompts()
        .ifPresent(
            prompts -> {
              facts.put("queryPrompt", prompts.query());
              facts.put("documentPrompt", prompts.document());
            });
    model.chatTemplate().ifPresent(template -> facts.put("chatTemplate", template));
    model.instruction().ifPresent(text -> facts.put("instruction", text));
    facts.put("function", trial.function());
    if (model.isReranker()) {
      facts.put("notEmbedding", "it is a reranker, which scores pairs of texts: use rerank()");
    }
    if (model.generates()) {
      facts.put(
          "notEmbedding", "its file names no pooling; set pooling=mean, cls or last to embed");
    }
    facts.put("taskBytes", trial.taskBytes());
    trial.tokensPerSecond().ifPresent(speed -> facts.put("tokensPerSecond", Math.round(speed)));
    trial.problem().ifPresent(problem -> facts.put("problem", problem));
    if (!model.warnings().isEmpty()) {
      facts.put("warnings", model.warnings());
    }
    return facts;
  }

  private static String shown(String name, Object value) {
    return switch (name) {
      case "parameters", "tokensPerSecond" -> Figures.count((Long) value);
      case "bytes", "taskBytes" ->
          Figures.count((Long) value) + " (" + Figures.bytes((Long) value) + ")";
      default -> String.valueOf(value).replaceAll("\\s+", " ");
    };
  }
}
