package dev.embark.bench;

import dev.embark.job.cli.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options of every comparison: its duration and the place of its report. */
final class ReportOptions {
  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Also write the result as JSON; - writes it instead of the tables.")
  private String json;

  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Write the tables and the JSON into this folder, named by the date.")
  private Path save;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      paramLabel = "N",
      description = "Number of rounds. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "2",
      paramLabel = "S",
      description =
          "Seconds of a side per round; more for sides in Spark. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  @Option(names = "--commit", required = true, hidden = true)
  private String commit;

  int rounds() {
    return rounds;
  }

  double seconds() {
    return seconds;
  }

  /** Checks that would otherwise fail only after all measurements. */
  void checkFiles() throws IOException {
    if (save != null) {
      Files.createDirectories(save);
    }
    if (json != null && !json.equals("-")) {
      Files.writeString(Path.of(json), "");
    }
  }

  /** When and of what, for a comparison that ends now. */
  Map<String, String> facts(Instant start) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("date", start.toString());
    facts.put("commit", commit);
    facts.put("minutes", Long.toString(Duration.between(start, Instant.now()).toMinutes() + 1));
    System.getenv().entrySet().stream()
        .filter(variable -> variable.getKey().startsWith("EMBARK_"))
        .sorted(Map.Entry.comparingByKey())
        .forEach(variable -> facts.put(variable.getKey(), variable.getValue()));
    return facts;
  }

  /**
   * Writes a report.
   *
   * @param kind of it, the end of the files' names
   */
  void write(ComparisonReport report, String kind, Terminal terminal) throws IOException {
    String tables = ReportMarkdown.write(report);
    String figures = ReportJson.write(report);
    terminal.out().print("-".equals(json) ? figures : tables);
    terminal.out().flush();
    if (json != null && !json.equals("-")) {
      Files.writeString(Path.of(json), figures);
    }
    if (save != null) {
      String name = report.facts().get("date").substring(0, "2026-01-01".length()) + "-" + kind;
      Files.writeString(save.resolve(name + ".md"), tables);
      Files.writeString(save.resolve(name + ".json"), figures);
    }
  }
}
