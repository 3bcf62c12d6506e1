package dev.embark.engine.chunks;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Writes the chunks of a text into sequences of up to the model's context, each chunk as a part
 * whose vector is the mean over its own tokens: late chunking (arXiv 2409.04701).
 *
 * <pre>
 *  text      The dog sees. The cat sings. It runs.
 *  sequence  [CLS] query : the dog sees . the cat sings . it runs . [SEP]
 *  parts     |------ chunk 0 -----------||-- chunk 1 ---||--- chunk 2 --|
 * </pre>
 *
 * <p>A sequence has the chunks that fit, in their order. The next one repeats, as context, the last
 * chunks of the one before if they have at most an eighth of its room, and each chunk has its
 * vector from the first sequence that has it. A chunk at the start of its sequence also takes the
 * prompt and the special tokens before it, and one at the end the special tokens after it, so that
 * a chunk alone in its sequence has the vector that it has without late chunking. So has a chunk
 * without a token of its own.
 *
 * <p>The tokens are those of {@link TextSegments}, each tokenised by itself, so that it is known
 * which tokens are whose. llama.cpp reports no positions of tokens, and they cannot be concluded
 * from the text of tokens, since vocabularies rewrite texts. Not thread-safe.
 */
final class JointWindows {
  private static final int ROOM_PER_CONTEXT = 8;

  private final Tokenizer tokenizer;
  private final int context;
  private final int maxParts;
  private final int closingToken;

  /**
   * @throws EmbarkException of kind OPTION when the vectors of the model are not means of those of
   *     its tokens
   */
  JointWindows(LlamaModel model, ChunkOptions options, Tokenizer tokenizer) {
    check(model, options.pooling());
    this.tokenizer = tokenizer;
    this.context = model.trainedContext();
    this.closingToken = tokenizer.closingToken();
    this.maxParts = LlamaContext.maxSequences(context) - 1;
  }

  private static void check(LlamaModel model, Pooling pooling) {
    Optional<Pooling> effective =
        pooling == Pooling.MODEL ? poolingOf(model) : Optional.of(pooling);
    if (effective.filter(Pooling.MEAN::equals).isEmpty()) {
      throw new EmbarkException(
          Kind.OPTION,
          "lateChunking is for mean pooling, and the pooling of the model "
              + model.path()
              + " is "
              + effective.map(Pooling::toString).orElse("not in its file")
              + "; leave out lateChunking.");
    }
    if (model.isRecurrent()) {
      throw new EmbarkException(
          Kind.OPTION,
          "lateChunking is for models without recurrent layers, and the model "
              + model.path()
              + " has them; leave out lateChunking.");
    }
  }

  private static Optional<Pooling> poolingOf(LlamaModel model) {
    Optional<String> type =
        model
            .metadata("general.architecture")
            .flatMap(name -> model.metadata(name + ".pooling_type"));
    return Arrays.stream(Pooling.ofVectors())
        .filter(p -> type.filter(Integer.toString(p.llamaPoolingType())::equals).isPresent())
        .findFirst();
  }

  /**
   * Writes the chunks of a row.
   *
   * @param spans two or more
   * @param out receives the sequences; its outcomes count their tokens
   * @param chunks receives the chunks
   * @throws EmbarkException when the vocabulary cannot tokenise the text, or the work is cancelled
   */
  void write(
      int row,
      TextPositions text,
      List<Span> spans,
      TokenizedTexts out,
      TextChunks chunks,
      BooleanSupplier isCancelled) {
    new Row(row, text, spans, out, chunks, isCancelled).write();
  }

  private final class Row {
    private final int row;
    private final TextPositions text;
    private final List<Span> spans;
    private final TokenizedTexts out;
    private final TextChunks chunks;
    private final BooleanSupplier isCancelled;
    private final TextSegments segments;

