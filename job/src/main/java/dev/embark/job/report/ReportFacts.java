package dev.embark.job.report;

import java.util.Map;

/** Tables at the end of a report page: the run, its model and options, and the machine. */
final class ReportFacts {
  private final RunReport report;

  ReportFacts(RunReport report) {
    this.report = report;
  }

  String html() {
    return section("The run", run())
        + section("The model", model())
        + section("Options", options())
        + section("Where it ran", machine());
  }

  private static String section(String title, String rows) {
    return "<section><h2>%s</h2><div class='wide'><table class='facts'><tbody>%s</tbody></table></div></section>"
        .formatted(title, rows);
  }

  private String run() {
    RunReport.Run run = report.run();
    return row("Run", "run.id", run.id())
        + row("Input", "run.input", run.input())
        + row("Output", "run.output", run.output())
        + row("Text column", "run.textColumn", run.textColumn())
        + row("Id column", "run.idColumn", run.idColumn())
        + comparison()
        + cost()
        + row("Waves", "ending.waves", report.ending().waves())
        + row("Resumed", "run.resumed", run.resumed(), run.resumed() ? "yes" : "no")
        + row("Embark", "embark", report.embark());
  }

  private String comparison() {
    RunReport.Comparison comparison = report.comparison();
    return comparison == null
        ? ""
        : row("Compared", "comparison.by", comparison.by())
            + row(
                "Rows compared",
                "comparison.rows",
                comparison.rows(),
                Figures.count(comparison.rows()))
            + row("Because", "comparison.fallback", comparison.fallback());
  }

  private String cost() {
    Cost cost = report.cost();
    return cost == null
        ? ""
        : row("Cost", "cost.total", cost.total())
            + row("Cost of a million rows", "cost.perMillionRows", cost.perMillionRows());
  }

  private String model() {
    RunReport.Model model = report.model();
    return row("Model", "model.name", model.name())
        + row("From", "model.uri", model.uri())
        + row("Architecture", "model.architecture", model.architecture())
        + row("Dimensions", "model.dimensions", model.dimensions())
        + row("Context", "model.context", model.context(), model.context() + " tokens")
        + row("Pooling", "model.pooling", model.pooling())
        + row("Weights", "model.quantisation", model.quantisation())
        + (model.bytes() == null
            ? ""
            : row("Size", "model.bytes", model.bytes(), Figures.bytes(model.bytes())))
        + row("SHA-256", "model.sha256", model.sha256())
        + row("Fingerprint", "fingerprint", report.fingerprint());
  }

  private String options() {
    if (report.options().isEmpty()) {
      return "<tr><td>All have their defaults.</td></tr>";
    }
    StringBuilder rows = new StringBuilder();
    for (Map.Entry<String, String> option : report.options().entrySet()) {
      rows.append(row(option.getKey(), "options." + option.getKey(), option.getValue()));
    }
    return rows.toString();
  }

  private String machine() {
    RunReport.Machine machine = report.machine();
    return row("Spark", "machine.spark", machine.spark())
        + row("Master", "machine.master", machine.master())
        + row("Application", "machine.application", machine.application())
        + row("Executors", "machine.executors", machine.executors())
        + row("Tasks at once", "machine.cores", machine.cores())
        + row("Java", "machine.java", machine.java())
        + row("System", "machine.system", machine.system());
  }

  private static String row(String name, String key, Object value) {
    return row(name, key, value, String.valueOf(value));
  }

  /** Returns a table row; empty if the value is unknown. */
  private static String row(String name, String key, Object value, String shown) {
    return value == null
        ? ""
        : "<tr><th scope='row'>%s</th>%s</tr>"
            .formatted(Html.text(name), Html.figure("td", key, value, shown));
  }
}
