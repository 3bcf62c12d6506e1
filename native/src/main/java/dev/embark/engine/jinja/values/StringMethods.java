package dev.embark.engine.jinja.values;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** Python's methods of strings. Stateless. */
public final class StringMethods {
  private StringMethods() {}

  /** Returns the method of a text; null if there is none of that name. */
  public static Callable of(Text text, String name) {
    return switch (name) {
      case "strip" -> (rendering, arguments) -> strip(text, arguments, true, true);
      case "lstrip" -> (rendering, arguments) -> strip(text, arguments, true, false);
      case "rstrip" -> (rendering, arguments) -> strip(text, arguments, false, true);
      case "split" -> (rendering, arguments) -> split(text, arguments);
      case "rsplit" -> (rendering, arguments) -> splitFromEnd(text, arguments);
      case "splitlines" ->
          (rendering, arguments) -> lines(text, arguments.flag(0, "keepends", false));
      case "startswith" ->
          (rendering, arguments) ->
              anyOf(arguments.get(0, "prefix"), part -> text.chars().startsWith(part));
      case "endswith" ->
          (rendering, arguments) ->
              anyOf(arguments.get(0, "suffix"), part -> text.chars().endsWith(part));
      case "removeprefix" ->
          (rendering, arguments) -> {
            Text prefix = arguments.text(0, "prefix");
            return text.chars().startsWith(prefix.chars())
                ? text.slice(prefix.length(), text.length())
                : text;
          };
      case "removesuffix" ->
          (rendering, arguments) -> {
            Text suffix = arguments.text(0, "suffix");
            return text.chars().endsWith(suffix.chars())
                ? text.slice(0, text.length() - suffix.length())
                : text;
          };
      case "replace" -> (rendering, arguments) -> replace(text, arguments);
      case "upper" -> (rendering, arguments) -> upper(text);
      case "lower" -> (rendering, arguments) -> lower(text);
      case "title" -> (rendering, arguments) -> title(text);
      case "capitalize" -> (rendering, arguments) -> capitalize(text);
      case "find" ->
          (rendering, arguments) -> codePoints(text, text.chars().indexOf(part(arguments)));
      case "rfind" ->
          (rendering, arguments) -> codePoints(text, text.chars().lastIndexOf(part(arguments)));
      case "index" ->
          (rendering, arguments) -> {
            int index = text.chars().indexOf(part(arguments));
            if (index < 0) {
              throw new JinjaException("a string lacks the part that index looks for");
            }
            return codePoints(text, index);
          };
      case "count" -> (rendering, arguments) -> count(text.chars(), part(arguments));
      case "join" -> (rendering, arguments) -> join(arguments.get(0, "iterable"), text);
      case "format" -> (rendering, arguments) -> Formats.braces(text, arguments);
      case "isdigit", "isdecimal", "isnumeric" -> is(text, Character::isDigit);
      case "isalpha" -> is(text, Character::isLetter);
      case "isalnum" -> is(text, Character::isLetterOrDigit);
      case "isspace" -> is(text, c -> Whitespace.is((char) c));
      case "isupper" ->
          (rendering, arguments) ->
              text.chars().equals(upper(text).chars()) && !text.equals(lower(text));
      case "islower" ->
          (rendering, arguments) ->
              text.chars().equals(lower(text).chars()) && !text.equals(upper(text));
      default -> null;
    };
  }

  private static String part(Arguments arguments) {
    return arguments.text(0, "sub").chars();
  }

  private static long codePoints(Text text, int index) {
    return index < 0 ? -1 : text.chars().codePointCount(0, index);
  }

  private static Callable is(Text text, IntPredicate condition) {
    return (rendering, arguments) ->
        !text.isEmpty() && text.chars().codePoints().allMatch(condition);
  }

  private static boolean anyOf(Object parts, Predicate<String> condition) {
    return parts instanceof List<?> list
        ? list.stream().anyMatch(part -> condition.test(Values.text(part).chars()))
        : condition.test(Values.text(parts).chars());
  }

  /** Removes white space, or the characters of an argument, from the ends. */
  public static Text strip(Text text, Arguments arguments, boolean left, boolean right) {
    Object given = arguments.get(0, "chars", null);
    String set = given == null ? null : Values.text(given).chars();
    String chars = text.chars();
    int from = 0;
    int to = chars.length();
    while (left && from < to && isIn(set, chars.charAt(from))) {
      from++;
    }
    while (right && to > from && isIn(set, chars.charAt(to - 1))) {
      to--;
    }
    return text.slice(from, to);
  }

  private static boolean isIn(String set, char c) {
    return set == null ? Whitespace.is(c) : set.indexOf(c) >= 0;
  }

