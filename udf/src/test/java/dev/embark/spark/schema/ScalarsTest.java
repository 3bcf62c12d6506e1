package dev.embark.spark.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ScalarsTest {
  @Test
  void aDateIsOneOfTheCalendar() {
    Pattern day = regex(Scalars.DAY.body());
    for (int year : List.of(1000, 1100, 1200, 1582, 1900, 1999, 2000, 2023, 2024, 2100, 2400)) {
      for (int month = 0; month <= 13; month++) {
        for (int of = 0; of <= 32; of++) {
          String text = "%d-%02d-%02d".formatted(year, month, of);
          assertThat(day.matcher('"' + text + '"').matches())
              .as(text)
              .isEqualTo(exists(year, month, of));
        }
      }
    }
  }

  private static boolean exists(int year, int month, int day) {
    try {
      LocalDate.of(year, month, day);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  @Test
  void aMomentIsATimeOfADate() {
    Pattern moment = regex(Scalars.MOMENT.body());

    assertThat(List.of("2024-02-29T00:00:00", "1999-12-31T23:59:59"))
        .allSatisfy(text -> assertThat(moment.matcher('"' + text + '"').matches()).isTrue());
    assertThat(
            List.of(
                "2024-02-29T24:00:00", "2024-02-29T00:60:00", "2023-02-29T00:00:00", "2024-02-29"))
        .allSatisfy(text -> assertThat(moment.matcher('"' + text + '"').matches()).isFalse());
  }

  @Test
  void integersOfARangeAreExactlyThose() {
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      int a = random.nextInt(-1300, 1300);
      int b = i % 10 == 0 ? a : random.nextInt(-1300, 1300);
      int min = Math.min(a, b);
      int max = Math.max(a, b);
      Pattern range = integers(min, max);
      for (int n = -1400; n <= 1400; n += random.nextInt(1, 4)) {
        boolean within = n >= min && n <= max;
        if (range.matcher(Integer.toString(n)).matches() != within) {
          throw new AssertionError(n + " in " + min + " to " + max + ": " + range);
        }
      }
      assertThat(range.matcher(Integer.toString(min)).matches()).isTrue();
      assertThat(range.matcher(Integer.toString(max)).matches()).isTrue();
      assertThat(range.matcher("-0").matches()).isFalse();
      assertThat(range.matcher("007").matches()).isFalse();
    }
  }

  @Test
  void integersOfATypeEndAtItsBounds() {
    Pattern range = integers(Integer.MIN_VALUE, Integer.MAX_VALUE);

    assertThat(List.of("2147483647", "-2147483648", "0", "999999999", "-1"))
        .allSatisfy(text -> assertThat(range.matcher(text).matches()).isTrue());
    assertThat(List.of("2147483648", "-2147483649", "9999999999", "00", "1.0", ""))
        .allSatisfy(text -> assertThat(range.matcher(text).matches()).isFalse());
    assertThat(integers(Long.MIN_VALUE, Long.MAX_VALUE).matcher("9223372036854775808").matches())
        .isFalse();
  }

  private static Pattern integers(long min, long max) {
    return regex(Scalars.integers(BigInteger.valueOf(min), BigInteger.valueOf(max)).body());
  }

  /** The regular expression of a body, whose literals, classes and repetitions mean the same. */
  private static Pattern regex(String body) {
    Matcher literals = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"| ").matcher(body);
    return Pattern.compile(
        literals.replaceAll(
            found ->
                found.group(1) == null
                    ? ""
                    : Matcher.quoteReplacement(
                        "(?:" + Pattern.quote(found.group(1).replace("\\\"", "\"")) + ")")));
  }
}
