package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class SearchNotebookTest {
  @RegisterExtension static final Notebook notebook = Notebook.run("02_semantic_search.sql");

  @Test
  void theQuestionFindsTheTicketThatSaysItInOtherWords() {
    assertThat(notebook.<String>column("Nearest to a question", "body"))
        .hasSize(3)
        .first()
        .isEqualTo("My credit card was charged twice for the same invoice.");
  }

  @Test
  void aConditionOnAnotherColumnHolds() {
    assertThat(notebook.<String>column("Nearest among open tickets", "status"))
        .containsOnly("open");
    assertThat(notebook.<Integer>column("Nearest among open tickets", "id"))
        .containsExactlyInAnyOrder(1, 3);
  }

  @Test
  void eachQuestionFindsTwoTicketsOfItsTopic() {
    List<Row> rows = notebook.rows("The two nearest of each question");

    assertThat(rows)
        .extracting(row -> row.<String>getAs("question") + " " + row.<Integer>getAs("rank"))
        .doesNotHaveDuplicates()
        .hasSize(6);
    assertThat(rows)
        .filteredOn(row -> row.<Integer>getAs("rank") == 1)
        .extracting(row -> row.<String>getAs("topic"))
        .containsExactly("billing", "app", "delivery");
  }

  @Test
  void theClosestPairIsOnOneTopic() {
    Row closest = notebook.rows("Pairs that are close").get(0);

    assertThat(closest.<Float>getAs("similarity")).isBetween(0.4f, 0.99f);
    assertThat(closest.<String>getAs("one")).contains("password");
    assertThat(closest.<String>getAs("other")).contains("password");
  }

  @Test
  void theMapsAxesAreThePrincipalComponentsOfTheVectors() {
    double[][] vectors = centred();
    double total = 0;
    for (double[] vector : vectors) {
      total += dot(vector, vector);
    }
    double[] axis = principal(vectors);
    double largest = variance(vectors, axis);
    for (double[] vector : vectors) {
      double along = dot(vector, axis);
      Arrays.setAll(vector, j -> vector[j] - along * axis[j]);
    }
    double second = variance(vectors, principal(vectors));

    Row axes = notebook.spark().sql("SELECT variances, variance FROM map_axes").first();

    assertThat(axes.<Double>getList(0).get(0)).isCloseTo(largest, within(1e-4));
    assertThat(axes.<Double>getList(0).get(1)).isCloseTo(second, within(1e-4));
    assertThat(axes.getDouble(1)).isCloseTo(total, within(1e-4));
    assertThat(notebook.rows("How much of the variance the map shows").get(0).getDouble(0))
        .isBetween(0.1, 1.0);
  }

  @Test
  void theMapHasADotForEachTicketInsideTheFrame() throws Exception {
    String svg = notebook.rows("Map").get(0).getString(0);
    Files.writeString(Path.of("target", "map.svg"), svg);

    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)));

    assertThat(document.getElementsByTagName("title").getLength()).isEqualTo(20);
    var circles = document.getElementsByTagName("circle");
    assertThat(circles.getLength()).as("20 tickets and 4 topics").isEqualTo(24);
    for (int i = 0; i < circles.getLength(); i++) {
      var attributes = circles.item(i).getAttributes();
      assertThat(Integer.parseInt(attributes.getNamedItem("cx").getNodeValue())).isBetween(40, 750);
      assertThat(Integer.parseInt(attributes.getNamedItem("cy").getNodeValue())).isBetween(40, 400);
    }
  }

  /** The vectors of the tickets less their mean, in the order of their ids. */
  private static double[][] centred() {
    List<double[]> vectors = new ArrayList<>();
    for (Row row :
        notebook.spark().sql("SELECT embedding FROM ticket_vectors ORDER BY id").collectAsList()) {
      vectors.add(row.<Float>getList(0).stream().mapToDouble(Float::doubleValue).toArray());
    }
    double[][] centred = vectors.toArray(double[][]::new);
    for (int j = 0; j < centred[0].length; j++) {
      double mean = 0;
      for (double[] vector : centred) {
        mean += vector[j] / centred.length;
      }
      for (double[] vector : centred) {
        vector[j] -= mean;
      }
    }
    return centred;
  }

  /** The unit vector along which {@code vectors} vary most: here by the d × d side, not n × n. */
  private static double[] principal(double[][] vectors) {
    double[] axis = new double[vectors[0].length];
    Arrays.setAll(axis, j -> Math.cos(j));
    for (int step = 0; step < 500; step++) {
      double[] turned = new double[axis.length];
      for (double[] vector : vectors) {
        double along = dot(vector, axis);
        for (int j = 0; j < turned.length; j++) {
          turned[j] += along * vector[j];
        }
      }
      double length = Math.sqrt(dot(turned, turned));
      for (int j = 0; j < turned.length; j++) {
        axis[j] = turned[j] / length;
      }
    }
    return axis;
  }

  private static double variance(double[][] vectors, double[] axis) {
    double sum = 0;
    for (double[] vector : vectors) {
      sum += dot(vector, axis) * dot(vector, axis);
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
