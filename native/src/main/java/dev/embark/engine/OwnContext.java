package dev.embark.engine;

import java.util.function.BooleanSupplier;

/** Packs a window by length and computes it on a context that nobody else uses. For one thread. */
final class OwnContext implements WindowEncoder {
  private final int batchTokens;
  private final Encoder encoder;
  private final BatchPacker packer;

  OwnContext(LlamaModel model, int batchTokens, Encoder.ContextFactory contexts) {
    this.batchTokens = batchTokens;
    this.encoder = new Encoder(model, batchTokens, contexts);
    this.packer = new BatchPacker(Packing.of(model), batchTokens, encoder.maxSequences());
  }

  @Override
  public void encode(TokenizedTexts texts, BooleanSupplier isCancelled, Encoder.Sink sink) {
    for (PackedBatch batch : packer.pack(texts.lengths())) {
      encoder.encode(texts, batch, isCancelled, sink);
      texts.outcomes().countBatches(1, Math.max(batchTokens, batch.tokens()));
    }
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
