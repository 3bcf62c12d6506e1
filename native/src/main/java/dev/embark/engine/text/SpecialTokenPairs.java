package dev.embark.engine.text;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Pairs of an encoder, which special tokens separate.
 *
 * <pre>
 *  BERT, ModernBERT        [CLS] query [SEP] document [SEP]
 *  RoBERTa, XLM-RoBERTa    &lt;s&gt; query &lt;/s&gt;&lt;/s&gt; document &lt;/s&gt;
 * </pre>
 *
 * <p>Where the second text has the token type 1, its ids are those of a second copy of the
 * vocabulary, into whose vectors the import has added the difference of the types.
 */
final class SpecialTokenPairs implements PairForm {
  private static final String BERT = "bert"; // vocabulary and architecture

  private final Vocabulary vocabulary;
  private final int secondOffset; // added to the ids of the second text
  private final int[] before;
  private final int[] between;
  private final int[] after;

  /**
   * Reads from a model how it writes pairs.
   *
   * @throws EmbarkException of kind MODEL when its tokenizer cannot write them
   */
  SpecialTokenPairs(LlamaModel model, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.secondOffset = model.metadata("embark.pair.offset").map(Integer::parseInt).orElse(0);
    int separators =
        model.metadata("embark.pair.separators").map(Integer::parseInt).orElse(usual(model));
    int[] around = vocabulary.around();
    if (around.length != 2) {
      throw new EmbarkException(
          Kind.MODEL,
          "The tokenizer of the model "
              + model.path()
              + " puts "
              + around.length
              + " special tokens around a text, and a pair of texts needs one before and one after"
              + " it.");
    }
    this.before = new int[] {around[0]};
    this.between = IntStream.generate(() -> around[1]).limit(separators).toArray();
    this.after = new int[] {around[1] + secondOffset};
  }

  /** Returns the separators of a file that was not imported by Embark. */
  private static int usual(LlamaModel model) {
    boolean isRoberta =
        model.metadata("general.architecture").filter(BERT::equals).isPresent()
            && model.metadata("tokenizer.ggml.model").filter(BERT::equals).isEmpty();
    return isRoberta ? 2 : 1;
  }

  @Override
  public boolean keepsQuery() {
    return false;
  }

  @Override
  public int[] before() {
    return before;
  }

  @Override
  public int[] between() {
    return between;
  }

  @Override
  public int[] after() {
    return after;
  }

  @Override
  public int[] joined(byte[] text, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    return IntStream.concat(
            Arrays.stream(query(text, scratch, isCancelled)), Arrays.stream(between))
        .toArray();
  }

  @Override
  public int[] query(byte[] text, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    return ids(text, Integer.MAX_VALUE, scratch, isCancelled);
  }

  @Override
  public int[] document(
      byte[] text, int enough, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    int[] ids = ids(text, enough, scratch, isCancelled);
    Arrays.setAll(ids, i -> ids[i] + secondOffset);
    return ids;
  }

  /** Returns the ids of a text alone. */
  private int[] ids(byte[] text, int enough, TokenizedTexts scratch, BooleanSupplier isCancelled) {
    int n = vocabulary.write(text, text.length, scratch, enough, isCancelled);
    int[] ids = new int[n - 2];
    scratch.ids().position(scratch.size() + 1).get(ids);
    scratch.ids().position(0);
    return ids;
  }
}
