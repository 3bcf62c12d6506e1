package dev.embark.job.report;

import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.report.BarChart.Bar;
import dev.embark.job.report.RunReport.Totals;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Renders a report as a single HTML page without external resources or scripts. It supports light
 * and dark schemes and narrow screens, and provides a table for each chart.
 */
public final class ReportHtml {
  private static final String TEMPLATE = "report.html";
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

  private final RunReport report;
  private final FunctionWords words;

  private ReportHtml(RunReport report) {
    this.report = report;
    this.words = FunctionWords.of(report);
  }

  /** Returns the complete page. */
  public static String of(RunReport report) {
    return new ReportHtml(report).page();
  }

  private String page() {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("title", Html.text("Embark: " + lastPart(report.run().output())));
    parts.put("heading", words.heading());
    parts.put("lengthsOf", words.lengthsOf());
    parts.put("output", Html.text(report.run().output()));
    parts.put("when", Html.text(report.run().start() + " to " + report.run().end()));
    parts.put("ending", ending());
    parts.put("verdict", Html.text(verdict()));
    parts.put("tiles", tiles());
    parts.put("outcome", outcome());
    parts.put("timeline", timeline());
    parts.put("lengths", lengths());
    parts.put("failures", failures());
    parts.put("waves", waves());
    parts.put("facts", new ReportFacts(report).html());
    return PLACE
        .matcher(template())
        .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
  }

