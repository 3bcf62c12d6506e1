package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VectorWriterTest {

  private BufferAllocator allocator;

  @BeforeEach
  void open() {
    allocator = new RootAllocator();
  }

  @AfterEach
  void nothingIsLeaked() {
    allocator.close();
  }

  @Test
  void rowsWrittenInAnyOrderAreReadInTheirs() {
    int rows = 1000;
    int dimensions = 7;
    List<Integer> order = IntStream.range(0, rows).boxed().collect(Collectors.toList());
    java.util.Collections.shuffle(order, new Random(42));
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      VectorWriter writer = new VectorWriter(dimensions).start(vector, rows);
      order.forEach(row -> writer.write(row, valuesOf(row, dimensions)));
      writer.finish();

      assertThat(vector.getValueCount()).isEqualTo(rows);
      assertThat(vector.getNullCount()).isZero();
      for (int row = 0; row < rows; row++) {
        assertThat(vector.getObject(row)).isEqualTo(boxed(valuesOf(row, dimensions)));
      }
    }
  }

  @Test
  void aVectorThatHasRoomKeepsItsMemoryAndNothingOfWhatItHeld() {
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      VectorWriter first = new VectorWriter(3).start(vector, 4);
      for (int row = 0; row < 4; row++) {
        first.write(row, new float[] {row, row, row});
      }
      first.finish();
      long address = vector.getDataVector().getDataBufferAddress();

      VectorWriter second = new VectorWriter(2).start(vector, 3);
      second.write(1, new float[] {7, 8});
      second.finish();
      assertThat(vector.getDataVector().getDataBufferAddress()).isEqualTo(address);
      assertThat(vector.getValueCount()).isEqualTo(3);
      assertThat(vector.isNull(0)).isTrue();
      assertThat(vector.getObject(1)).isEqualTo(List.of(7f, 8f));
      assertThat(vector.isNull(2)).isTrue();

      new VectorWriter(3).start(vector, 10_000).finish();
      assertThat(vector.getValueCount()).isEqualTo(10_000);
      assertThat(vector.getNullCount()).isEqualTo(10_000);
    }
  }

  @Test
  void rowsThatAreNotWrittenAreNull() {
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      VectorWriter writer = new VectorWriter(3).start(vector, 6);
      writer.write(4, valuesOf(4, 3));
      writer.write(1, valuesOf(1, 3));
      writer.finish();

      assertThat(vector.getValueCount()).isEqualTo(6);
      assertThat(vector.getNullCount()).isEqualTo(4);
      for (int row = 0; row < 6; row++) {
        boolean written = row == 1 || row == 4;
        assertThat(vector.isNull(row)).isEqualTo(!written);
        if (written) {
          assertThat(vector.getObject(row)).isEqualTo(boxed(valuesOf(row, 3)));
        } else {
          assertThat(vector.getObject(row)).isNull();
        }
      }
      assertThat(vector.getDataVector().getNullCount()).isZero();
    }
  }

  @Test
  void onlyTheDimensionsAskedForAreTakenFromALongerArray() {
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      VectorWriter writer = new VectorWriter(2).start(vector, 2);
      writer.write(0, new float[] {1, 2, 99});
      writer.write(1, new float[] {3, 4, 99});
      writer.finish();

      assertThat(vector.getObject(0)).isEqualTo(List.of(1f, 2f));
      assertThat(vector.getObject(1)).isEqualTo(List.of(3f, 4f));
    }
  }

  @Test
  void aVectorOfAnySizeIsOverwrittenByTheNextWriter() {
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      for (int rows : new int[] {3, 500, 1, 0, 40}) {
        VectorWriter writer = new VectorWriter(5).start(vector, rows);
        for (int row = 0; row < rows; row += 2) {
          writer.write(row, valuesOf(row + rows, 5));
        }
        writer.finish();

        assertThat(vector.getValueCount()).isEqualTo(rows);
        for (int row = 0; row < rows; row++) {
          Object expected = row % 2 == 0 ? boxed(valuesOf(row + rows, 5)) : null;
          assertThat((Object) vector.getObject(row)).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aRowCopiedToAnotherIsTheSameWhetherItHasAVectorOrNot() {
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      VectorWriter writer = new VectorWriter(3).start(vector, 5);
      writer.write(1, valuesOf(1, 3));
      writer.write(4, valuesOf(4, 3));
      writer.finish();
      VectorWriter.copy(vector, 1, 3);
      VectorWriter.copy(vector, 0, 4);

      assertThat(vector.getObject(3)).isEqualTo(boxed(valuesOf(1, 3)));
      assertThat(vector.getObject(1)).isEqualTo(boxed(valuesOf(1, 3)));
      assertThat(vector.isNull(4)).isTrue();
      assertThat(vector.isNull(2)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"65536, 65536", "65536, 32768", "1073741824, 4", "3, 2147483647"})
  void moreFloatsThanAVectorHasRoomForAreRefusedAndTheVectorStays(int rows, int dimensions) {
    try (ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      VectorWriter writer = new VectorWriter(1).start(vector, 1);
      writer.write(0, new float[] {7});
      writer.finish();

      assertThatThrownBy(() -> new VectorWriter(dimensions).start(vector, rows))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OUT_OF_MEMORY))
          .hasMessageContaining(rows + " rows of " + dimensions + " floats");

      assertThat(vector.getObject(0)).isEqualTo(List.of(7f));
    }
  }

  private static float[] valuesOf(int row, int dimensions) {
    float[] values = new float[dimensions];
    for (int i = 0; i < dimensions; i++) {
      values[i] = row * 31 + i * 0.25f - 3;
    }
    return values;
  }

  private static List<Float> boxed(float[] values) {
    return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
  }
}
