package dev.embark.job;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** A sink whose target refuses each commit. */
record RefusingSink(Sink sink) implements Sink {
  @Override
  public String location() {
    return sink.location();
  }

  @Override
  public boolean exists() {
    return sink.exists();
  }

  @Override
  public Optional<StateFolder> state() {
    return sink.state();
  }

  @Override
  public StateFolder open(StructType schema) {
    return sink.open(schema);
  }

  @Override
  public Dataset<Row> read(Manifest.Layout layout) {
    return sink.read(layout);
  }

  @Override
  public void addColumn(String name, String type) {
    sink.addColumn(name, type);
  }

  @Override
  public List<String> ownColumns() {
    return sink.ownColumns();
  }

  @Override
  public boolean holdsAnyOf(Manifest.Run run) {
    return sink.holdsAnyOf(run);
  }

  @Override
  public void prepare(Commit commit) {
    sink.prepare(commit);
  }

  @Override
  public void publish(Commit commit) {
    throw new IllegalStateException("refused by the target");
  }

  @Override
  public void finish() {
    sink.finish();
  }
}
