package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** The one jar contains everything that a cluster lacks and nothing that Spark provides. */
class OneJarIT {
  private static List<String> entries() throws IOException {
    try (JarFile jar = new JarFile(Embark.jar().toFile())) {
      return jar.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName).toList();
    }
  }

  @Test
  void classesAreOursJavacppsAndPicoclisOnly() throws IOException {
    assertThat(entries())
        .filteredOn(name -> name.endsWith(".class"))
        .allMatch(name -> name.matches("(dev/embark|org/bytedeco/javacpp|picocli)/.*"));
  }

  @Test
  void modelBindingAndServiceFileAreInIt() throws IOException {
    assertThat(entries())
        .anyMatch(name -> name.endsWith(".gguf"))
        .anyMatch(name -> name.matches("dev/embark/llama/.*libllama.*"))
        .anyMatch(name -> name.matches("org/bytedeco/javacpp/.*/libjnijavacpp\\.so"));
    try (JarFile jar = new JarFile(Embark.jar().toFile())) {
      ZipEntry service =
          jar.getEntry("META-INF/services/org.apache.spark.sql.SparkSessionExtensionsProvider");
      String providers =
          new String(jar.getInputStream(service).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(providers).contains("dev.embark.spark.");
    }
  }

  @Test
  void licencesAreKeptOnceEach() throws IOException {
    assertThat(entries())
        .doesNotHaveDuplicates()
        .contains(
            "META-INF/LICENSE",
            "META-INF/NOTICE",
            "META-INF/licenses/llama.cpp.txt",
            "META-INF/licenses/all-MiniLM-L6-v2.txt");
  }

  @Test
  void everyArtifactOfOthersHasItsLicenceInIt() throws IOException {
    List<String> shaded =
        Pattern.compile("<include>([\\w.-]+):([\\w.-]+)</include>")
            .matcher(Files.readString(Path.of("..", "pom.xml")))
            .results()
            .filter(include -> !include.group(1).equals("dev.embark"))
            .map(include -> include.group(2))
            .toList();

    assertThat(shaded).contains("javacpp", "picocli");
    try (JarFile jar = new JarFile(Embark.jar().toFile())) {
      for (String artifact : shaded) {
        ZipEntry licence = jar.getEntry("META-INF/licenses/" + artifact + ".txt");
        assertThat(licence).as("the licence of %s", artifact).isNotNull();
        assertThat(new String(jar.getInputStream(licence).readAllBytes(), StandardCharsets.UTF_8))
            .contains("Copyright", "License");
      }
      ZipEntry apache = jar.getEntry("META-INF/LICENSE");
      assertThat(new String(jar.getInputStream(apache).readAllBytes(), StandardCharsets.UTF_8))
          .contains("Apache License", "Version 2.0, January 2004");
    }
  }

  /** Required for reproducible builds: two builds of the same sources must be byte-identical. */
  @Test
  void ourEntriesContainNoBuildPathOrBuildTime() throws IOException {
    Path root = Path.of("").toAbsolutePath().getParent();
    Matcher timestamp =
        Pattern.compile("<project.build.outputTimestamp>(.*)Z</")
            .matcher(Files.readString(root.resolve("pom.xml")));
    assertThat(timestamp.find()).isTrue();
    try (JarFile jar = new JarFile(Embark.jar().toFile())) {
      for (ZipEntry entry : jar.stream().filter(e -> e.getName().contains("embark")).toList()) {
        assertThat(entry.getTimeLocal())
            .as("time of %s", entry)
            .isEqualTo(LocalDateTime.parse(timestamp.group(1)));
        String bytes =
            new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(bytes.contains(root.toString())).as("%s names %s", entry, root).isFalse();
      }
    }
  }

  @Test
  void signaturesAndModuleDescriptorsAreLeftOut() throws IOException {
    assertThat(entries())
        .noneMatch(name -> name.matches("META-INF/[^/]*\\.(SF|RSA|DSA)"))
        .noneMatch(name -> name.endsWith("module-info.class"));
  }
}
