package dev.embark.job.report;

import java.util.List;

/** Makes pieces of HTML; every text goes through {@link #text}. */
final class Html {
  private Html() {}

  /** Returns a text as it may stand in content and in quoted attributes. */
  static String text(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
              }
            });
    return safe.toString();
  }

  /** HTML has no control characters but white space, and no half of a surrogate pair. */
  private static boolean isAllowed(int c) {
    return !(Character.isISOControl(c) && c != '\n' && c != '\t')
        && Character.getType(c) != Character.SURROGATE;
  }

  /**
   * Returns a table behind a line to open it: the text alternative of a chart.
   *
   * @param rows of as many cells as there are heads; the first names the row
   */
  static String details(String summary, List<String> heads, List<List<String>> rows) {
    StringBuilder html = new StringBuilder();
    html.append("<details><summary>").append(text(summary)).append("</summary><div class='wide'>");
    html.append("<table><thead><tr>");
    heads.forEach(head -> html.append("<th scope='col'>").append(text(head)).append("</th>"));
    html.append("</tr></thead><tbody>");
    for (List<String> row : rows) {
      html.append("<tr><th scope='row'>").append(text(row.get(0))).append("</th>");
      row.stream().skip(1).forEach(c -> html.append("<td>").append(text(c)).append("</td>"));
      html.append("</tr>");
    }
    return html.append("</tbody></table></div></details>").toString();
  }

  /**
   * Returns a figure of a report with its place in {@code report.json} and its bare value, for
   * whoever reads the page by program.
   *
   * @param tag of the element
   * @param key path in the JSON, with dots
   * @param shown to people
   */
  static String figure(String tag, String key, Object value, String shown) {
    return "<%s data-key='%s' data-value='%s'>%s</%s>"
        .formatted(tag, text(key), text(String.valueOf(value)), text(shown), tag);
  }
}
