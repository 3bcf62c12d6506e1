package dev.embark.job.report;

/**
 * What a page calls the results of a function.
 *
 * @param heading what the run was
 * @param done a row that has one
 * @param none a sentence for when no row has
 * @param tokens what is counted
 * @param truncated what it means that one lost its tail
 * @param lengthsOf heading of the chart of lengths
 * @param lengths what that chart shows
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
