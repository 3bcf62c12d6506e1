package dev.embark.submit;

import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code embark quickstart}: embeds the sample of a checkout and prints example searches. */
@Command(
    name = "quickstart",
    sortOptions = false,
    description = "Embeds the sample texts and prints the nearest texts to three queries.")
final class QuickstartCommand implements Callable<Integer> {
  private static final String MAIN_CLASS = "dev.embark.job.QuickstartJob";

  @Mixin private SparkOptions spark;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  private final Launcher launcher;
  private final Terminal terminal;

  QuickstartCommand(Launcher launcher, Terminal terminal) {
    this.launcher = launcher;
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Path target = launcher.build().jar().toAbsolutePath().getParent();
    Path sample = target.resolveSibling("sample").resolve("texts.json");
    Path queries = sample.resolveSibling("queries.json");
    if (!Files.exists(sample) || !Files.exists(queries)) {
      throw new UserError(
          "The sample is not at %s; quickstart runs from a checkout of Embark".formatted(sample));
    }
    Path output = target.resolve("quickstart");
    terminal.err().println("Embedding the texts of %s with the built-in model".formatted(sample));
    int code =
        launcher.run(
            MAIN_CLASS,
            spark,
            List.of(
                "--input=" + sample,
                "--id-column=id",
                "--queries=" + queries,
                "--output=" + output,
                "--save-mode=overwrite"));
    if (code == 0) {
      printWhatNext(sample, output);
    }
    return code;
  }

  private void printWhatNext(Path sample, Path output) {
    PrintStream out = terminal.out();
    out.println();
    out.println("Next, ask the same vectors a question of your own:");
    out.printf(
        "  submit/embark sql \"SELECT text FROM parquet.\\`%s\\` ORDER BY"
            + " cosine_similarity(embedding, embed('how do I sleep better')) DESC LIMIT 3\"%n",
        output);
    out.println("or embed texts of your own:");
    out.printf("  submit/embark run --input %s --text-column text --output my-vectors%n", sample);
    out.flush();
  }
}
