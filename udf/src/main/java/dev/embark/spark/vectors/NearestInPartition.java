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
 * over the documents of a block, whose vectors are in the order {@link
 * VectorBlock.Order#BY_DIMENSION}, so that the JIT compiler vectorises them; each pass adds four
 * dimensions.
 */
final class NearestInPartition {
  private final int k;
  private final Metric metric;

  // By the key of a block's first query.
  private final Map<Long, Search> searches = new LinkedHashMap<>();
  private final float[] scores = new float[VectorBlock.ROWS];

  NearestInPartition(int k, Metric metric) {
    this.k = k;
    this.metric = metric;
  }

  /** A document and its score, of which a larger one is nearer. */
  private record Candidate(float score, Row document) {}

  /** The queries of a block and the nearest documents so far, of each the worst first. */
  private record Search(VectorBlock queries, List<PriorityQueue<Candidate>> nearest) {}

  /**
   * @param pairs block of documents by dimension, then block of queries by row, in each row
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
    float[][] dimensions = documents.dimensions();
    for (int q = 0; q < search.queries.rows().size(); q++) {
      score(search.queries.vectors(), q * length, dimensions, documents.rows().size());
      keepNearest(search.nearest.get(q), documents);
    }
  }

  /** Scores of one query, whose vector begins at {@code from}. */
  private void score(float[] queries, int from, float[][] documents, int count) {
    Arrays.fill(scores, 0, count, 0);
    int d = 0;
    for (; d + 4 <= documents.length; d += 4) {
      if (metric == Metric.L2) {
        subtractSquares(queries, from + d, documents, d, count);
      } else {
        addProducts(queries, from + d, documents, d, count);
      }
    }
    for (; d < documents.length; d++) {
      float q = queries[from + d];
      float[] x = documents[d];
      for (int i = 0; i < count; i++) {
        scores[i] += metric == Metric.L2 ? -(q - x[i]) * (q - x[i]) : q * x[i];
      }
    }
  }

  private void addProducts(float[] query, int q, float[][] documents, int d, int count) {
    float[] sums = scores;
    float q0 = query[q];
    float q1 = query[q + 1];
    float q2 = query[q + 2];
    float q3 = query[q + 3];
    float[] x0 = documents[d];
    float[] x1 = documents[d + 1];
    float[] x2 = documents[d + 2];
    float[] x3 = documents[d + 3];
    for (int i = 0; i < count; i++) {
      sums[i] += q0 * x0[i] + q1 * x1[i] + q2 * x2[i] + q3 * x3[i];
    }
  }

  private void subtractSquares(float[] query, int q, float[][] documents, int d, int count) {
    float[] sums = scores;
    float q0 = query[q];
    float q1 = query[q + 1];
    float q2 = query[q + 2];
    float q3 = query[q + 3];
    float[] x0 = documents[d];
    float[] x1 = documents[d + 1];
    float[] x2 = documents[d + 2];
    float[] x3 = documents[d + 3];
    for (int i = 0; i < count; i++) {
      float d0 = q0 - x0[i];
      float d1 = q1 - x1[i];
      float d2 = q2 - x2[i];
      float d3 = q3 - x3[i];
      sums[i] -= d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
    }
  }

  private void keepNearest(PriorityQueue<Candidate> nearest, VectorBlock documents) {
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
