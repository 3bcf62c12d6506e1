package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.IntPointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenBatchTest {

  private static final int CAPACITY = 80;
  private static final int SEQUENCES = 3;

  @TempDir static Path dir;
  private static LlamaModel model;
  private static IntPointer ids;

  @BeforeAll
  static void open() throws IOException {
    model = LlamaModel.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
    ids = new IntPointer(200);
    for (int i = 0; i < 200; i++) {
      ids.put(i, TinyModel.UNK + i % 20);
    }
  }

  @AfterAll
  static void close() {
    ids.close();
    model.close();
  }

  static Stream<Named<Consumer<TokenBatch>>> refusals() {
    return Stream.of(
        Named.of("a negative token", b -> b.add(-1, 0, new int[] {0}, true)),
        Named.of(
            "a token above the vocabulary",
            b -> b.add(model.vocabularySize(), 0, new int[] {0}, true)),
        Named.of("a negative position", b -> b.add(5, -1, new int[] {0}, true)),
        Named.of(
            "a position past the context", b -> b.add(5, TinyModel.CONTEXT, new int[] {0}, true)),
        Named.of("no sequence", b -> b.add(5, 4, new int[0], true)),
        Named.of("too many sequences", b -> b.add(5, 4, new int[] {0, 1, 2, 2}, true)),
        Named.of("a negative sequence", b -> b.add(5, 4, new int[] {0, -1}, true)),
        Named.of("a sequence above the limit", b -> b.add(5, 4, new int[] {0, SEQUENCES}, true)),
        Named.of(
            "a sequence above the context", b -> b.addSequence(ids, 0, TinyModel.CONTEXT + 1, 1)),
        Named.of("a whole sequence of a negative id", b -> b.addSequence(ids, 0, 4, -1)),
        Named.of("a whole sequence above the limit", b -> b.addSequence(ids, 0, 4, SEQUENCES)));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void whatLlamaWouldAbortOnIsRefusedAndTheBatchStaysAsItWas(Consumer<TokenBatch> refused) {
    float[] expected = new float[TinyModel.DIMENSIONS];
    float[] actual = new float[TinyModel.DIMENSIONS];
    try (LlamaContext context = new LlamaContext(model, CAPACITY, Pooling.MODEL);
        TokenBatch batch = new TokenBatch(model, CAPACITY, SEQUENCES)) {
      batch.addSequence(ids, 0, 4, 0);
      assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
      assertThat(context.embedding(0, expected)).isTrue();

      assertThatThrownBy(() -> refused.accept(batch)).isInstanceOf(IllegalArgumentException.class);

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
  void whatIsClosedRefusesWorkInsteadOfEndingTheProcess() {
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
