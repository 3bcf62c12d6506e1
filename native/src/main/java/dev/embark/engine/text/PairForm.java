package dev.embark.engine.text;

import dev.embark.llama.TokenizedTexts;
import java.util.function.BooleanSupplier;

/**
 * How a model writes a pair of texts as one sequence: {@code before query between document after}.
 * All arrays are token ids; those of the fixed parts must not be changed.
 */
interface PairForm {
  /** Returns whether a query stays whole as long as it leaves room for a part of the document. */
  boolean keepsQuery();

  /** Returns the tokens before the query. */
  int[] before();

  /** Returns the tokens between a query that was cut and the document. */
  int[] between();

  /** Returns the tokens after the document. */
  int[] after();

  /**
   * Returns a query and what is between it and the document, tokenised together.
   *
   * @param text UTF-8
   * @param scratch its buffer is overwritten after its ids
   */
  int[] joined(byte[] text, TokenizedTexts scratch, BooleanSupplier isCancelled);

  /** Returns a query alone, for one that has to be cut; the parameters are those of above. */
  int[] query(byte[] text, TokenizedTexts scratch, BooleanSupplier isCancelled);

  /**
   * Returns a document.
   *
   * @param enough tokens beyond this number may be omitted
   */
  int[] document(byte[] text, int enough, TokenizedTexts scratch, BooleanSupplier isCancelled);
}