  private static List<Object> split(Text text, Arguments arguments) {
    Object separator = arguments.get(0, "sep", null);
    int most = arguments.integer(1, "maxsplit", -1);
    if (separator == null) {
      return words(text, most);
    }
    String wanted = separator(separator);
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.chars().indexOf(wanted);
        at >= 0 && (most < 0 || parts.size() < most);
        at = text.chars().indexOf(wanted, from)) {
      parts.add(text.slice(from, at));
      Operators.limited(parts);
      from = at + wanted.length();
    }
    parts.add(text.slice(from, text.length()));
    return parts;
  }

  private static String separator(Object separator) {
    String wanted = Values.text(separator).chars();
    if (wanted.isEmpty()) {
      throw new JinjaException("split has an empty separator");
    }
    return wanted;
  }

  /**
   * Splits at white space.
   *
   * @param most number of splits, negative for any
   */
  static List<Object> words(Text text, int most) {
    List<Object> words = new ArrayList<>();
    String chars = text.chars();
    int from = Whitespace.startOfText(chars, 0);
    while (from < chars.length()) {
      int to = from;
      while (to < chars.length() && !Whitespace.is(chars.charAt(to))) {
        to++;
      }
      to = most >= 0 && words.size() == most ? chars.length() : to;
      words.add(text.slice(from, to));
      Operators.limited(words);
      from = Whitespace.startOfText(chars, to);
    }
    return words;
  }

  private static List<Object> splitFromEnd(Text text, Arguments arguments) {
    int most = arguments.integer(1, "maxsplit", -1);
    if (most < 0) {
      return split(text, arguments);
    }
    String wanted = separator(arguments.get(0, "sep"));
    List<Object> parts = new ArrayList<>();
    int to = text.length();
    while (parts.size() < most) {
      int at = text.chars().lastIndexOf(wanted, to - wanted.length());
      if (at < 0) {
        break;
      }
      parts.add(0, text.slice(at + wanted.length(), to));
      to = at;
    }
    parts.add(0, text.slice(0, to));
    return parts;
  }

  /** Splits at line breaks. */
  public static List<Object> lines(Text text, boolean keepsBreaks) {
    List<Object> lines = new ArrayList<>();
    String chars = text.chars();
    for (int from = 0; from < chars.length(); ) {
      int end = from;
      while (end < chars.length()
          && "\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(chars.charAt(end)) < 0) {
        end++;
      }
      int next = Math.min(chars.length(), chars.startsWith("\r\n", end) ? end + 2 : end + 1);
      lines.add(text.slice(from, keepsBreaks ? next : end));
      Operators.limited(lines);
      from = next;
    }
    return lines;
  }

  /** Replaces parts of a text. */
  public static Text replace(Text text, Arguments arguments) {
    String old = arguments.text(0, "old").chars();
    Text replacement = arguments.text(1, "new");
    Object given = arguments.get(2, "count", null);
    int most = given == null ? -1 : Values.integer(given);
    TextBuilder out = new TextBuilder();
    int from = 0;
    for (int n = 0; most < 0 || n < most; n++) {
      int at = text.chars().indexOf(old, old.isEmpty() ? Math.min(n, text.length()) : from);
      if (at < 0 || (old.isEmpty() && n > text.length())) {
        break;
      }
      out.append(text.slice(from, at)).append(replacement);
      from = at + old.length();
    }
    return out.append(text.slice(from, text.length())).build();
  }

  public static Text upper(Text text) {
    return text.rewritten(text.chars().toUpperCase(Locale.ROOT));
  }

  public static Text lower(Text text) {
    return text.rewritten(text.chars().toLowerCase(Locale.ROOT));
  }

  public static Text capitalize(Text text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.chars().offsetByCodePoints(0, 1);
    return upper(text.slice(0, first)).plus(lower(text.slice(first, text.length())));
  }

  public static Text title(Text text) {
    TextBuilder out = new TextBuilder();
    boolean inWord = false;
    for (Object item : Values.items(text)) {
      Text character = (Text) item;
      out.append(inWord ? lower(character) : upper(character));
      inWord = Character.isLetter(character.chars().codePointAt(0));
    }
    return out.build();
  }

  private static long count(String text, String part) {
    if (part.isEmpty()) {
      return text.codePointCount(0, text.length()) + 1L;
    }
    long n = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      n++;
    }
    return n;
  }

  /** Joins items, which have to be strings, as {@code str.join} does. */
  private static Text join(Object items, Text separator) {
    TextBuilder out = new TextBuilder();
    boolean first = true;
    for (Object item : Values.items(items)) {
      out.append(first ? Text.EMPTY : separator).append(Values.text(item));
      first = false;
    }
    return out.build();
  }
}
