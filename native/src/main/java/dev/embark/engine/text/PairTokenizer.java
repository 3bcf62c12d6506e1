package dev.embark.engine.text;

import dev.embark.engine.options.PairTruncation;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.TextPair;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Tokenises pairs of texts into the sequences that a reranker processes, written as the model's own
 * tokenizer writes them.
 *
 * <pre>
 *  BERT, ModernBERT        [CLS] query [SEP] document [SEP]
 *  RoBERTa, XLM-RoBERTa    &lt;s&gt; query &lt;/s&gt;&lt;/s&gt; document &lt;/s&gt;
 * </pre>
 *
 * <p>Where the second text has the token type 1, its ids are those of a second copy of the
 * vocabulary, into whose vectors the import has added the difference of the types. A query is
 * tokenised once per window. Keeps no native memory. Not thread-safe.
 */
public final class PairTokenizer {
  private static final String BERT = "bert"; // vocabulary and architecture

  private final Vocabulary vocabulary;
  private final PairTruncation truncation;
  private final int maxTokens;
  private final int separators;
  private final int secondOffset; // added to the ids of the second text
  private final int opening;
  private final int closing;
  private final int room; // tokens for the two texts
  private final Map<ByteBuffer, int[]> queries = new HashMap<>(); // of the window

  /**
   * Numbers of tokens that a pair keeps.
   *
   * @param query of the first text
   * @param document of the second
   */
  record Kept(int query, int document) {}

  /**
   * Creates a tokenizer.
   *
   * @throws EmbarkException of kind OPTION when {@code maxTokens} does not fit the model, of kind
   *     MODEL when its tokenizer cannot write pairs
   */
  public PairTokenizer(LlamaModel model, RerankOptions options) {
    this.vocabulary = new Vocabulary(model);
    this.truncation = options.truncation();
    int context = model.trainedContext();
    this.maxTokens = options.maxTokens().orElse(context);
    this.separators =
        model.metadata("embark.pair.separators").map(Integer::parseInt).orElse(usual(model));
    this.secondOffset = model.metadata("embark.pair.offset").map(Integer::parseInt).orElse(0);
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
    this.opening = around[0];
    this.closing = around[1];
    int special = around.length + separators;
    this.room = maxTokens - special;
    if (maxTokens > context || room < 1) {
      throw new EmbarkException(
          Kind.OPTION,
          "maxTokens is "
              + maxTokens
              + ", but the model's context is "
              + context
              + " tokens, and a pair has "
              + special
              + " special ones.");
    }
  }

  /** Returns the separators of a file that was not imported by Embark. */
  private static int usual(LlamaModel model) {
    boolean isRoberta =
        model.metadata("general.architecture").filter(BERT::equals).isPresent()
            && model.metadata("tokenizer.ggml.model").filter(BERT::equals).isEmpty();
    return isRoberta ? 2 : 1;
  }

  /**
   * Tokenises a window of pairs.
   *
   * @param pairs as {@link TextPair#toBytes} writes them; null for a NULL row; bytes of the texts
   *     that are not UTF-8 are dropped
   * @param out cleared and filled; its outcomes report the rows that failed
   * @param isCancelled polled before each text and before each part of a long one
   * @throws EmbarkException of kind CANCELLED
   */
  public void tokenize(List<byte[]> pairs, TokenizedTexts out, BooleanSupplier isCancelled) {
    out.clear(pairs.size());
    queries.clear();
    for (int row = 0; row < pairs.size(); row++) {
      EmbarkException.throwIf(isCancelled);
      if (pairs.get(row) == null) {
        continue;
      }
      try {
        tokenize(row, TextPair.of(pairs.get(row)), out, isCancelled);
      } catch (EmbarkException e) {
        if (e.kind() == Kind.CANCELLED) {
          throw e;
        }
        out.outcomes().setError(row, e);
      }
    }
    queries.clear();
  }

  private void tokenize(int row, TextPair pair, TokenizedTexts out, BooleanSupplier isCancelled) {
    int[] query = queries.get(ByteBuffer.wrap(pair.query()));
    if (query == null) {
      query = ids(pair.query(), true, out, isCancelled);
      queries.put(ByteBuffer.wrap(pair.query()), query);
    }
    // Which text is the longer one matters only if the query alone fills the sequence.
    boolean exact = truncation == PairTruncation.DO_NOT_TRUNCATE || query.length >= maxTokens;
    int[] document = ids(pair.document(), exact, out, isCancelled);
    Kept kept = kept(query.length, document.length);
    if (kept.query() < query.length || kept.document() < document.length) {
      out.outcomes().setTruncated(row);
    }
    int[] sequence = new int[maxTokens - room + kept.query() + kept.document()];
    int at = 0;
    sequence[at++] = opening;
    System.arraycopy(query, 0, sequence, at, kept.query());
    at += kept.query();
    for (int i = 0; i < separators; i++) {
      sequence[at++] = closing;
    }
    for (int i = 0; i < kept.document(); i++) {
      sequence[at++] = document[i] + secondOffset;
    }
    sequence[at++] = closing + secondOffset;
    out.append(row, sequence);
    out.outcomes().addTokens(row, at);
  }

  /**
   * Returns the ids of a text alone.
   *
   * @param all whether all of them are needed, or enough to fill a sequence
   */
  private int[] ids(byte[] text, boolean all, TokenizedTexts out, BooleanSupplier isCancelled) {
    int enough = all ? Integer.MAX_VALUE : maxTokens;
    int n = vocabulary.write(text, text.length, out, enough, isCancelled);
    int[] ids = new int[n - 2];
    out.ids().position(out.size() + 1).get(ids);
    out.ids().position(0);
    return ids;
  }

  /** Returns how many tokens stay, by the rules of the Hugging Face tokenizers. */
  Kept kept(int query, int document) {
    if ((long) query + document <= room) {
      return new Kept(query, document);
    }
    switch (truncation) {
      case LONGEST_FIRST -> {
        int shorter = Math.min(query, document);
        int half = room / 2;
        if (shorter > half) {
          // The second text gets the odd token, or the longer one where HF swaps them.
          return query > document
              ? new Kept(half + room % 2, half)
              : new Kept(half, half + room % 2);
        }
        return query > document
            ? new Kept(room - shorter, shorter)
            : new Kept(shorter, room - shorter);
      }
      case ONLY_SECOND -> {
        if (query < room && document > 0) {
          return new Kept(query, room - query);
        }
        throw new EmbarkException(
            Kind.TOO_LONG,
            "The query has "
                + query
                + " tokens and leaves none of the "
                + room
                + " of a pair for the document; truncation=longest_first would shorten it.");
      }
      default ->
          throw new EmbarkException(
              Kind.TOO_LONG,
              "The pair has "
                  + ((long) query + document + maxTokens - room)
                  + " tokens and maxTokens is "
                  + maxTokens
                  + "; truncation=longest_first or truncation=only_second would score it.");
    }
  }
}
