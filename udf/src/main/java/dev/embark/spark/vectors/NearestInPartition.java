package dev.embark.spark.vectors;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.SparkConditions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The nearest documents of each query among the documents of one partition.
 *
 * <p>Scores are sums in single precision, as those of other exact searches. The inner loops run
 * over the documents of a block, whose vectors are transposed for that, so that the JIT compiler
 * makes vector instructions of them; four queries share each load of a document.
 */
final class NearestInPartition {
  private static final int QUERIES = 4;

  private final int k;
  private final Metric metric;

  // By the key of a block's first query.
  private final Map<Long, Search> searches = new LinkedHashMap<>();
  private final float[][] scores = new float[QUERIES][VectorBlock.ROWS];

  NearestInPartition(int k, Metric metric) {
    this.k = k;
    this.metric = metric;
  }

  /** A document and its score, of which a larger one is nearer. */
  private record Candidate(float score, Row document) {}

  /** The queries of a block and the nearest documents so far, of each the worst first. */
  private record Search(VectorBlock queries, List<PriorityQueue<Candidate>> nearest) {}

  /**
   * @param pairs block of documents, then block of queries, in each row
   * @return key of the query, query, document and score
   */
  Iterator<Row> search(Iterator<Row> pairs) {
    while (pairs.hasNext()) {
      Row pair = pairs.next();
      VectorBlock documents = VectorBlock.of(pair, 0);
      VectorBlock queries = VectorBlock.of(pair, 3);
      score(searches.computeIfAbsent(key(queries.rows().get(0)), key -> begin(queries)), documents);
    }
    return searches.values().stream().flatMap(this::rows).iterator();
  }

  private static long key(Row query) {
    return query.getLong(0);
  }

  private Search begin(VectorBlock queries) {
    List<PriorityQueue<Candidate>> nearest = new ArrayList<>();
    for (int i = 0; i < queries.rows().size(); i++) {
      nearest.add(new PriorityQueue<>(Comparator.comparingDouble(Candidate::score)));
    }
    return new Search(queries, nearest);
  }

  private void score(Search search, VectorBlock documents) {
    int length = documents.length();
    if (search.queries.length() != length) {
      throw SparkConditions.inTask(
          new EmbarkException(
              Condition.VECTOR_LENGTHS,
              Map.of(
                  "function",
                  "nearest",
                  "left",
                  Integer.toString(search.queries.length()),
                  "right",
                  Integer.toString(length))));
    }
    int count = documents.rows().size();
    float[] transposed = new float[documents.vectors().length];
    for (int i = 0; i < count; i++) {
      for (int d = 0; d < length; d++) {
        transposed[d * count + i] = documents.vectors()[i * length + d];
      }
    }
    int queries = search.queries.rows().size();
    for (int first = 0; first < queries; first += QUERIES) {
      score(search.queries.vectors(), first, queries, length, transposed, count);
      for (int q = first; q < Math.min(first + QUERIES, queries); q++) {
        keepNearest(search.nearest.get(q), scores[q - first], documents);
      }
    }
  }

  /** Scores of four queries; past the last query, of that one again. */
  private void score(
      float[] queries, int first, int end, int length, float[] documents, int count) {
    for (float[] each : scores) {
      Arrays.fill(each, 0, count, 0);
    }
    int row0 = first * length;
    int row1 = Math.min(first + 1, end - 1) * length;
    int row2 = Math.min(first + 2, end - 1) * length;
    int row3 = Math.min(first + 3, end - 1) * length;
    for (int d = 0; d < length; d++) {
      if (metric == Metric.L2) {
        addSquares(
            queries[row0 + d],
            queries[row1 + d],
            queries[row2 + d],
            queries[row3 + d],
            documents,
            d * count,
            count);
      } else {
        addProducts(
            queries[row0 + d],
            queries[row1 + d],
            queries[row2 + d],
            queries[row3 + d],
            documents,
            d * count,
            count);
      }
    }
  }

  private void addProducts(
      float q0, float q1, float q2, float q3, float[] documents, int from, int count) {
    float[] s0 = scores[0];
    float[] s1 = scores[1];
    float[] s2 = scores[2];
    float[] s3 = scores[3];
    for (int i = 0; i < count; i++) {
      float x = documents[from + i];
      s0[i] += q0 * x;
      s1[i] += q1 * x;
      s2[i] += q2 * x;
      s3[i] += q3 * x;
    }
  }

  private void addSquares(
      float q0, float q1, float q2, float q3, float[] documents, int from, int count) {
    float[] s0 = scores[0];
    float[] s1 = scores[1];
    float[] s2 = scores[2];
    float[] s3 = scores[3];
    for (int i = 0; i < count; i++) {
      float x = documents[from + i];
      s0[i] -= (q0 - x) * (q0 - x);
      s1[i] -= (q1 - x) * (q1 - x);
      s2[i] -= (q2 - x) * (q2 - x);
      s3[i] -= (q3 - x) * (q3 - x);
    }
  }

  private void keepNearest(
      PriorityQueue<Candidate> nearest, float[] scores, VectorBlock documents) {
    float least = nearest.size() < k ? Float.NEGATIVE_INFINITY : nearest.peek().score;
    for (int i = 0; i < documents.rows().size(); i++) {
      if (nearest.size() < k ? !Float.isNaN(scores[i]) : scores[i] > least) {
        nearest.add(new Candidate(scores[i], documents.rows().get(i)));
        if (nearest.size() > k) {
          nearest.poll();
        }
        least = nearest.peek().score;
      }
    }
  }

  private Stream<Row> rows(Search search) {
    return IntStream.range(0, search.nearest.size())
        .boxed()
        .flatMap(
            q -> {
              Row query = search.queries.rows().get(q);
              return search.nearest.get(q).stream()
                  .map(
                      found ->
                          RowFactory.create(
                              key(query),
                              query.get(1),
                              found.document,
                              metric == Metric.L2 ? (float) Math.sqrt(-found.score) : found.score));
            });
  }
}
