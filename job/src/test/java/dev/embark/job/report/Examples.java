package dev.embark.job.report;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.report.RunReport.Comparison;
import dev.embark.job.report.RunReport.Ending;
import dev.embark.job.report.RunReport.Failure;
import dev.embark.job.report.RunReport.Length;
import dev.embark.job.report.RunReport.Machine;
import dev.embark.job.report.RunReport.Model;
import dev.embark.job.report.RunReport.Point;
import dev.embark.job.report.RunReport.Rates;
import dev.embark.job.report.RunReport.Run;
import dev.embark.job.report.RunReport.Totals;
import dev.embark.job.report.RunReport.Wave;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Sample reports of fictitious runs. */
final class Examples {
  private static final String HOSTILE = "</td><script>fetch('x')</script>&\"'{{title}}$1\\\u0000";

  private Examples() {}

  /** Returns a report in which every field has a value. */
  static RunReport full() {
    return of("/data/docs", "my-model", Map.of("longText", "chunk"), done(2));
  }

  /** Returns a report of a run that reached the second of five waves. */
  static RunReport failed() {
    return of(
        "/data/docs",
        "my-model",
        Map.of(),
        new Ending("failed", 5, "No space left on device (2 of 5 waves are in /data/vectors)"));
  }

  private static Ending done(int waves) {
    return new Ending("done", waves, null);
  }

  /** Returns a report whose text fields would all break a page without escaping. */
  static RunReport hostile() {
    return of(HOSTILE, HOSTILE, Map.of("prefix", HOSTILE), new Ending("stopped", 3, HOSTILE));
  }

  private static RunReport of(
      String input, String name, Map<String, String> options, Ending ending) {
    return new RunReport(
        RunReport.FORMAT_VERSION,
        "1.2.3",
        new Run(
            "run-1",
            "embed",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:06:05Z",
            120.5,
            true,
            input,
            "file:/data/vectors",
            "body",
            "id"),
        ending,
        new Totals(new RowCounts(12_345, 45, 300, 17, 19, 23, 987_654, 0), 12_000, 345, 99, 7, 11),
        new Comparison("all rows", 12_444, "the output has no record of what its last run read"),
        new Cost(new BigDecimal("0.00335"), new BigDecimal("0.271")),
        new Rates(102.4, 8196.3),
        List.of(
            new Point(0, 40, 2000, 200_000),
            new Point(40, 40, 6000, 500_000),
            new Point(80, 40.5, 4345, 287_654)),
        List.of(
            new Wave(0, "2026-01-02T03:04:05Z", 60, 6000, 500_000, 100),
            new Wave(1, "2026-01-02T03:05:05Z", 60, 6345, 487_654, 200)),
        List.of(new Length(8, 16, 1000), new Length(16, 32, 3000), new Length(32, 64, 8000)),
        List.of(new Failure("TOO_LONG", 200), new Failure("NOT_TEXT", 100)),
        options,
        "0f".repeat(32),
        new Model(
            "/models/m.gguf",
            "bert",
            name,
            384,
            512,
            "mean",
            "F16",
            22_000_000L,
            45_000_000L,
            "ab".repeat(32)),
        new Machine("4.1.3", "local[2]", "local-1", 1, 2, "17.0.1", "Linux amd64"));
  }

  /** Returns a report of a run without rows to process. */
  static RunReport empty() {
    return new RunReport(
        RunReport.FORMAT_VERSION,
        "1.2.3",
        new Run(
            "run-0",
            "embed",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05Z",
            0,
            false,
            "a",
            "b",
            "t",
            null),
        done(1),
        new Totals(RowCounts.NONE, 0, 0, 0, 0, 0),
        null,
        null,
        new Rates(0, 0),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        "0f".repeat(32),
        new Model("classpath:m", "bert", null, 384, 512, "mean", "F16", 1L, 1L, "ab".repeat(32)),
        new Machine("4.1.3", "local[2]", "local-1", 1, 2, "17.0.1", "Linux amd64"));
  }
}
