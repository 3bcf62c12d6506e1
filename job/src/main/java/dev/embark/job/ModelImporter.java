package dev.embark.job;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.job.cli.Cli;
import dev.embark.job.cli.ImportSpec;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.spark.models.ModelImporting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Converts a model folder to a GGUF file: main class of {@code embark model import}. Starts no
 * Spark session, but needs Spark's jars for logging, JSON and Hadoop.
 */
@Command(name = "embark model import", description = "Converts a model folder to a GGUF file.")
public final class ModelImporter implements Callable<Integer> {
  @Mixin private ImportSpec spec;

  private final Terminal terminal;

  /** Creates an importer that prints to {@code terminal.out()}. */
  public ModelImporter(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Converts the folder in this process. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new ModelImporter(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() {
    Path file = spec.file().toAbsolutePath();
    if (Files.isDirectory(file) || !Files.isDirectory(file.getParent())) {
      throw new UserError(file + " cannot be written; name a file in a folder that exists.");
    }
    if (Files.exists(file) && !spec.force()) {
      throw new UserError(file + " exists; name another file, or replace it with --force.");
    }
    try {
      ModelImporting.importTo(spec.folder(), spec.type(), spec.reranker(), file);
    } catch (EmbarkException e) {
      throw new UserError(e.getMessage(), e);
    }
    terminal.out().println(file);
    terminal.out().flush();
    return 0;
  }
}
