package dev.embark.job;

import dev.embark.job.sink.Sink;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** A sink that delegates every call, as a base for tests that override some of them. */
abstract class ForwardingSink implements Sink {
  private final Sink sink;

  ForwardingSink(Sink sink) {
    this.sink = sink;
  }

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
  public Map<String, String> inheritedOptions() {
    return sink.inheritedOptions();
  }

  @Override
  public StateFolder open(StructType schema) {
    return sink.open(schema);
  }

  @Override
  public Optional<String> refusal(StructType columns) {
    return sink.refusal(columns);
  }

  @Override
  public StructType columns() {
    return sink.columns();
  }

  @Override
  public List<Rule> rules() {
    return sink.rules();
  }

  @Override
  public void discard() {
    sink.discard();
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
  public boolean readsRowsAgain() {
    return sink.readsRowsAgain();
  }

  @Override
  public void prepare(Commit commit) {
    sink.prepare(commit);
  }

  @Override
  public boolean publish(Commit commit) {
    return sink.publish(commit);
  }

  @Override
  public void withdraw(Commit commit) {
    sink.withdraw(commit);
  }

  @Override
  public void finish() {
    sink.finish();
  }
}
