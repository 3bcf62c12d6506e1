package dev.embark.job;

import dev.embark.job.sink.Sink;

/** A sink whose commits all fail. */
public final class RefusingSink extends ForwardingSink {
  public RefusingSink(Sink sink) {
    super(sink);
  }

  @Override
  public boolean publish(Commit commit) {
    throw new IllegalStateException("refused by the target");
  }
}
