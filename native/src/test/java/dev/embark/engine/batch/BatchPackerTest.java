package dev.embark.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchPackerTest {

  /** Lengths, a packing, a budget and a sequence limit that a seed gives. */
  private record Case(Packing packing, int[] lengths, int budget, int maxSequences) {
    static Case of(long seed) {
      Random random = new Random(seed);
      int budget = 1 + random.nextInt(600);
      int longest = 1 + random.nextInt(budget * 3 / 2 + 1);
      int[] lengths = random.ints(random.nextInt(400), 1, longest + 1).toArray();
      Packing packing = Packing.values()[(int) (seed % 3)];
      return new Case(packing, lengths, budget, 1 + random.nextInt(40));
    }

    List<PackedBatch> pack() {
      return new BatchPacker(packing, budget, maxSequences).pack(lengths);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597})
  void everySequenceIsInOneBatchWithinTheLimits(long seed) {
    for (long i = 0; i < 50; i++) {
      Case given = Case.of(seed * 1_000_003 + i);
      List<PackedBatch> batches = given.pack();

      assertThat(batches.stream().flatMapToInt(batch -> Arrays.stream(batch.sequences())).sorted())
          .containsExactlyElementsOf(IntStream.range(0, given.lengths.length).boxed().toList());
      for (PackedBatch batch : batches) {
        int tokens = Arrays.stream(batch.sequences()).map(s -> given.lengths[s]).sum();
        assertThat(batch.tokens()).isEqualTo(tokens);
        assertThat(batch.sequences()).hasSizeBetween(1, given.maxSequences);
        if (batch.sequences().length > 1) {
          assertThat(tokens).isLessThanOrEqualTo(given.budget);
          assertThat(given.packing).isNotEqualTo(Packing.SEQUENCE);
        }
        if (given.packing == Packing.EQUAL) {
          assertThat(Arrays.stream(batch.sequences()).map(s -> given.lengths[s]).distinct())
              .hasSize(1);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 9, 16, 25, 36, 49, 64, 81, 100, 121})
  void thereAreNoMoreBatchesThanFirstFitMakesInTheSameOrder(long seed) {
    int packed = 0;
    int needed = 0;
    for (long i = 0; i < 50; i++) {
      Case given = Case.of(seed * 7_919 + i);
      packed += given.pack().size();
      needed += firstFit(given);
      assertThat(packed).isEqualTo(needed);
    }
    assertThat(packed).isGreaterThan(50);
  }

  @Test
  void sequencesOfOneLengthStayInTheirOrder() {
    List<PackedBatch> batches =
        new BatchPacker(Packing.SIMPLE, 10, 3).pack(new int[] {2, 9, 2, 2, 2, 1});

    assertThat(batches).extracting(PackedBatch::sequences).hasSize(3);
    assertThat(batches.get(0).sequences()).containsExactly(5, 0, 2);
    assertThat(batches.get(1).sequences()).containsExactly(3, 4);
    assertThat(batches.get(2).sequences()).containsExactly(1);
  }

  @Test
  void aSequenceAboveTheBudgetGoesAlone() {
    List<PackedBatch> batches =
        new BatchPacker(Packing.SIMPLE, 10, 256).pack(new int[] {11, 3, 500, 3});

    assertThat(batches).hasSize(3);
    assertThat(batches.get(0).sequences()).containsExactly(1, 3);
    assertThat(batches.get(1).sequences()).containsExactly(0);
    assertThat(batches.get(2).sequences()).containsExactly(2);
    assertThat(batches.get(2).tokens()).isEqualTo(500);
  }

  @Test
  void equalPacksSequencesOfOneLengthAndSequencePacksNone() {
    int[] lengths = {2, 3, 2, 3, 2, 3, 3};
    assertThat(new BatchPacker(Packing.EQUAL, 9, 256).pack(lengths))
        .extracting(PackedBatch::tokens)
        .containsExactly(6, 9, 3);
    assertThat(new BatchPacker(Packing.SEQUENCE, 9, 256).pack(lengths))
        .extracting(batch -> batch.sequences()[0])
        .containsExactly(0, 2, 4, 1, 3, 5, 6);
  }

  @Test
  void noSequencesMakeNoBatches() {
    assertThat(new BatchPacker(Packing.SIMPLE, 10, 2).pack(new int[0])).isEmpty();
  }

  /** Batches when each sequence, shortest first, goes into the first batch with room. */
  private static int firstFit(Case given) {
    List<int[]> batches = new ArrayList<>(); // {tokens, sequences, longest} of each
    for (int length : Arrays.stream(given.lengths).sorted().toArray()) {
      batches.stream()
          .filter(batch -> batch[0] + length <= given.budget && batch[1] < given.maxSequences)
          .filter(
              batch ->
                  switch (given.packing) {
                    case SIMPLE -> true;
                    case EQUAL -> batch[2] == length;
                    case SEQUENCE -> false;
                  })
          .findFirst()
          .ifPresentOrElse(
              batch -> {
                batch[0] += length;
                batch[1]++;
                batch[2] = length;
              },
              () -> batches.add(new int[] {length, 1, length}));
    }
    return batches.size();
  }
}
