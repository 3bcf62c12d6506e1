package dev.embark.job.report;

/**
 * Labels of the report page for the results of a function.
 *
 * @param heading title of the run
 * @param done label for rows with a result
 * @param none sentence shown if no row has a result
 * @param tokens label of the token count
 * @param truncated label for truncated results
 * @param lengthsOf heading of the length chart
 * @param lengths caption of the length chart
 */
record FunctionWords(
    String heading,
    String done,
    String none,
    String tokens,
    String truncated,
    String lengthsOf,
    String lengths) {
  private static final FunctionWords EMBED =
      new FunctionWords(
          "Embedding run",
          "Embedded",
          "No row has an embedding.",
          "Tokens",
          "Truncated: only the beginning was embedded",
          "Lengths of the texts",
          "Embedded rows by tokens");
  private static final FunctionWords GENERATE =
      new FunctionWords(
          "Generation run",
          "Answered",
          "No row has an answer.",
          "Tokens generated",
          "Cut: the answer was as long as allowed",
          "Lengths of the answers",
          "Answers by tokens");

  static FunctionWords of(RunReport report) {
    return report.run().function().equals("generate") ? GENERATE : EMBED;
  }
}
