package dev.embark.engine.chunks;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.ChunkOptions.Boundary;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Splits a window of texts into chunks and tokenises each distinct chunk into a sequence of the
 * window, with the prompt and the special tokens of a text; with {@code lateChunking}, the chunks
 * of a text into as few sequences as have room for them ({@link JointWindows}). Not thread-safe.
 */
public final class ChunkTokenizer {
  private static final int NO_BYTES = 0;

  private final Tokenizer tokenizer;
  private final ChunkOptions options;
  private final ChunkLimits limits;
  private final int maxChunks;
  private final JointWindows joint; // null if each chunk is read alone
  private final TextChunks chunks = new TextChunks();
  private final Map<ByteBuffer, Integer> known = new HashMap<>(); // vectors of distinct chunks

  /**
   * Creates a tokenizer.
   *
   * @param maxChunks maximum number of chunks of a window
   * @throws EmbarkException of kind OPTION when an option does not fit the model
   */
  public ChunkTokenizer(LlamaModel model, ChunkOptions options, int maxChunks) {
    this.tokenizer = new Tokenizer(model, options);
    this.options = options;
    this.maxChunks = maxChunks;
    int context = model.trainedContext();
    try (TokenizedTexts empty = new TokenizedTexts()) {
      empty.clear(0);
      this.limits =
          new ChunkLimits(
              options.chunkTokens().orElse(context),
              options.chunkOverlap(),
              tokenizer.write(new byte[0], NO_BYTES, NO_BYTES, empty, () -> false));
    }
    limits.check(context);
    this.joint = options.lateChunking() ? new JointWindows(model, options, tokenizer) : null;
  }

  /**
   * Splits and tokenises a window of texts.
   *
   * @param texts UTF-8; null for a NULL row; bytes that are not UTF-8 have no tokens
   * @param out cleared and filled; its outcomes report the rows that failed, and count the tokens
   *     of a repeated chunk once
   * @param isCancelled polled before each chunk
   * @return the chunks; owned by this object and valid until its next window
   * @throws EmbarkException of kind CANCELLED
   */
  public TextChunks tokenize(List<byte[]> texts, TokenizedTexts out, BooleanSupplier isCancelled) {
    out.clear(texts.size());
    chunks.clear(out.outcomes());
    try {
      tokenizeAll(texts, out, isCancelled);
    } finally {
      known.clear(); // an idle engine keeps no texts
    }
    return chunks;
  }

  private void tokenizeAll(List<byte[]> texts, TokenizedTexts out, BooleanSupplier isCancelled) {
    for (int row = 0; row < texts.size(); row++) {
      EmbarkException.throwIf(isCancelled);
      chunks.startRow();
      byte[] text = texts.get(row);
      if (text == null) {
        continue;
      }
      try {
        tokenize(row, new TextPositions(text), out, isCancelled);
      } catch (EmbarkException e) {
        if (e.kind() == Kind.CANCELLED) {
          throw e;
        }
        out.outcomes().setError(row, e);
      }
    }
  }

  private void tokenize(
      int row, TextPositions text, TokenizedTexts out, BooleanSupplier isCancelled) {
    List<Span> spans =
        new TextSplitter(
                text.text(),
                new Boundaries(text.text(), options.chunkBoundary(), options.chunkLocale()),
                limits,
                options.chunkBoundary() == Boundary.MARKDOWN,
                (begin, end) -> {
                  EmbarkException.throwIf(isCancelled);
                  return write(text, begin, end, out, isCancelled);
                })
            .split();
    check(spans);
    if (joint != null && spans.size() > 1) {
      joint.write(row, text, spans, out, chunks, isCancelled);
      return;
    }
    for (Span span : spans) {
      int first = text.byteOf(span.begin());
      int end = text.byteOf(span.end());
      int next = out.outputs();
      Integer same = known.putIfAbsent(ByteBuffer.wrap(text.utf8(), first, end - first), next);
      if (same == null) {
        tokenizer.write(text.utf8(), first, end, out, isCancelled);
        out.addSequence(row, span.tokens());
        out.outcomes().addTokens(row, span.tokens());
      }
      chunks.add(text, span, first, end, same == null ? next : same);
    }
  }

  /** Fails a row before anything of it is in the window. */
  private void check(List<Span> spans) {
    for (Span span : spans) {
      if (span.tokens() == 0) {
        throw new EmbarkException(
            Kind.EMPTY,
            spans.size() == 1
                ? "The text has no token in this model's vocabulary, so it has no vector."
                : "A chunk of the text has no token in this model's vocabulary, so it has no"
                    + " vector.");
      }
    }
    if (chunks.size() + spans.size() > maxChunks) {
      throw new EmbarkException(
          Kind.TOO_LONG,
          "The text has "
              + spans.size()
              + " chunks, with which the texts around it have more than the "
              + maxChunks
              + " that are computed at once; make chunkTokens larger, or cut the text before.");
    }
  }

  private int write(
      TextPositions text, int begin, int end, TokenizedTexts out, BooleanSupplier isCancelled) {
    return tokenizer.write(text.utf8(), text.byteOf(begin), text.byteOf(end), out, isCancelled);
  }
}
