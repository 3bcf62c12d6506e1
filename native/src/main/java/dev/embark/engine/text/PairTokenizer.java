package dev.embark.engine.text;

import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.options.RerankOptions.Truncation;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.TextPair;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Tokenises pairs of texts into the sequences that a reranker processes, written as the model's own
 * tokenizer or prompt writes them. A query is tokenised once per window. Keeps no native memory.
 * Not thread-safe.
 */
public final class PairTokenizer {
  private final PairForm form;
  private final Truncation truncation;
  private final int maxTokens;
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
    Vocabulary vocabulary = new Vocabulary(model);
    Optional<RerankTemplate> template =
        model.metadata(RerankTemplate.KEY).flatMap(RerankTemplate::of);
    if (template.isEmpty() && options.instruction().isPresent()) {
      throw TemplatePairs.noInstruction(model);
    }
    this.form =
        template.isPresent()
            ? new TemplatePairs(model, vocabulary, template.get(), options)
            : new SpecialTokenPairs(model, vocabulary);
    this.truncation = options.truncation();
    int context = model.trainedContext();
    this.maxTokens = options.maxTokens().orElse(context);
    int around = form.before().length + form.between().length + form.after().length;
    this.room = maxTokens - around;
    if (maxTokens > context || room < 1) {
      throw new EmbarkException(
          Kind.OPTION,
          "maxTokens is "
              + maxTokens
              + ", but the model's context is "
              + context
              + " tokens, and the model puts "
              + around
              + " tokens around the two texts of a pair.");
    }
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
    int[] joined = queries.get(ByteBuffer.wrap(pair.query()));
    if (joined == null) {
      joined = form.joined(pair.query(), out, isCancelled);
      queries.put(ByteBuffer.wrap(pair.query()), joined);
    }
    int query = Math.max(0, joined.length - form.between().length);
    // Which text is the longer one matters only if the query alone fills the sequence.
    boolean exact = truncation == Truncation.DO_NOT_TRUNCATE || query >= maxTokens;
    int[] document =
        form.document(pair.document(), exact ? Integer.MAX_VALUE : maxTokens, out, isCancelled);
    Kept kept = kept(query, document.length);
    if (kept.query() < query || kept.document() < document.length) {
      out.outcomes().setTruncated(row);
    }
    int[] head =
        kept.query() < query
            ? concat(cut(form.query(pair.query(), out, isCancelled), kept.query()), form.between())
            : joined;
    int[] sequence = concat(form.before(), head, cut(document, kept.document()), form.after());
    if (sequence.length == 0) {
      throw new EmbarkException(
          Kind.EMPTY, "The pair has no token in this model's vocabulary, so it has no score.");
    }
    out.append(row, sequence);
    out.outcomes().addTokens(row, sequence.length);
  }

  private static int[] cut(int[] ids, int kept) {
    return Arrays.copyOf(ids, Math.min(ids.length, kept));
  }

  private static int[] concat(int[]... parts) {
    int[] all = new int[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /** Returns how many tokens stay, by the rules of the Hugging Face tokenizers. */
  Kept kept(int query, int document) {
    if ((long) query + document <= room) {
      return new Kept(query, document);
    }
    switch (truncation) {
      case LONGEST_FIRST -> {
        if (form.keepsQuery() && query < room) {
          return new Kept(query, room - query);
        }
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