  private static String template() {
    try (InputStream in = ReportHtml.class.getResourceAsStream(TEMPLATE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String lastPart(String path) {
    return path.substring(path.lastIndexOf('/', path.length() - 2) + 1);
  }

  /** Returns the notice of a failed or stopped run; empty for a completed one. */
  private String ending() {
    RunReport.Ending ending = report.ending();
    if (ending.state().equals("done")) {
      return "";
    }
    String after =
        "after %s of %s"
            .formatted(
                Figures.count(report.waves().size()),
                ending.waves() == 1 ? "1 wave" : Figures.count(ending.waves()) + " waves");
    String state =
        (ending.state().equals("stopped") ? "Stopped " : "Failed ")
            + (ending.waves() == 0 ? "before the first wave" : after);
    return "<div class='ending'>%s%s</div>"
        .formatted(
            Html.figure("strong", "ending.state", ending.state(), state),
            Html.figure("p", "ending.error", ending.error(), ending.error()));
  }

  private String verdict() {
    RowCounts counts = report.totals().counts();
    List<String> parts = new ArrayList<>();
    parts.add(Figures.count(counts.done()) + " " + words.done().toLowerCase(Locale.ROOT));
    if (counts.nulls() > 0) {
      parts.add(Figures.count(counts.nulls()) + " without a text");
    }
    if (counts.failed() > 0) {
      parts.add(Figures.count(counts.failed()) + " failed");
    }
    return "%s written: %s."
        .formatted(
            counts.rows() == 1 ? "1 row" : Figures.count(counts.rows()) + " rows",
            String.join(", ", parts));
  }

  private String tiles() {
    RowCounts counts = report.totals().counts();
    double perSecond = report.rates().tokensPerSecond();
    return tile("Rows", "totals.rows", counts.rows(), Figures.count(counts.rows()))
        + tile(words.tokens(), "totals.tokens", counts.tokens(), Figures.count(counts.tokens()))
        + tile(
            words.tokens() + " a second",
            "rates.tokensPerSecond",
            perSecond,
            Figures.count(Math.round(perSecond)))
        + tile(
            "Time",
            "run.seconds",
            report.run().seconds(),
            Figures.duration(report.run().seconds()));
  }

  private static String tile(String name, String key, Object value, String shown) {
    return "<div><dt>%s</dt>%s</div>".formatted(name, Html.figure("dd", key, value, shown));
  }

  private String outcome() {
    Totals t = report.totals();
    return outcome(words.done(), RowCounter.DONE, "good")
        + outcome("Without a text", RowCounter.NULLS, "")
        + outcome("Failed", RowCounter.FAILED, t.counts().failed() > 0 ? "bad" : "")
        + outcome(words.truncated(), RowCounter.TRUNCATED, "")
        + ifAny("Chunked: embedded in windows", "chunked", t.counts().chunked())
        + ifAny("Took the result of an equal text", "deduplicated", t.counts().deduplicated())
        + ifAny("Changed since the last run", "changed", t.changed())
        + ifAny("Updated, with the result they had", "updated", t.updated())
        + ifAny("Skipped, as they were there already", "skipped", t.skipped())
        + ifAny("No longer in the input", "deleted", t.deleted());
  }

  private String ifAny(String name, String key, long count) {
    return count == 0 ? "" : outcome(name, key, count, "");
  }

  private String outcome(String name, RowCounter counter, String kind) {
    return outcome(name, counter.key(), counter.of(report.totals().counts()), kind);
  }

  private String outcome(String name, String key, long count, String kind) {
    // Skipped rows and deleted ids are not among the rows written.
    boolean outside = key.equals("skipped") || key.equals("deleted");
    return "<tr class='%s'><th scope='row'>%s</th>%s<td>%s</td></tr>"
        .formatted(
            kind,
            name,
            Html.figure("td", "totals." + key, count, Figures.count(count)),
            outside ? "" : Figures.percent(count, report.totals().counts().rows()));
  }

  private String timeline() {
    double average = report.rates().tokensPerSecond();
    double best =
        report.timeline().stream().mapToDouble(RunReport.Point::tokensPerSecond).max().orElse(0);
    String description =
        "%s a second over %s: %s on average, %s at most."
            .formatted(
                words.tokens(),
                Figures.duration(report.run().seconds()),
                Figures.count(Math.round(average)),
                Figures.count(Math.round(best)));
    List<List<String>> rows = new ArrayList<>();
    for (RunReport.Point point : report.timeline()) {
      rows.add(
          List.of(
              Figures.duration(point.second()),
              Figures.count(point.rows()),
              Figures.count(point.tokens()),
              Figures.count(Math.round(point.tokensPerSecond()))));
    }
    return "<figure><figcaption>%s</figcaption>%s</figure>"
            .formatted(Html.text(description), TimeChart.svg(report.timeline(), description))
        + Html.details("As a table", List.of("From", "Rows", "Tokens", "Tokens a second"), rows);
  }

  private String lengths() {
    long embedded = report.totals().counts().done();
    List<Bar> bars = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (RunReport.Length length : report.tokenLengths()) {
      String range = Figures.count(length.above() + 1L) + " to " + Figures.count(length.upTo());
      String share = Figures.percent(length.rows(), embedded);
      bars.add(
          new Bar(
              Figures.shortLabel(length.upTo()),
              length.rows(),
              "%s tokens: %s rows, %s".formatted(range, Figures.count(length.rows()), share)));
      rows.add(List.of(range, Figures.count(length.rows()), share));
    }
    if (bars.isEmpty()) {
      return "<p>%s</p>".formatted(words.none());
    }
    String description =
        "%s; each bar goes up to the number below it. %s tokens a row on average."
            .formatted(
                words.lengths(),
                Figures.count(
                    Math.round(
                        (double) report.totals().counts().tokens() / Math.max(1, embedded))));
    return "<figure><figcaption>%s</figcaption>%s</figure>"
            .formatted(Html.text(description), BarChart.upright("chart-lengths", bars, description))
        + Html.details("As a table", List.of("Tokens", "Rows", "Share"), rows);
  }

  private String failures() {
    if (report.failures().isEmpty()) {
      return "<p>No row failed.</p>";
    }
    long rows = report.totals().counts().rows();
    List<Bar> bars = new ArrayList<>();
    StringBuilder counts = new StringBuilder();
    for (RunReport.Failure failure : report.failures()) {
      String count =
          "%s, %s of all rows"
              .formatted(Figures.count(failure.rows()), Figures.percent(failure.rows(), rows));
      bars.add(new Bar(failure.kind(), failure.rows(), count));
      counts.append(counts.isEmpty() ? "" : "; ").append(failure.kind()).append(' ').append(count);
    }
    return "<figure><figcaption>Failed rows by kind. Ids and messages"
        + " are in the quarantine next to this report.</figcaption>%s</figure>"
            .formatted(
                BarChart.horizontal(
                    "chart-failures", bars, "Failed rows by kind: " + counts + "."));
  }

  private String waves() {
    List<List<String>> rows = new ArrayList<>();
    for (RunReport.Wave wave : report.waves()) {
      rows.add(
          List.of(
              Figures.count(wave.number() + 1L),
              wave.start(),
              Figures.duration(wave.seconds()),
              Figures.count(wave.rows()),
              Figures.count(wave.tokens()),
              Figures.count(wave.failed())));
    }
    return Html.details(
        rows.size() == 1 ? "1 wave" : Figures.count(rows.size()) + " waves",
        List.of("Wave", "Start", "Took", "Rows", "Tokens", "Failed"),
        rows);
  }
}
