package dev.embark.job.cli;

import dev.embark.engine.rows.EmbarkException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Converts an exception into the one-sentence message shown to the user. */
public final class Failures {
  private static final Pattern TYPE_ALONE = Pattern.compile("[\\w.$]+(Exception|Error)");
  private static final Pattern POSITION = Pattern.compile("[.;]*; line (\\d+) pos (\\d+);?$");
  private static final Pattern FILE_READ =
      Pattern.compile("while reading file (\\S+?)[.,]*(\\s|$)");
  private static final Pattern SQL_STATE = Pattern.compile("\\s*SQLSTATE: \\w+");

  private Failures() {}

  /**
   * Returns a one-line description of a failure: the message of the first {@link UserError} or
   * {@link EmbarkException} in the cause chain, or else the first line of the innermost cause. The
   * file that Spark was reading is named. Query plans and stack traces that Spark adds to its
   * messages are dropped and credentials are redacted.
   */
  public static String sentence(Throwable thrown) {
    return Secrets.redacted(innermostSentence(thrown));
  }

  private static String innermostSentence(Throwable thrown) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Throwable innermost = thrown;
    String file = "";
    for (Throwable t = thrown; t != null && seen.add(t); t = t.getCause()) {
      if (t instanceof UserError || t instanceof EmbarkException) {
        return String.valueOf(t.getMessage());
      }
      innermost = t;
      Matcher reading = FILE_READ.matcher(String.valueOf(t.getMessage()));
      file = reading.find() ? reading.group(1) : file;
    }
    String line = firstLine(innermost.getMessage());
    String sentence = line.isEmpty() ? innermost.getClass().getSimpleName() : line;
    return file.isEmpty() || sentence.contains(file) ? sentence : file + ": " + sentence;
  }

  private static String firstLine(String message) {
    if (message == null) {
      return "";
    }
    return message
        .lines()
        .map(line -> SQL_STATE.matcher(line).replaceFirst("").strip())
        .map(line -> POSITION.matcher(line).replaceFirst(" (line $1, pos $2)"))
        .filter(line -> !line.isEmpty() && !TYPE_ALONE.matcher(line).matches())
        .findFirst()
        .map(line -> line.endsWith(";") ? line.substring(0, line.length() - 1) : line)
        .orElse("");
  }
}
