package dev.embark.engine.embed;

import dev.embark.engine.batch.BatchPacker;
import dev.embark.engine.batch.PackedBatch;
import dev.embark.engine.batch.Packing;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Packs the sequences of a window by length and computes them on a context that is not shared. Not
 * thread-safe.
 */
final class OwnContext implements WindowEncoder {
  private final int batchTokens;
  private final Encoder encoder;
  private final BatchPacker packer;
  private int[] all = {}; // 0, 1, 2 …; cached from the last window that fitted into one batch

  OwnContext(LlamaModel model, int batchTokens, Encoder.ContextFactory contexts) {
    this.batchTokens = batchTokens;
    this.encoder = new Encoder(model, batchTokens, contexts);
    this.packer = new BatchPacker(Packing.of(model), batchTokens, encoder.maxSequences());
  }

  @Override
  public void encode(TokenizedTexts texts, BooleanSupplier isCancelled, Encoder.Sink sink) {
    int n = texts.sequences();
    if (packer.isOneBatch(n, texts.allPlaces(), texts.size())) {
      if (all.length != n) {
        all = IntStream.range(0, n).toArray();
      }
      encode(texts, all, texts.size(), isCancelled, sink);
      return;
    }
    for (PackedBatch batch : packer.pack(texts.lengths(), texts.places())) {
      encode(texts, batch.sequences(), batch.tokens(), isCancelled, sink);
    }
  }

  private void encode(
      TokenizedTexts texts,
      int[] sequences,
      long tokens,
      BooleanSupplier isCancelled,
      Encoder.Sink sink) {
    encoder.encode(texts, sequences, isCancelled, sink);
    texts.outcomes().countBatches(1, Math.max(batchTokens, tokens));
  }

  @Override
  public void cancel(boolean cancel) {
    encoder.cancel(cancel);
  }

  @Override
  public boolean isCancelled() {
    return encoder.isCancelled();
  }

  @Override
  public void close() {
    encoder.close();
  }
}
