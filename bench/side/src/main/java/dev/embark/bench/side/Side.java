package dev.embark.bench.side;

import java.util.List;

/**
 * One way to embed texts. An implementation has a public constructor that takes {@code
 * List<String>}, the arguments after its class name, and loads its model there. For one thread.
 */
public interface Side extends AutoCloseable {
  /** Returned by {@link Work#run} if the side does not know how many tokens it embedded. */
  long TOKENS_UNKNOWN = 0;

  /**
   * Takes texts to be embedded any number of times. This is not measured: an input file is written
   * here.
   *
   * @param name a word that identifies these texts
   * @param batch how much is embedded at once, in the unit of the side; 0 for its own default
   */
  Work prepare(String name, List<String> texts, int batch) throws Exception;

  /** Texts that are ready to be embedded. */
  interface Work {
    /**
     * Embeds all texts once, from string to normalised vector. This is measured.
     *
     * @return the tokens that the model was given, or {@link #TOKENS_UNKNOWN}
     */
    long run() throws Exception;

    /** Embeds all texts and returns {@code [texts][dimensions]}, in their order. Not measured. */
    float[][] vectors() throws Exception;
  }
}
