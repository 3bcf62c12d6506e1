package dev.embark.job.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.embark.job.report.RunReport.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private final Timeline timeline = new Timeline();

  private void run(double seconds, double step, double tokensPerSecond) {
    for (int i = 1; i * step <= seconds; i++) {
      timeline.add(i * step, i, Math.round(i * step * tokensPerSecond));
    }
  }

  private static void assertNoGaps(List<Point> points) {
    for (int i = 1; i < points.size(); i++) {
      Point before = points.get(i - 1);
      assertThat(points.get(i).second())
          .isCloseTo(before.second() + before.seconds(), within(1e-6));
    }
  }

  @Test
  void nothingHasNoPointAndNoRate() {
    assertThat(timeline.points(1)).isEmpty();
    assertThat(timeline.tokensPerSecond(30)).isZero();
  }

  @Test
  void aShortRunHasAPointASecond() {
    run(5, 0.5, 1000);

    assertThat(timeline.points(1))
        .hasSize(5)
        .allSatisfy(point -> assertThat(point.tokensPerSecond()).isCloseTo(1000, within(1.0)));
  }

  @Test
  void pointsAreNotShorterThanAsked() {
    run(95, 0.5, 1000);

    List<Point> points = timeline.points(10);

    assertNoGaps(points);
    assertThat(points).allMatch(point -> point.seconds() >= 5).hasSizeBetween(9, 10);
  }

  @Test
  void aLongRunKeepsAllItsTokensInAFewPoints() {
    run(100_000, 0.5, 1000);

    List<Point> points = timeline.points(1);

    assertNoGaps(points);
    assertThat(points).hasSizeBetween(20, 61);
    assertThat(points.stream().mapToLong(Point::tokens).sum()).isEqualTo(100_000_000);
    assertThat(points)
        .allSatisfy(point -> assertThat(point.tokensPerSecond()).isCloseTo(1000, within(1.0)));
  }

  @Test
  void theRateIsThatOfLately() {
    run(60, 0.5, 1000);
    timeline.add(90, 200, 60_000 + 30 * 500);

    assertThat(timeline.tokensPerSecond(30)).isCloseTo(500, within(0.1));
    assertThat(timeline.tokensPerSecond(1000)).isCloseTo(75_000 / 90.0, within(0.1));
  }

  @Test
  void theRateIsNotZeroWhileAWindowOfRowsIsLongInTheMaking() {
    timeline.add(10, 100, 1000);
    run(60, 0.5, 0);

    assertThat(timeline.tokensPerSecond(30)).isCloseTo(1000 / 60.0, within(0.1));
    assertThat(timeline.lastCount()).isEqualTo(10);
  }

  @Test
  void countsReportedAtOnceAreSpreadOverTheirInterval() {
    timeline.add(10, 100, 1000);
    run(40, 0.5, 0);
    timeline.add(40.5, 400, 4050);

    assertThat(timeline.points(1))
        .hasSize(40)
        .allSatisfy(point -> assertThat(point.tokensPerSecond()).isCloseTo(100, within(2.0)));
  }

  @Test
  void countsThatFellAreNoNegativeRate() {
    timeline.add(1, 10, 100);
    timeline.add(2, 8, 90);

    assertThat(timeline.points(1)).extracting(Point::tokens).containsExactly(100L, 0L);
  }
}
