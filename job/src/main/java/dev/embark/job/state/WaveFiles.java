package dev.embark.job.state;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ObjectStores;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * Lists in the folder of a run, so that no version of the log has to repeat them: {@code plan.json}
 * with all parts of its input, and {@code results-<n>.json} with the results of waves <i>n</i> to
 * <i>n</i> + {@value #RESULTS} − 1.
 */
public final class WaveFiles {
  static final int RESULTS = 50;

  private final StateFolder state;
  private final Manifest.Run run;

  /** Creates the accessor for the files of a run. */
  public WaveFiles(StateFolder state, Manifest.Run run) {
    this.state = state;
    this.run = run;
  }

  private Path plan() {
    return new Path(state.runFolder(run), "plan.json");
  }

  private Path results(int first) {
    return new Path(state.runFolder(run), "results-" + first + ".json");
  }

  private boolean hasPlan() throws IOException {
    return state.plainFiles().exists(plan());
  }

  /** Writes the plan, before the log has a version of the run. */
  public void write(List<Wave> parts) {
    write(plan(), parts);
  }

  /** Writes the plan of a run that an earlier version of Embark began, unless it is there. */
  void adopt(LegacyManifest manifest) throws IOException {
    if (!hasPlan()) {
      write(manifest.waves(run));
    }
  }

  /**
   * Reads all parts in order.
   *
   * @throws UserError if the plan is missing or incomplete
   */
  public List<Wave> read() {
    try {
      // A dry run leaves an output as an earlier version of Embark wrote it.
      List<Wave> parts =
          hasPlan()
              ? read(plan(), new TypeReference<List<Wave>>() {})
              : LegacyManifest.read(state).map(there -> there.waves(run)).orElseGet(List::of);
      if (parts.size() != run.progress().parts()) {
        throw new IOException(
            "it lists %d of %d parts".formatted(parts.size(), run.progress().parts()));
      }
      return parts;
    } catch (IOException e) {
      throw unreadable(plan(), e);
    }
  }

  /**
   * Returns the progress with its recent results moved to a file if there are {@value #RESULTS} of
   * them; idempotent.
   */
  public WaveProgress checkpointed(WaveProgress progress) {
    List<WaveResult> recent = progress.recent();
    while (recent.size() >= RESULTS) {
      write(results(recent.get(0).number()), recent.subList(0, RESULTS));
      recent = recent.subList(RESULTS, recent.size());
    }
    return progress.withRecent(recent);
  }

  /** Reads the results of all committed waves in order. */
  public List<WaveResult> committed() {
    WaveProgress progress = run.progress();
    int stored = progress.committed() - progress.recent().size();
    List<WaveResult> all = new ArrayList<>();
    try {
      for (int first = 0; first < stored; first += RESULTS) {
        all.addAll(read(results(first), new TypeReference<List<WaveResult>>() {}));
      }
    } catch (IOException e) {
      throw unreadable(state.runFolder(run), e);
    }
    all.addAll(progress.recent());
    return all;
  }

  private <T> T read(Path file, TypeReference<T> type) throws IOException {
    try (InputStream in = state.plainFiles().open(file)) {
      return StateFolder.JSON.readValue(in, type);
    }
  }

  private void write(Path file, Object content) {
    try (OutputStream out = ObjectStores.create(state.plainFiles(), file)) {
      StateFolder.JSON.writeValue(out, content);
    } catch (IOException e) {
      throw new UserError("Cannot write to %s (%s)".formatted(file, Failures.sentence(e)), e);
    }
  }

  private static UserError unreadable(Path path, IOException cause) {
    return new UserError("Cannot read %s (%s)".formatted(path, Failures.sentence(cause)), cause);
  }
}
