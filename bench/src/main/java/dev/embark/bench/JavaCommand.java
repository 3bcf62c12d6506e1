package dev.embark.bench;

import dev.embark.bench.side.SideMain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Command that starts a side written in Java, on the Java of this process.
 *
 * @param arguments of the JVM, a file: what Spark and Arrow open
 * @param temporary for what a side unpacks: some leave it behind
 */
record JavaCommand(Path arguments, Path temporary) {

  /** The words that start a side with arguments of its own. */
  List<String> of(String classPath, String side, List<String> more) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + arguments);
    command.add("-Djava.io.tmpdir=" + temporary);
    command.addAll(List.of("-Xmx2g", "-cp", classPath, SideMain.class.getName(), side));
    command.addAll(more);
    return command;
  }

  /** The same with the class path of this process. */
  List<String> of(Class<?> side, List<String> more) {
    return of(System.getProperty("java.class.path"), side.getName(), more);
  }
}
