package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SQL in the README and the guides is executed, Java compiled, SQL in Python executed. */
class CodeBlocksTest {
  private static SparkSession spark;

  @BeforeAll
  static void makeTheTablesThatTheyRead() {
    spark = LocalSpark.start();
    spark
        .sql("SELECT * FROM VALUES (1, 'a harbour in winter'), (2, 'rye bread') AS t(id, body)")
        .createOrReplaceTempView("docs");
    spark
        .sql("SELECT id, body, embed(body) AS embedding, 1 AS embedding_version FROM docs")
        .createOrReplaceTempView("vectors");
    spark
        .sql("SELECT id, body, embed(body) AS expected FROM docs")
        .createOrReplaceTempView("checks");
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void everyStatementGivesRows() throws IOException {
    List<String> statements =
        blocks("sql").stream()
            .flatMap(block -> Pattern.compile(";\\s*").splitAsStream(block))
            .filter(statement -> !statement.isBlank())
            .toList();

    assertThat(statements).hasSizeGreaterThan(5);
    for (String statement : statements) {
      List<Row> rows = spark.sql(statement).collectAsList();
      assertThat(rows).as(statement).isNotEmpty();
      assertThat(rows.get(0).get(0)).as(statement).isNotNull();
    }
  }

  @Test
  void theSqlInPythonGivesRows() throws IOException {
    List<String> statements =
        blocks("python").stream()
            .flatMap(
                block -> Pattern.compile("spark\\.sql\\(\"([^\"]+)\"\\)").matcher(block).results())
            .map(found -> found.group(1))
            .toList();

    assertThat(statements).isNotEmpty();
    for (String statement : statements) {
      assertThat(spark.sql(statement).count()).as(statement).isEqualTo(2);
    }
  }

  @Test
  void theJavaCompiles(@TempDir Path folder) throws IOException {
    List<String> blocks = blocks("java");

    assertThat(blocks).isNotEmpty();
    for (String block : blocks) {
      assertThat(errors(block, folder)).as(block).isEmpty();
    }
    assertThat(errors("int a = Embark.nothing();", folder)).contains("nothing");
  }

  private static List<String> blocks(String language) throws IOException {
    List<String> blocks = new ArrayList<>(Markdown.of("README.md").blocks(language));
    for (Path file : Markdown.files(".md")) {
      if (file.startsWith(Markdown.ROOT.resolve("docs"))) {
        blocks.addAll(Markdown.read(file).blocks(language));
      }
    }
    return blocks;
  }

  private static String errors(String statements, Path folder) throws IOException {
    String source =
        """
        import dev.embark.spark.Embark;
        import java.util.Map;
        import org.apache.spark.sql.*;
        class Sample {
          void run(SparkSession spark, Dataset<Row> docs) {
            %s
          }
        }
        """
            .formatted(statements);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean compiles =
        compiler
            .getTask(
                said,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-nowarn",
                    "-d",
                    Files.createDirectories(folder.resolve("classes")).toString(),
                    "-cp",
                    System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"))),
                null,
                List.of(
                    new SimpleJavaFileObject(
                        URI.create("string:///Sample.java"), JavaFileObject.Kind.SOURCE) {
                      @Override
                      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                      }
                    }))
            .call();
    return compiles ? "" : said.toString();
  }
}
