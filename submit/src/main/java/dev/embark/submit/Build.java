package dev.embark.submit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Properties;

/**
 * What the build knows of itself.
 *
 * @param version Embark's version
 * @param sparkVersion the Spark that the assembled home has
 * @param jar the one jar that this class was loaded from
 */
record Build(String version, String sparkVersion, Path jar) {

  /** Reads what the build wrote into the jar. */
  static Build read() {
    Properties properties = new Properties();
    try (InputStream in = Build.class.getResourceAsStream("build.properties")) {
      properties.load(in);
      Path jar = Path.of(Build.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return new Build(
          properties.getProperty("version"), properties.getProperty("spark.version"), jar);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The jar lies at no path", e);
    }
  }

  /** Returns where the build assembles a Spark home: beside the jar. */
  Path assembledSparkHome() {
    return jar.resolveSibling("spark-" + sparkVersion);
  }

  /** Returns where a checkout has the settings by which packages are found. */
  Path ivySettings() {
    return jar.resolveSibling("../conf/ivysettings.xml").normalize();
  }
}
