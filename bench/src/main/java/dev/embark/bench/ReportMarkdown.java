package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** A report as tables for people. */
final class ReportMarkdown {
  private ReportMarkdown() {}

  static String write(ComparisonReport report) {
    List<String> lines = new ArrayList<>();
    lines.add("# Comparison");
    lines.add("");
    report.facts().forEach((name, value) -> lines.add("- " + name + ": " + value));
    lines.add("- machine: " + report.machine());
    lines.add("- model: " + report.model());
    lines.add(
        "- versions: "
            + report.versions().entrySet().stream()
                .map(version -> version.getKey() + " " + version.getValue())
                .collect(Collectors.joining(", ")));
    addRoof(lines, report.roof());
    report.corpora().forEach(corpus -> addCorpus(lines, corpus, report));
    addRatios(lines, report);
    lines.add("");
    lines.add("## Sides");
    lines.add("");
    for (SideSpec side : report.sides()) {
      String details = report.outcome().details().get(side.name());
      String reason = report.outcome().notRun().get(side.name());
      lines.add(
          "- %s: %s%s%s"
              .formatted(
                  side.name(),
                  side.what(),
                  details == null ? "" : "; " + details,
                  reason == null ? "" : ". **Did not run:** " + reason));
    }
    // A batch may have failed although the side ran.
    List<String> names = report.sides().stream().map(SideSpec::name).toList();
    report
        .outcome()
        .notRun()
        .forEach(
            (what, reason) -> {
              if (!names.contains(what)) {
                lines.add("- " + what + ": **did not run:** " + reason);
              }
            });
    return String.join("\n", lines) + "\n";
  }

  private static void addRoof(List<String> lines, Roof roof) {
    if (roof.operations().isEmpty()) {
      return;
    }
    lines.add("");
    lines.add("## Roof");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "What one core multiplies and adds at most; a token takes %.1f million operations.",
            Roof.OPERATIONS_OF_TOKEN / 1e6));
    lines.add("");
    lines.add("| kind | 10⁹ operations/s | tokens/s |");
    lines.add("|---|---:|---:|");
    roof.operations()
        .forEach(
            (kind, operations) ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "| %s | %.0f | %,.0f |",
                        kind,
                        operations / 1e9,
                        operations / Roof.OPERATIONS_OF_TOKEN)));
  }

  private static void addCorpus(List<String> lines, Corpus corpus, ComparisonReport report) {
    lines.add("");
    lines.add("## " + corpus.name());
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "Up to %,d texts of %.1f tokens on average. Medians over the rounds; cosines to %s.",
            corpus.size(),
            (double) corpus.tokens(corpus.size()) / corpus.size(),
            report.reference()));
    lines.add("");
    boolean gpu =
        report.outcome().results().stream().anyMatch(result -> result.gpuUse().isPresent());
    boolean roof = !report.roof().operations().isEmpty();
    lines.add(
        "| side | tokens/CPU-s | tokens/s | cosine min | mean | batch | texts a round |"
            + (roof ? " of the roof |" : "")
            + (gpu ? " GPU busy |" : ""));
    lines.add("|---|---:|---:|---:|---:|---:|---:|" + (roof ? "---:|" : "") + (gpu ? "---:|" : ""));
    for (SideResult result : report.outcome().results()) {
      if (result.corpus().equals(corpus.name())) {
        lines.add(
            String.format(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f | %s | %s | %s | %,d |%s%s",
                result.side(),
                result.tokensPerCpuSecond(),
                result.tokensPerSecond(),
                cosine(result.cosines().map(Cosines::min)),
                cosine(result.cosines().map(Cosines::mean)),
                result.batch() == 0 ? "" : Integer.toString(result.batch()),
                result.texts(),
                roof ? share(report.roofShare(result)) : "",
                gpu ? busy(result.gpuUse()) : ""));
      }
    }
  }

  private static String busy(OptionalDouble percent) {
    return percent.isPresent()
        ? String.format(Locale.ROOT, " %.0f %% |", percent.getAsDouble())
        : "  |";
  }

  private static String share(OptionalDouble share) {
    return share.isPresent() ? String.format(Locale.ROOT, " %.2f |", share.getAsDouble()) : "  |";
  }

  private static String cosine(Optional<Double> cosine) {
    // Rounded down, so that what is not 1 does not look like it.
    return cosine
        .map(value -> String.format(Locale.ROOT, "%.7f", Math.floor(value * 1e7) / 1e7))
        .orElse("");
  }

  private static void addRatios(List<String> lines, ComparisonReport report) {
    lines.add("");
    lines.add("## Ratios");
    lines.add("");
    List<String> corpora = report.corpora().stream().map(Corpus::name).toList();
    lines.add("| | in | " + String.join(" | ", corpora) + " | goal | holds |");
    lines.add("|---|---|" + "---:|".repeat(report.corpora().size() + 1) + "---|");
    for (Ratio ratio : report.ratios()) {
      List<Optional<Double>> values =
          report.corpora().stream()
              .map(corpus -> ratio.on(corpus.name(), report.outcome().results()))
              .toList();
      if (values.stream().anyMatch(Optional::isPresent)) {
        lines.add(
            "| %s | %s | %s | %s | %s |"
                .formatted(
                    ratio.name(),
                    ratio.measure().unit(),
                    values.stream().map(ReportMarkdown::ratio).collect(Collectors.joining(" | ")),
                    ratio.goal().map(Ratio.Goal::toString).orElse(""),
                    ratio
                        .holds(corpora, report.outcome().results())
                        .map(holds -> holds ? "yes" : "**no**")
                        .orElse("")));
      }
    }
  }

  private static String ratio(Optional<Double> value) {
    return value.map(number -> String.format(Locale.ROOT, "%.3f", number)).orElse("");
  }
}
