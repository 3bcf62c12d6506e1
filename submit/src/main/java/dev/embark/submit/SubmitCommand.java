package dev.embark.submit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line of spark-submit.
 *
 * @param sparkSubmit the program
 * @param sparkOptions its options, ahead of the application
 * @param mainClass the class of the one jar to run
 * @param jar the one jar, as application jar
 * @param arguments the arguments of that class
 */
record SubmitCommand(
    Path sparkSubmit,
    List<String> sparkOptions,
    String mainClass,
    Path jar,
    List<String> arguments) {

  /** Returns the words to start a process with; no shell reads them. */
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
