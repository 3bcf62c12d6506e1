package dev.embark.job.progress;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ObjectStores;
import dev.embark.job.report.ReportHtml;
import dev.embark.job.report.ReportJson;
import dev.embark.job.report.RunReport;
import dev.embark.job.run.JobResult;
import dev.embark.job.run.RunEnd;
import dev.embark.job.run.RunListener;
import dev.embark.job.state.Paths;
import dev.embark.job.state.RunPlan;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Writes {@code report.json} and {@code report.html} to the state folder when a run ends. */
public final class ReportWriter implements RunListener {
  static final String JSON = "report.json";
  static final String HTML = "report.html";

  private final SparkSession spark;
  private final ReportBuilder builder;

  /**
   * @param meter meter that has observed the run from its start
   */
  public ReportWriter(SparkSession spark, JobSpec spec, Meter meter) {
    this.spark = spark;
    this.builder = new ReportBuilder(spark, spec, meter);
  }

  @Override
  public void planned(RunPlan plan) {
    builder.planned(plan);
  }

  /**
   * @throws UserError if the report cannot be written; all waves are already in the output
   */
  @Override
  public void finished(JobResult result) {
    write(result, RunEnd.DONE);
  }

  /**
   * @throws UserError if the report cannot be written
   */
  @Override
  public void endedEarly(JobResult soFar, RunEnd end) {
    write(soFar, end);
  }

  private void write(JobResult result, RunEnd end) {
    RunReport report = builder.build(result, end);
    write(result.stateFolder(), JSON, ReportJson.of(report));
    write(result.stateFolder(), HTML, ReportHtml.of(report));
  }

  /**
   * Replaces a report file. A reader sees the previous file, the new one or briefly none, but never
   * a partial file.
   */
  private void write(String folder, String name, String content) {
    Path path = new Path(folder, name);
    Path draft = new Path(folder, name + ".draft");
    FileSystem files = Paths.fileSystem(spark, path);
    try {
      if (ObjectStores.isOne(files)) {
        try (OutputStream out = ObjectStores.create(files, path)) {
          out.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return;
      }
      try (OutputStream out = files.create(draft, true)) {
        out.write(content.getBytes(StandardCharsets.UTF_8));
      }
      files.delete(path, false);
      if (!files.rename(draft, path)) {
        throw new IOException("cannot rename " + draft);
      }
    } catch (IOException e) {
      throw new UserError(
          "Cannot write the report to %s (%s); the rows of committed waves are in the output"
              .formatted(path, Failures.sentence(e)),
          e);
    }
  }
}
