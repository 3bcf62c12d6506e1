package dev.embark.job.report;

/**
 * What a page calls the results of a task.
 *
 * @param done a row that has one
 * @param none a sentence for when no row has
 * @param tokens what is counted
 * @param truncated what it means that one lost its tail
 * @param lengths what the chart of lengths shows
 */
record TaskWords(String done, String none, String tokens, String truncated, String lengths) {
  private static final TaskWords EMBED =
      new TaskWords(
          "Embedded",
          "No row has an embedding.",
          "Tokens",
          "Truncated: only the beginning was embedded",
          "Embedded rows by tokens");
  private static final TaskWords GENERATE =
      new TaskWords(
          "Answered",
          "No row has an answer.",
          "Tokens generated",
          "Cut: the answer was as long as allowed",
          "Answers by tokens");

  static TaskWords of(RunReport report) {
    return report.run().task().equals("generate") ? GENERATE : EMBED;
  }
}
