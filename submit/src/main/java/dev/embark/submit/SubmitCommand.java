package dev.embark.submit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Command line of spark-submit.
 *
 * @param sparkSubmit path of the program
 * @param sparkOptions Spark options, which precede the application jar
 * @param mainClass main class in the one jar
 * @param jar the one jar, submitted as the application jar
 * @param arguments arguments of the main class
 */
record SubmitCommand(
    Path sparkSubmit,
    List<String> sparkOptions,
    String mainClass,
    Path jar,
    List<String> arguments) {

  /** Returns the command and its arguments for a process without a shell. */
  List<String> words() {
    List<String> words = new ArrayList<>();
    words.add(sparkSubmit.toString());
    words.addAll(sparkOptions);
    words.addAll(List.of("--class", mainClass));
    words.add(jar.toString());
    words.addAll(arguments);
    return words;
  }
}
