package dev.embark.bench.side;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file in which a side hands over its vectors. */
public final class Vectors {
  private Vectors() {}

  /** Writes {@code [rows][dimensions]}. */
  public static void write(Path file, float[][] vectors) throws IOException {
    int dimensions = vectors.length == 0 ? 0 : vectors[0].length;
    ByteBuffer bytes =
        ByteBuffer.allocate(2 * Integer.BYTES + vectors.length * dimensions * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(vectors.length).putInt(dimensions);
    FloatBuffer floats = bytes.asFloatBuffer();
    for (float[] vector : vectors) {
      floats.put(vector);
    }
    Files.write(file, bytes.array());
  }

  /** Reads {@code [rows][dimensions]}. */
  public static float[][] read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    float[][] vectors = new float[bytes.getInt()][bytes.getInt()];
    FloatBuffer floats = bytes.asFloatBuffer();
    for (float[] vector : vectors) {
      floats.get(vector);
    }
    return vectors;
  }
}
