package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.job.cli.UserError;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Log of the versions of an output's state: the files {@code _embark/log/<n>.json}, each created
 * only if absent. A version holds the whole state and the lease of its writer, so the newest one is
 * all that has to be read, and a process that has lost its lease cannot add the next one.
 *
 * <p>A version that its writer did not complete, because the process was killed, has no effect; its
 * number stays used. Thread-safe.
 */
final class StateLog {
  static final int LAYOUT = 4;
  private static final int OLDEST = 3; // each part of an input is a wave
  private static final Pattern NAME = Pattern.compile("\\d{10}\\.json");
  private static final int LOOKS = 5;
  private static final int MILLIS_BETWEEN_LOOKS = 10;

  private final FileSystem files;
  private final Path folder;

  StateLog(FileSystem files, Path folder) {
    this.files = files;
    this.folder = folder;
  }

  /**
   * Content of a version.
   *
   * @param layout version of this format
   * @param lease the process that holds the lease, which has written the version; null if it has
   *     released the lease
   * @param manifest state of the output
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Content(int layout, LeaseHolder lease, Manifest manifest) {
    static Content of(LeaseHolder lease, Manifest manifest) {
      return new Content(LAYOUT, lease, manifest);
    }
  }

  /**
   * The newest version.
   *
   * @param number number of the newest version, from 1; 0 if there is none
   * @param content content of the newest complete version; empty if there is none
   */
  record Version(long number, Optional<Content> content) {
    /** Returns the process that holds the lease; empty if it is released. */
    Optional<LeaseHolder> lease() {
      return content.map(Content::lease);
    }
  }

  /** Reads the newest version; its cost does not depend on the number of versions. */
  Version newest() throws IOException {
    List<Long> numbers = numbers();
    for (int look = 1; look <= LOOKS && !numbers.isEmpty(); look++) {
      long newest = numbers.get(numbers.size() - 1);
      Optional<Content> content = read(newest);
      if (content.isPresent()) {
        return new Version(newest, content);
      }
      // It is being written, or was deleted because it is no longer the newest.
      pause();
      numbers = numbers();
    }
    return newestComplete(numbers);
  }

  private Version newestComplete(List<Long> numbers) throws IOException {
    Optional<Content> content = Optional.empty();
    for (int i = numbers.size() - 1; i >= 0 && content.isEmpty(); i--) {
      content = read(numbers.get(i));
    }
    return new Version(numbers.isEmpty() ? 0 : numbers.get(numbers.size() - 1), content);
  }

  private List<Long> numbers() throws IOException {
    List<Long> numbers = new ArrayList<>();
    try {
      for (FileStatus status : files.listStatus(folder)) {
        String name = status.getPath().getName();
        if (NAME.matcher(name).matches()) {
          numbers.add(Long.parseLong(name.substring(0, name.indexOf('.'))));
        }
      }
    } catch (IOException e) {
      // Hadoop reports a local folder that another process has just deleted as unreadable.
      if (e instanceof FileNotFoundException || !files.exists(folder)) {
        return List.of();
      }
      throw e;
    }
    numbers.sort(null);
    return numbers;
  }

  /** Reads a version; empty if it is incomplete or missing. */
  private Optional<Content> read(long number) throws IOException {
    JsonNode json;
    try (InputStream in = files.open(file(number))) {
      json = StateFolder.JSON.readTree(in);
    } catch (JsonProcessingException | FileNotFoundException e) {
      return Optional.empty();
    }
    if (!json.isObject()) {
      return Optional.empty(); // an empty file
    }
    int layout = json.path("layout").asInt();
    if (layout < OLDEST || layout > LAYOUT) {
      throw otherLayout(file(number), layout, folder.getParent());
    }
    return Optional.of(StateFolder.JSON.treeToValue(json, Content.class));
  }

  static UserError otherLayout(Path file, int layout, Path state) {
    return new UserError(
        "%s was written by another version of Embark, as layout %d, and this one reads %d; use that version, choose another --output, or delete %s and set --save-mode overwrite"
            .formatted(file, layout, LAYOUT, state));
  }

  private static void pause() {
    try {
      Thread.sleep(MILLIS_BETWEEN_LOOKS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Path file(long number) {
    return new Path(folder, "%010d.json".formatted(number));
  }

  /** Adds a version; returns false if a version of this number exists. */
  boolean append(long number, Content content) throws IOException {
    return ExclusiveFile.create(files, file(number), StateFolder.JSON.writeValueAsBytes(content));
  }

  /** Returns whether a version follows this one; one request to an object store. */
  boolean isFollowed(long number) throws IOException {
    List<Long> numbers = numbers();
    return !numbers.isEmpty() && numbers.get(numbers.size() - 1) > number;
  }

  /** Returns whether a version is the newest and directly follows another, which may be 0. */
  boolean follows(long number, long before) throws IOException {
    List<Long> numbers = numbers();
    int last = numbers.size() - 1;
    return last >= 0
        && numbers.get(last) == number
        && (last == 0 ? 0 : numbers.get(last - 1)) == before;
  }

  void delete(long number) throws IOException {
    files.delete(file(number), false);
  }

  /**
   * Deletes the versions up to a number, the oldest first, and the folder if it is then empty. A
   * process that builds on one of them finds in {@link #follows} that it is gone.
   */
  void deleteUpTo(long last) throws IOException {
    List<Long> numbers = numbers();
    for (long number : numbers) {
      if (number <= last) {
        delete(number);
      }
    }
    if (!numbers.isEmpty() && numbers.get(numbers.size() - 1) <= last) {
      files.delete(folder, false);
    }
  }
}
