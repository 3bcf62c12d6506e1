package dev.embark.spark.compat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.rows.EmbarkException;
import org.junit.jupiter.api.Test;

class EmbarkBuildTest {
  @Test
  void jarIsOfTheScalaThatTheTestsRunOn() {
    assertThat(EmbarkBuild.wrongScala()).isEmpty();
    assertThat(EmbarkBuild.wrongScala("2.12", "2.12.18")).isEmpty();
  }

  @Test
  void jarOfAnotherScalaIsNamedWithBothVersions() {
    assertThat(EmbarkBuild.wrongScala("2.13", "2.12.18"))
        .get()
        .extracting(EmbarkException::getMessage)
        .asString()
        .startsWith("This jar of Embark is for Scala 2.13, but Spark ")
        .endsWith(" runs on Scala 2.12; use the jar for Scala 2.12.");
    assertThat(EmbarkBuild.wrongScala("2.1", "2.12.18")).isPresent();
  }
}
