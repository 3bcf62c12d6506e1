package dev.embark.engine.jinja.values;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Formats of texts and dates: {@code %}, {@code str.format} and {@code strftime}. Stateless. */
public final class Formats {
  private Formats() {}

  /** Formats with Python's operator {@code %}; knows %s, %r, %d and %%. */
  public static Text percent(Text format, Object argument) {
    List<?> values = argument instanceof List<?> list ? list : Arrays.asList(argument);
    TextBuilder out = new TextBuilder();
    int used = 0;
    int from = 0;
    for (int at = format.chars().indexOf('%'); at >= 0; at = format.chars().indexOf('%', from)) {
      char kind = at + 1 < format.length() ? format.chars().charAt(at + 1) : ' ';
      out.append(format.slice(from, at));
      if (kind == '%') {
        out.append("%");
      } else if ("srdi".indexOf(kind) < 0 || used == values.size()) {
        throw new JinjaException("a format has no value, or one other than %s, %r and %d");
      } else {
        Object value = values.get(used++);
        out.append(kind == 'r' ? Values.represented(value) : Values.written(value));
      }
      from = at + 2;
    }
    return out.append(format.slice(from, format.length())).build();
  }

  /** Formats with {@code str.format}; knows {}, {0}, {name} and the doubled braces. */
  public static Text braces(Text format, Arguments arguments) {
    TextBuilder out = new TextBuilder();
    String chars = format.chars();
    int used = 0;
    int from = 0;
    for (int at = 0; at < chars.length(); at++) {
      char c = chars.charAt(at);
      if (c != '{' && c != '}') {
        continue;
      }
      out.append(format.slice(from, at));
      if (at + 1 < chars.length() && chars.charAt(at + 1) == c) {
        out.append(String.valueOf(c));
        at++;
      } else {
        int end = chars.indexOf('}', at);
        if (c == '}' || end < 0) {
          throw new JinjaException("a format has a brace without its other one");
        }
        String field = chars.substring(at + 1, end);
        boolean isIndex = field.matches("\\d{0,4}");
        int index =
            field.isEmpty() ? used++ : isIndex ? Integer.parseInt(field) : Integer.MAX_VALUE;
        if (index >= arguments.size() && !arguments.named().containsKey(field)) {
          throw new JinjaException("a format has a field without a value");
        }
        out.append(Values.written(arguments.get(index, field)));
        at = end;
      }
      from = at + 1;
    }
    return out.append(format.slice(from, chars.length())).build();
  }

  /** Formats a time in UTC as C's {@code strftime} does in the locale C. */
  public static Text date(Instant now, String format) {
    ZonedDateTime time = now.atZone(ZoneOffset.UTC);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char field = format.charAt(++i);
      boolean unpadded = field == '-' && i + 1 < format.length();
      if (unpadded) {
        field = format.charAt(++i);
      }
      String pattern =
          switch (field) {
            case 'Y' -> "yyyy";
            case 'y' -> "yy";
            case 'm' -> unpadded ? "M" : "MM";
            case 'd' -> unpadded ? "d" : "dd";
            case 'e' -> "ppd";
            case 'b', 'h' -> "MMM";
            case 'B' -> "MMMM";
            case 'a' -> "EEE";
            case 'A' -> "EEEE";
            case 'H' -> unpadded ? "H" : "HH";
            case 'I' -> unpadded ? "h" : "hh";
            case 'M' -> unpadded ? "m" : "mm";
            case 'S' -> unpadded ? "s" : "ss";
            case 'p' -> "a";
            case 'j' -> unpadded ? "D" : "DDD";
            case 'F' -> "yyyy-MM-dd";
            case 'T' -> "HH:mm:ss";
            case 'D' -> "MM/dd/yy";
            case 'Z' -> "'UTC'";
            case 'z' -> "'+0000'";
            case '%' -> "'%'";
            case 'n' -> "'\n'";
            default -> throw new JinjaException("strftime_now has an unknown field");
          };
      out.append(DateTimeFormatter.ofPattern(pattern, Locale.US).format(time));
    }
    return Text.of(out.toString());
  }
}
