package dev.embark.spark.schema;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.embark.spark.schema.Shape.Scalar;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Grammars of scalar values. Stateless. */
final class Scalars {
  static final Scalar BOOLEAN = new Scalar("\"true\" | \"false\"", 5);

  /** Finite numbers of 32 bits. */
  static final Scalar FLOAT =
      new Scalar("\"-\"? (\"0\" | [1-9] [0-9]{0,9}) (\".\" [0-9]{1,8})? ([eE] \"-\"? [0-9])?", 23);

  /** Finite numbers of 64 bits. */
  static final Scalar DOUBLE =
      new Scalar(
          "\"-\"? (\"0\" | [1-9] [0-9]{0,9}) (\".\" [0-9]{1,10})? ([eE] [-+]? [0-9]{1,2})?", 26);

  /** Integers of up to 18 digits, all of which a BIGINT holds. */
  static final Scalar LONG = new Scalar("\"0\" | \"-\"? [1-9] [0-9]{0,17}", 19);

  // Dates of the years 1000 to 2999 that exist: 29 February in leap years only.
  private static final String DATE =
      "[12] [0-9] [0-9] [0-9] \"-\" ((\"0\" [13578] | \"1\" [02]) \"-\" (\"0\" [1-9] | [12] [0-9]"
          + " | \"3\" [01]) | (\"0\" [469] | \"11\") \"-\" (\"0\" [1-9] | [12] [0-9] | \"30\")"
          + " | \"02-\" (\"0\" [1-9] | \"1\" [0-9] | \"2\" [0-8]))"
          + " | ([12] [0-9] (\"0\" [48] | [2468] [048] | [13579] [26])"
          + " | (\"12\" | \"16\" | \"20\" | \"24\" | \"28\") \"00\") \"-02-29\"";
  private static final String TIME =
      "([01] [0-9] | \"2\" [0-3]) \":\" [0-5] [0-9] \":\" [0-5] [0-9]";

  /** A string such as 2026-11-30. */
  static final Scalar DAY = new Scalar("\"\\\"\" (" + DATE + ") \"\\\"\"", 12);

  /** A string such as 2026-11-30T08:15:00. */
  static final Scalar MOMENT =
      new Scalar("\"\\\"\" (" + DATE + ") \"T\" " + TIME + " \"\\\"\"", 21);

  private static final String NINES = "9".repeat(20);
  private static final String ZEROS = "0".repeat(20);

  private Scalars() {}

  /** Decimal numbers of a precision and scale. */
  static Scalar decimal(int precision, int scale) {
    int whole = precision - scale;
    String digits = whole == 0 ? "\"0\"" : "(\"0\" | [1-9] [0-9]{0," + (whole - 1) + "})";
    String fraction = scale == 0 ? "" : " (\".\" [0-9]{1," + scale + "})?";
    return new Scalar(
        "\"-\"? " + digits + fraction, 1 + Math.max(1, whole) + (scale == 0 ? 0 : 1 + scale));
  }

  /** One of the given JSON values. */
  static Scalar oneOf(List<String> json) {
    return new Scalar(
        json.stream().map(Scalars::literal).collect(Collectors.joining(" | ")),
        json.stream().mapToInt(String::length).max().orElse(0));
  }

  /** The integers from {@code min} to {@code max}, which have up to 20 digits. */
  static Scalar integers(BigInteger min, BigInteger max) {
    List<String> ranges = new ArrayList<>();
    if (min.signum() < 0) {
      String from = max.signum() < 0 ? max.negate().toString() : "1";
      ranges(from, min.negate().toString()).forEach(range -> ranges.add("\"-\" " + range));
    }
    if (max.signum() >= 0) {
      ranges.addAll(ranges(min.max(BigInteger.ZERO).toString(), max.toString()));
    }
    return new Scalar(
        String.join(" | ", ranges), Math.max(min.toString().length(), max.toString().length()));
  }

  /** The numbers between two others without a sign, as one alternative for each length. */
  private static List<String> ranges(String from, String to) {
    List<String> ranges = new ArrayList<>();
    for (int n = from.length(); n <= to.length(); n++) {
      String low = n == from.length() ? from : "1" + ZEROS.substring(0, n - 1);
      String high = n == to.length() ? to : NINES.substring(0, n);
      ranges.add(range(low, high));
    }
    return ranges;
  }

  /** The numbers between two of the same length. */
  private static String range(String low, String high) {
    if (low.isEmpty()) {
      return "";
    }
    String lowRest = low.substring(1);
    String highRest = high.substring(1);
    String zeros = ZEROS.substring(0, lowRest.length());
    String nines = NINES.substring(0, lowRest.length());
    char first = low.charAt(0);
    char last = high.charAt(0);
    if (first == last) {
      return digit(first, first) + (lowRest.isEmpty() ? "" : " " + range(lowRest, highRest));
    }
    List<String> parts = new ArrayList<>();
    if (!lowRest.equals(zeros)) {
      parts.add(digit(first, first) + " " + range(lowRest, nines));
      first++;
    }
    boolean endsEarly = !highRest.equals(nines);
    if (endsEarly) {
      last--;
    }
    if (first <= last) {
      String any = lowRest.isEmpty() ? "" : " [0-9]{" + lowRest.length() + "}";
      parts.add(digit(first, last) + any);
    }
    if (endsEarly) {
      parts.add(digit(high.charAt(0), high.charAt(0)) + " " + range(zeros, highRest));
    }
    return "(" + String.join(" | ", parts) + ")";
  }

  private static String digit(char from, char to) {
    return from == to ? "\"" + from + "\"" : "[" + from + "-" + to + "]";
  }

  /** The JSON string of a text. */
  static String quoted(String text) {
    return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
  }

  /** The GBNF literal of a text without line ends or other control characters. */
  static String literal(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
