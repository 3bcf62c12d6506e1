package dev.embark.job.report;

import java.util.List;

/** HTML fragments of the report; all text is escaped by {@link #text}. */
final class Html {
  private Html() {}

  /** Returns text escaped for content and quoted attributes. */
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

  /**
   * Returns whether HTML permits a code point: control characters other than white space and lone
   * surrogates are not permitted.
   */
  private static boolean isAllowed(int c) {
    return !(Character.isISOControl(c) && c != '\n' && c != '\t')
        && Character.getType(c) != Character.SURROGATE;
  }

  /**
   * Returns a collapsed table, the text alternative of a chart.
   *
   * @param rows rows with one cell per heading; the first cell is the row's heading
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
   * Returns a figure with its path in {@code report.json} and its raw value, for programs that read
   * the page.
   *
   * @param tag element name
   * @param key path in the JSON, separated by dots
   * @param shown formatted value
   */
  static String figure(String tag, String key, Object value, String shown) {
    return "<%s data-key='%s' data-value='%s'>%s</%s>"
        .formatted(tag, text(key), text(String.valueOf(value)), text(shown), tag);
  }
}
