package dev.embark.job;

/** A sink whose target refuses each commit. */
final class RefusingSink extends ForwardingSink {
  RefusingSink(Sink sink) {
    super(sink);
  }

  @Override
  public void publish(Commit commit) {
    throw new IllegalStateException("refused by the target");
  }
}
