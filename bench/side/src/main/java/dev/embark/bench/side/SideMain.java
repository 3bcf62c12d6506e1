package dev.embark.bench.side;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The process of a side that is written in Java; the package describes its commands and replies.
 */
public final class SideMain {
  /** Prefix of every reply. */
  public static final String REPLY = "@side\t";

  private final Side side;
  private final PrintStream replies;
  private final Map<String, Side.Work> works = new HashMap<>();

  private SideMain(Side side, PrintStream replies) {
    this.side = side;
    this.replies = replies;
  }

  /** Serves the side whose class is named first, with the rest as its arguments, until its end. */
  public static void main(String[] arguments) {
    PrintStream replies = System.out;
    System.setOut(System.err);
    serve(
        List.of(arguments),
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
        replies);
    // Sides may leave threads behind that would keep the process.
    System.exit(0);
  }

  /** Makes the side, then answers each line of {@code commands}. */
  static void serve(List<String> arguments, BufferedReader commands, PrintStream replies) {
    try (Side side = make(arguments.get(0), arguments.subList(1, arguments.size()))) {
      reply(replies, "ready");
      new SideMain(side, replies).answer(commands);
    } catch (Exception | LinkageError e) {
      fail(replies, e);
    }
  }

  private static Side make(String className, List<String> arguments) throws Exception {
    try {
      return Class.forName(className)
          .asSubclass(Side.class)
          .getConstructor(List.class)
          .newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private void answer(BufferedReader commands) throws IOException {
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split("\t", -1);
      if (words[0].equals("quit")) {
        return;
      }
      try {
        reply(replies, "done\t" + execute(words));
      } catch (Exception | LinkageError e) {
        fail(replies, e);
      }
    }
  }

  private long execute(String[] words) throws Exception {
    return switch (words[0]) {
      case "prepare" -> {
        List<String> texts = read(Path.of(words[2]), Integer.parseInt(words[3]));
        works.put(words[1], side.prepare(words[1], texts, Integer.parseInt(words[4])));
        yield Side.TOKENS_UNKNOWN;
      }
      case "run" -> works.get(words[1]).run();
      case "vectors" -> {
        Vectors.write(Path.of(words[2]), works.get(words[1]).vectors());
        yield Side.TOKENS_UNKNOWN;
      }
      default -> throw new IllegalArgumentException("There is no command " + words[0] + ".");
    };
  }

  private static List<String> read(Path file, int count) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return lines.limit(count).toList();
    }
  }

  private static void fail(PrintStream replies, Throwable error) {
    String cause = error.getCause() == null ? "" : ", because " + firstLine(error.getCause());
    reply(replies, "failed\t" + firstLine(error) + cause);
  }

  private static String firstLine(Throwable error) {
    return error.toString().lines().findFirst().orElse("");
  }

  private static void reply(PrintStream replies, String reply) {
    replies.println(REPLY + reply);
    replies.flush();
  }
}
