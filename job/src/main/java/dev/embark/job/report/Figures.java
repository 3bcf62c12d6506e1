package dev.embark.job.report;

import java.util.Locale;

/** Formats numbers for people, independent of the locale. */
public final class Figures {
  private static final String[] BINARY_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final String[] SHORT_UNITS = {"", "k", "M", "G", "T"};

  private Figures() {}

  /** Returns a count with thousands separators: {@code 1,234,567}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Returns a count in at most five characters: {@code 950}, {@code 1.2k}, {@code 34M}. */
  public static String shortCount(double count) {
    int unit = 0;
    double value = count;
    while (value >= 999.5 && unit < SHORT_UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    String figures = String.format(Locale.ROOT, value >= 9.95 ? "%.0f" : "%.1f", value);
    return figures.replaceFirst("\\.0$", "") + SHORT_UNITS[unit];
  }

  /** Returns a short label for a power of two: {@code 512}, {@code 8k} for 8,192. */
  static String shortLabel(int power) {
    return power >= 1024 && power % 1024 == 0 ? power / 1024 + "k" : Integer.toString(power);
  }

  /** Returns a size in bytes with a binary unit: {@code 512 B}, {@code 43.3 MiB}. */
  public static String bytes(long bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, BINARY_UNITS[unit]);
  }

  /** Returns a duration: {@code 4.2 s}, {@code 3 min 07 s}, {@code 5 h 03 min}. */
  public static String duration(double seconds) {
    if (seconds < 59.95) {
      return String.format(Locale.ROOT, "%.1f s", seconds).replace(".0 s", " s");
    }
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%,d h %02d min", whole / 3600, whole % 3600 / 60);
  }

  /** Returns a percentage: {@code 12.3 %}; {@code 0 %} if the whole is 0. */
  public static String percent(long part, long whole) {
    double percent = whole == 0 ? 0 : 100.0 * part / whole;
    return String.format(
        Locale.ROOT, percent == Math.rint(percent) ? "%.0f %%" : "%.1f %%", percent);
  }
}
