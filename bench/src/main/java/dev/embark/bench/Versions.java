package dev.embark.bench;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;

/** Versions of the software in the comparison, known from the build. */
final class Versions {
  private Versions() {}

  /** Version by name. */
  static Map<String, String> read() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
      properties.load(in);
    }
    Map<String, String> versions = new LinkedHashMap<>();
    for (String name : new TreeSet<>(properties.stringPropertyNames())) {
      versions.put(name, properties.getProperty(name));
    }
    versions.put("java", System.getProperty("java.vm.version"));
    return versions;
  }
}
