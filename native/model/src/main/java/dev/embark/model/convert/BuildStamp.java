package dev.embark.model.convert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Up-to-date check of a build output: records the arguments, and size and time of each input and of
 * the classes that do the work. An output with an equal stamp need not be rebuilt.
 *
 * @param text the stamp, compared as a whole
 */
record BuildStamp(String text) {

  /** Returns the stamp of the current arguments, inputs and classes. */
  static BuildStamp of(String[] args, List<Path> inputs, List<Class<?>> workers)
      throws IOException {
    StringBuilder text = new StringBuilder(Arrays.toString(args)).append('\n');
    for (Path input : inputs) {
      text.append(describe(input));
    }
    for (Class<?> worker : workers) {
      text.append(describe(home(worker)));
    }
    return new BuildStamp(text.toString());
  }

  /** Returns whether all outputs exist and the file contains this stamp. */
  boolean isIn(Path file, List<Path> outputs) throws IOException {
    return outputs.stream().allMatch(Files::isRegularFile)
        && Files.isRegularFile(file)
        && Files.readString(file).equals(text + described(outputs));
  }

  /** Writes this stamp together with the current state of the outputs. */
  void writeTo(Path file, List<Path> outputs) throws IOException {
    Files.writeString(file, text + described(outputs));
  }

  private static String described(List<Path> outputs) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path output : outputs) {
      text.append(describe(output));
    }
    return text.toString();
  }

  /** Returns the jar of a class, or the directory with the classes of its package. */
  private static Path home(Class<?> worker) throws IOException {
    try {
      Path source = Path.of(worker.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.isDirectory(source)
          ? source.resolve(worker.getPackageName().replace('.', '/'))
          : source;
    } catch (URISyntaxException e) {
      throw new IOException("the classes of " + worker + " are not in a file", e);
    }
  }

  private static String describe(Path place) throws IOException {
    try (Stream<Path> files = Files.walk(place)) {
      return files
          .filter(Files::isRegularFile)
          .sorted()
          .map(BuildStamp::line)
          .collect(Collectors.joining());
    }
  }

  private static String line(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