    Row(
        int row,
        TextPositions text,
        List<Span> spans,
        TokenizedTexts out,
        TextChunks chunks,
        BooleanSupplier isCancelled) {
      this.row = row;
      this.text = text;
      this.spans = spans;
      this.out = out;
      this.chunks = chunks;
      this.isCancelled = isCancelled;
      this.segments = new TextSegments(text.text(), spans);
    }

    void write() {
      segments.tokenize(
          (begin, end) ->
              out.written(
                  tokenizer.writeBare(
                      text.utf8(), text.byteOf(begin), text.byteOf(end), out, isCancelled)));
      for (int next = 0; next < spans.size(); ) {
        EmbarkException.throwIf(isCancelled);
        int first = firstContext(next);
        int end = writeTogether(first, next);
        if (end == next && first < next) {
          end = writeTogether(next, next);
        }
        next = end > next ? end : writeAlone(next);
      }
    }

    /** Returns the first of the chunks before one that are its context. */
    private int firstContext(int next) {
      int first = next;
      while (first > 0 && segments.tokensBetween(first - 1, next) <= context / ROOM_PER_CONTEXT) {
        first--;
      }
      return first;
    }

    /**
     * Writes a sequence that begins with a chunk and has parts for the chunks from {@code next} on.
     *
     * @return the first chunk that did not fit; {@code next} if none did and nothing is written
     */
    private int writeTogether(int first, int next) {
      int[] head = ids(spans.get(first).begin(), segments.endOfFirst(first));
      int closing = head.length > 0 && head[head.length - 1] == closingToken ? 1 : 0;
      int start = head.length - closing; // of the second segment
      int end = first;
      while (end < spans.size()
          && end - next < maxParts
          && start + segments.tokensAfterFirst(first, end) + closing <= context
          && (end < next || segments.tokens(end) > 0)) {
        end++;
      }
      if (end <= next || end == first + 1) { // a chunk alone needs no parts
        return next;
      }
      int length = start + segments.tokensAfterFirst(first, end - 1) + closing;
      int[] ids = new int[length];
      System.arraycopy(head, 0, ids, 0, start);
      segments.copyAfterFirst(first, end - 1, ids, start);
      System.arraycopy(head, start, ids, length - closing, closing);
      int[] parts = new int[2 * (end - next)];
      int vector = out.outputs();
      for (int chunk = next; chunk < end; chunk++) {
        int begin = begin(start, first, chunk);
        int after = chunk == end - 1 ? length : end(start, first, chunk);
        parts[2 * (chunk - next)] = begin;
        parts[2 * (chunk - next) + 1] = after;
        add(chunk, after - begin, vector + chunk - next);
      }
      out.append(row, ids, parts);
      out.outcomes().addTokens(row, length);
      return end;
    }

    /** Returns the position of the first token of a chunk in a sequence. */
    private int begin(int start, int first, int chunk) {
      return segments.isAtStart(first, chunk) ? 0 : start + segments.tokensBefore(first, chunk);
    }

    /** Returns the position after the last token of a chunk in a sequence. */
    private int end(int start, int first, int chunk) {
      return start + segments.tokensAfterFirst(first, chunk);
    }

    private int writeAlone(int chunk) {
      Span span = spans.get(chunk);
      int vector = out.outputs();
      out.append(row, ids(span.begin(), span.end()));
      out.outcomes().addTokens(row, span.tokens());
      add(chunk, span.tokens(), vector);
      return chunk + 1;
    }

    /** Returns the ids of a part of the text with prompt and special tokens. */
    private int[] ids(int begin, int end) {
      return out.written(
          tokenizer.write(text.utf8(), text.byteOf(begin), text.byteOf(end), out, isCancelled));
    }

    private void add(int chunk, int tokens, int vector) {
      Span span = spans.get(chunk);
      chunks.add(
          text,
          new Span(span.begin(), span.end(), tokens),
          text.byteOf(span.begin()),
          text.byteOf(span.end()),
          vector);
    }
  }
}
