package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.Embedded;
import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.IntPointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TokenBatchTest {

  private static final int CAPACITY = 80;
  private static final int SEQUENCES = 3;

  @TempDir static Path dir;
  private static LlamaModel model;
  private static IntPointer ids;
  private static IntPointer strangers; // with one that no vocabulary has

  @BeforeAll
  static void open() throws IOException {
    model = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
    strangers = new IntPointer(5, 6, -1, 7);
    ids = new IntPointer(200);
    for (int i = 0; i < 200; i++) {
      ids.put(i, TinyModel.UNK + i % 20);
    }
  }

  @AfterAll
  static void close() {
    strangers.close();
    ids.close();
    model.close();
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refusal(b -> b.add(-1, 0, new int[] {1}, true), "token -1 of sequence 1 at position 0"),
        refusal(
            b -> b.add(model.vocabularySize(), 0, new int[] {1}, true),
            "of sequence 1 at position 0: the vocabulary has " + model.vocabularySize()),
        refusal(b -> b.add(5, -1, new int[] {1}, true), "position -1: the model's context has 64"),
        refusal(
            b -> b.add(5, TinyModel.CONTEXT, new int[] {1}, true),
            "token 5 of sequence 1 at position 64: the model's context has 64"),
        refusal(b -> b.add(5, 4, new int[0], true), "token 5 of sequence -1 at position 4: in 0"),
        refusal(b -> b.add(5, new int[0]), "token 5 of sequence -1 at position 0: in 0"),
        refusal(b -> b.add(5, 4, new int[] {0, 1, 2, 2}, true), "in 4 of 3 ids"),
        refusal(
            b -> b.add(5, 4, new int[] {0, 1, 1}, true),
            "token 5 of sequence 1 at position 4: the sequence is given twice"),
        refusal(
            b -> b.add(5, 4, new int[] {0, -1}, true),
            "token 5 of sequence -1 at position 4: the batch has 3 sequences"),
        refusal(
            b -> b.add(5, 4, new int[] {0, SEQUENCES}, true),
            "token 5 of sequence 3 at position 4: the batch has 3 sequences"),
        refusal(b -> b.add(5, new int[] {-1}), "sequence -1 at position 0: the batch has 3"),
        refusal(
            b -> b.add(5, 6, new int[] {0}, true),
            "token 5 of sequence 0 at position 6: the sequence goes on at 4"),
        refusal(
            b -> b.add(5, 3, new int[] {0}, true),
            "token 5 of sequence 0 at position 3: the sequence goes on at 4"),
        refusal(
            b -> b.add(5, 0, new int[] {1, 0}, true),
            "token 5 of sequence 0 at position 0: the sequence goes on at 4"),
        refusal(
            b -> b.add(5, new int[] {1, 0}),
            "token 5 of sequence 0 at position 0: the sequence goes on at 4"),
        refusal(
            b -> b.addSequence(ids, 0, TinyModel.CONTEXT + 1, 1),
            "of sequence 1 at position 64: the model's context has 64"),
        refusal(b -> b.addSequence(ids, 0, 4, -1), "of sequence -1 at position 0: the batch has 3"),
        refusal(
            b -> b.addSequence(ids, 0, 4, SEQUENCES),
            "of sequence 3 at position 0: the batch has 3"),
        refusal(b -> b.addSequence(ids, 0, 0, 1), "0 more tokens"),
        refusal(
            b -> b.addSequence(ids, 0, 4, 0),
            "of sequence 0 at position 0: the sequence is in the batch already"),
        refusal(
            b -> b.addSequence(strangers, 0, 4, 1),
            "token -1 of sequence 1 at position 2: the vocabulary has"));
  }

  private static Arguments refusal(Consumer<TokenBatch> refused, String message) {
    return Arguments.of(Named.of(message, refused), message);
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void inputsThatWouldAbortLlamaAreRefusedAndLeaveTheBatchUnchanged(
      Consumer<TokenBatch> refused, String message) {
    float[] expected = new float[TinyModel.DIMENSIONS];
    float[] actual = new float[TinyModel.DIMENSIONS];
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      batch.addSequence(ids, 0, 4, 0);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, expected)).isTrue();

      assertThatThrownBy(() -> refused.accept(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(message);

      assertThat(batch.size()).isEqualTo(4);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, actual)).isTrue();
      assertThat(actual).isEqualTo(expected);
      assertThat(context.embedding(1, actual)).isFalse();
    }
  }

  @Test
  void itHoldsItsCapacityAndNotOneTokenMore() {
    try (TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      batch.addSequence(ids, 0, 60, 0);
      assertThatThrownBy(() -> batch.addSequence(ids, 0, 21, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("21 more tokens in a batch of 80 that holds 60");
      assertThat(batch.size()).isEqualTo(60);

      batch.addSequence(ids, 60, 19, 1);
      batch.add(7, 0, new int[] {2}, true);
      assertThat(batch.size()).isEqualTo(CAPACITY);
      assertThatThrownBy(() -> batch.add(7, 1, new int[] {2}, true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 more tokens");
      assertThat(batch.size()).isEqualTo(CAPACITY);

      batch.clear();
      assertThat(batch.size()).isZero();
      batch.addSequence(ids, 100, 64, 2);
      assertThat(batch.size()).isEqualTo(64);
    }
  }

  @Test
  void aBatchTakesMemoryForItsTokensAndNotForEachSequenceThatATokenCouldBeIn() throws IOException {
    int tokens = 1 << 18;
    long before = residentBytes();
    try (TokenBatch batch = new TokenBatch(model, tokens, LlamaContext.MAX_SEQUENCES)) {
      assertThat(batch.capacity()).isEqualTo(tokens);
      // 256 ids for each token would be 256 MB.
      assertThat(residentBytes() - before).isLessThan(64L << 20);
    }
  }

  @Test
  void aBatchThatThereIsNoMemoryForIsRefused() {
    // 50 GB: had where memory is promised that is never used, refused elsewhere.
    try (TokenBatch batch = new TokenBatch(model, Integer.MAX_VALUE, LlamaContext.MAX_SEQUENCES)) {
      batch.addSequence(ids, 0, 4, 255);
      assertThat(batch.size()).isEqualTo(4);
    } catch (EmbarkException e) {
      assertThat(e.kind()).isEqualTo(EmbarkException.Kind.OUT_OF_MEMORY);
    }
  }

  private static long residentBytes() throws IOException {
    String resident = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(resident) * 4096;
  }

  /** More ids than tokens, so that the room for ids grows while there are tokens in it. */
  @Test
  void tokensInManySequencesLeaveEarlierTokensUnchanged() throws IOException {
    int sequences = 64;
    int[] all = IntStream.range(1, sequences).toArray();
    float[] first = new float[TinyKind.DIMENSIONS];
    float[] shared = new float[TinyKind.DIMENSIONS];
    float[] whole = new float[TinyKind.DIMENSIONS];
    try (LlamaModel decoder = ModelLoader.load(TinyKind.QWEN3_LAST.write(dir), ModelOptions.cpu());
        LlamaContext context = new LlamaContext(decoder, CAPACITY, Pooling.LAST);
        TokenBatch batch = new TokenBatch(decoder, CAPACITY, sequences)) {
      addAll(batch, 70, 5, 0);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, whole)).isTrue();

      for (int i = 0; i < 5; i++) {
        batch.add(80 + i, all);
      }
      batch.add(90, new int[] {1});
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, first)).isTrue();
      assertThat(Embedded.distance(first, whole)).isCloseTo(0, within(1e-5));
      assertThat(context.embedding(sequences - 1, shared)).isTrue();

      batch.clear();
      addAll(batch, 80, 5, 0);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, whole)).isTrue();
      assertThat(Embedded.distance(shared, whole)).isCloseTo(0, within(1e-5));
    }
  }

  private static void addAll(TokenBatch batch, int token, int n, int sequence) {
    for (int i = 0; i < n; i++) {
      batch.add(token + i, new int[] {sequence});
    }
  }

  @Test
  void tokensAddedOneByOneGiveTheVectorOfTheWholeSequence() {
    float[] whole = new float[TinyModel.DIMENSIONS];
    float[] single = new float[TinyModel.DIMENSIONS];
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      batch.addSequence(ids, 30, 9, 1);
      for (int i = 0; i < 9; i++) {
        batch.add(ids.get(30 + i), i, new int[] {2}, true);
      }

      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(1, whole)).isTrue();
      assertThat(context.embedding(2, single)).isTrue();
      assertThat(Embedded.distance(whole, single)).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void omittedFieldsAreTheNextPositionOfSequenceZeroAndAnOutput() {
    float[] given = new float[TinyModel.DIMENSIONS];
    float[] filledIn = new float[TinyModel.DIMENSIONS];
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      for (int i = 0; i < 9; i++) {
        batch.add(ids.get(30 + i), i, new int[] {0}, true);
      }
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, given)).isTrue();

      batch.clear();
      for (int i = 0; i < 9; i++) {
        batch.add(ids.get(30 + i));
      }
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, filledIn)).isTrue();
      assertThat(filledIn).isEqualTo(given);
    }
  }

  /** As a decoder sees them: what two texts begin with is computed once for both. */
  @ParameterizedTest
  @EnumSource(names = {"QWEN3_LAST", "QWEN3_MEAN"})
  void tokensInTwoSequencesGiveTheVectorsOfBothWholeSequences(TinyKind kind) throws IOException {
    float[] whole = new float[TinyKind.DIMENSIONS];
    float[] shared = new float[TinyKind.DIMENSIONS];
    try (LlamaModel decoder = ModelLoader.load(kind.write(dir), ModelOptions.cpu());
        LlamaContext context = new LlamaContext(decoder, CAPACITY, Pooling.LAST);
        TokenBatch batch = new TokenBatch(decoder, CAPACITY, SEQUENCES)) {
      int[][] tails = {{}, {81, 82, 83}, {91}};
      for (int i = 0; i < 6; i++) {
        batch.add(70 + i, new int[] {1, 2});
      }
      for (int id = 1; id <= 2; id++) {
        for (int tail : tails[id]) {
          batch.add(tail, new int[] {id});
        }
      }
      assertThat(batch.size()).isEqualTo(10);
      for (int id = 1; id <= 2; id++) {
        assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
        assertThat(context.embedding(id, shared)).isTrue();
        try (TokenBatch alone = new TokenBatch(decoder, CAPACITY, SEQUENCES)) {
          for (int i = 0; i < 6; i++) {
            alone.add(70 + i);
          }
          for (int tail : tails[id]) {
            alone.add(tail);
          }
          assertThat(context.decode(alone)).isEqualTo(LlamaContext.Status.DONE);
          assertThat(context.embedding(0, whole)).isTrue();
        }
        assertThat(Embedded.distance(whole, shared)).isCloseTo(0, within(1e-5));
      }
    }
  }

  @Test
  void aBatchWithoutOutputsOrLargerThanTheContextIsNotDecoded() {
    try (LlamaContext context = new LlamaContext(model, 8, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      assertThatThrownBy(() -> context.decode(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("none of 0 tokens is an output");
      batch.add(5, 0, new int[] {0}, false);
      batch.add(6, 1, new int[] {0}, false);
      assertThatThrownBy(() -> context.decode(batch)).hasMessage("none of 2 tokens is an output");

      batch.addSequence(ids, 0, 7, 1);
      assertThatThrownBy(() -> context.decode(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a batch of 9 tokens in a context of 8");
    }
  }

  @Test
  void aDecodeThatIsCancelledLeavesTheContextUsable() {
    float[] before = new float[TinyModel.DIMENSIONS];
    float[] after = new float[TinyModel.DIMENSIONS];
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      batch.addSequence(ids, 0, 40, 0);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, before)).isTrue();

      context.cancel(true);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.CANCELLED);
      context.cancel(false);

      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, after)).isTrue();
      assertThat(after).isEqualTo(before);
    }
  }

  @Test
  void closedHandlesRefuseWorkInsteadOfEndingTheProcess() {
    float[] vector = new float[TinyModel.DIMENSIONS];
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      batch.close();
      List<ThrowingCallable> onBatch =
          List.of(
              batch::size,
              batch::clear,
              batch::handle,
              () -> batch.add(5, 0, new int[] {0}, true),
              () -> batch.addSequence(ids, 0, 3, 0),
              () -> context.decode(batch));
      for (ThrowingCallable use : onBatch) {
        assertThatThrownBy(use).isInstanceOf(IllegalStateException.class);
      }
    }
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      context.close();
      assertThatThrownBy(() -> context.decode(batch)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> context.embedding(0, vector))
          .isInstanceOf(IllegalStateException.class);
      context.cancel(true);
    }
  }
}
