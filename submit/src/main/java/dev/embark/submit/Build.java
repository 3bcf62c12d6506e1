package dev.embark.submit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Build metadata of the running jar.
 *
 * @param version version of Embark
 * @param sparkVersion Spark version of the assembled home
 * @param jar path of the jar that contains this class
 */
record Build(String version, String sparkVersion, Path jar) {

  /** Reads the metadata that the build wrote into the jar. */
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
      throw new IllegalStateException("The jar has no file path", e);
    }
  }

  /** Returns the path of the Spark home assembled by the build, next to the jar. */
  Path assembledSparkHome() {
    return jar.resolveSibling("spark-" + sparkVersion);
  }

  /** Returns where a checkout has the settings by which packages are found. */
  Path ivySettings() {
    return jar.resolveSibling("../conf/ivysettings.xml").normalize();
  }
}
