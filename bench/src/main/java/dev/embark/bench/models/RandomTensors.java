package dev.embark.bench.models;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufWriter;
import java.nio.FloatBuffer;
import java.util.Random;

/**
 * Adds tensors of random weights to a model.
 *
 * @param gguf the model
 * @param random where weights come from
 */
record RandomTensors(GgufWriter gguf, Random random) {
  private static final float DEVIATION = 0.02f; // as BERT's weights are initialised

  void add(String name, GgufTensorType type, float mean, long... shape) {
    int n = 1;
    for (long size : shape) {
      n *= (int) size;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = mean + DEVIATION * (float) random.nextGaussian();
    }
    gguf.tensor(name, type, () -> FloatBuffer.wrap(values), shape);
  }
}
