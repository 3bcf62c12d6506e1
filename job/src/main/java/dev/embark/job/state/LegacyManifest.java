package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The state as versions of Embark before the log stored it: layout 2 of {@code manifest.json},
 * which lists every wave of every run. An output with a log keeps a file of this name, which makes
 * those versions refuse the output.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record LegacyManifest(int version, SortedMap<String, Fingerprint> columns, List<Run> runs) {
  private static final int VERSION = 2;
  private static final int MARK = 3;

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Run(
      String id,
      int number,
      String textColumn,
      String column,
      String fingerprint,
      String command,
      CommandDigest arguments,
      Manifest.Kind kind,
      Manifest.Layout layout,
      boolean complete,
      Manifest.Counts counts,
      List<Wave> waves) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Wave(
      int number,
      long rows,
      List<String> files,
      String state,
      String folder,
      long startMillis,
      long tookMillis,
      RunTotals totals) {
    boolean is(String other) {
      return state.equals(other);
    }

    WaveResult result() {
      return new WaveResult(
          number, 1, Instant.ofEpochMilli(startMillis), Duration.ofMillis(tookMillis), totals);
    }

    ReadyWave ready() {
      return new ReadyWave(number, 1, folder, startMillis, tookMillis, totals);
    }
  }

  private static Path current(StateFolder state) {
    return state.path("manifest.json");
  }

  /** A save that took effect and was interrupted leaves this file, which is newer. */
  private static Path next(StateFolder state) {
    return state.path("manifest.next.json");
  }

  /**
   * Reads the manifest; empty if there is none, or only the mark.
   *
   * @throws UserError if it cannot be read
   */
  static Optional<LegacyManifest> read(StateFolder state) throws IOException {
    try {
      return parsed(state).filter(there -> !there.isMark());
    } catch (JsonProcessingException e) {
      throw new UserError("Cannot read %s (%s)".formatted(current(state), Failures.sentence(e)), e);
    }
  }

  /** Returns whether the mark says that a log has the state. */
  static boolean isMarked(StateFolder state) throws IOException {
    return parsed(state).filter(LegacyManifest::isMark).isPresent();
  }

  private boolean isMark() {
    return version == MARK;
  }

  private static Optional<LegacyManifest> parsed(StateFolder state) throws IOException {
    FileSystem files = state.plainFiles();
    Path file = files.exists(next(state)) ? next(state) : current(state);
    if (!files.exists(file)) {
      return Optional.empty();
    }
    try (InputStream in = files.open(file)) {
      LegacyManifest found = StateFolder.JSON.readValue(in, LegacyManifest.class);
      if (found.version != VERSION && !found.isMark()) {
        throw StateLog.otherLayout(file, found.version, state.path());
      }
      return Optional.of(found);
    }
  }

  /** Returns the same state in today's form. */
  Manifest manifest() {
    List<Manifest.Run> known =
        runs.stream().skip(Math.max(0, runs.size() - 2)).map(LegacyManifest::converted).toList();
    return new Manifest(columns, known);
  }

  private static Manifest.Run converted(Run run) {
    return new Manifest.Run(
        run.id,
        run.number,
        run.textColumn,
        run.column,
        run.fingerprint,
        run.arguments == null ? RunArguments.digestOfClear(run.command) : run.arguments,
        run.kind,
        run.layout,
        run.complete,
        run.counts,
        progress(run),
        null);
  }

  private static WaveProgress progress(Run run) {
    List<WaveResult> committed =
        run.waves.stream().filter(wave -> wave.is("COMMITTED")).map(Wave::result).toList();
    return new WaveProgress(
        run.waves.size(),
        run.waves.stream().mapToLong(Wave::rows).sum(),
        committed.size(),
        committed.size(),
        committed.stream().map(WaveResult::totals).reduce(RunTotals.NONE, RunTotals::plus),
        run.complete ? List.of() : committed,
        run.waves.stream()
            .filter(wave -> wave.is("READY"))
            .map(Wave::ready)
            .findFirst()
            .orElse(null));
  }

  /** Returns the plan of a run. */
  List<dev.embark.job.state.Wave> waves(Manifest.Run run) {
    return runs.stream()
        .filter(known -> known.id.equals(run.id()))
        .flatMap(known -> known.waves.stream())
        .map(wave -> new dev.embark.job.state.Wave(wave.number, wave.rows, wave.files))
        .toList();
  }

  /**
   * Makes earlier versions of Embark refuse the output, whose state the log has; idempotent.
   * Requires the lease.
   *
   * @param manifest the state in the log
   * @throws UserError if the mark cannot be written
   */
  static void mark(StateFolder state, Manifest manifest) {
    try {
      Optional<LegacyManifest> there = Optional.empty();
      try {
        there = parsed(state);
      } catch (JsonProcessingException e) {
        // The process that wrote the mark was killed meanwhile.
      }
      if (there.filter(LegacyManifest::isMark).isPresent()) {
        return;
      }
      if (there.isPresent() && manifest.unfinished().isPresent()) {
        new WaveFiles(state, manifest.unfinished().get()).adopt(there.get());
      }
      String mark = "{\"version\":%d,\"columns\":{},\"runs\":[]}".formatted(MARK);
      try (OutputStream out = state.plainFiles().create(current(state), true)) {
        out.write(mark.getBytes(StandardCharsets.UTF_8));
      }
      state.plainFiles().delete(next(state), false);
    } catch (IOException e) {
      throw new UserError(
          "Cannot write to %s (%s)".formatted(current(state), Failures.sentence(e)), e);
    }
  }

  /** Removes the mark from an output without runs. Requires the lease. */
  static void unmark(StateFolder state) throws IOException {
    state.plainFiles().delete(current(state), false);
  }
}
