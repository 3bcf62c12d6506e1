package dev.embark.engine;

import java.util.Arrays;

/**
 * What a BERT, a Nomic BERT, a ModernBERT and a Qwen3 compute, in double precision and as plainly
 * as it can be written. Rows of {@code double[tokens][features]} are tokens.
 */
public final class ForwardPass {
  private static final double QWEN3_EPSILON = 1e-6;

  private final TinyWeights weights;

  public ForwardPass(TinyWeights weights) {
    this.weights = weights;
  }

  /** The final vector of each token. */
  public double[][] bert(int[] ids) {
    double[][] x = new double[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      double[] word = row("token_embd.weight", ids[i]);
      double[] place = row("position_embd.weight", i);
      double[] type = row("token_types.weight", 0);
      x[i] = sum(sum(word, place), type);
    }
    x = layerNorm(x, "token_embd_norm");
    int heads = weights.number("attention.head_count");
    for (int layer = 0; layer < weights.number("block_count"); layer++) {
      String block = "blk." + layer + ".";
      double[][] mixed =
          attention(
              biased(x, block + "attn_q"),
              biased(x, block + "attn_k"),
              biased(x, block + "attn_v"),
              heads,
              heads,
              ids.length,
              ids.length);
      x = layerNorm(sum(biased(mixed, block + "attn_output"), x), block + "attn_output_norm");
      double[][] wide = biased(x, block + "ffn_up");
      each(wide, ForwardPass::gelu);
      x = layerNorm(sum(biased(wide, block + "ffn_down"), x), block + "layer_output_norm");
    }
    return x;
  }

  /** The final vector of each token. */
  public double[][] nomicBert(int[] ids) {
    double[][] x = new double[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      x[i] = sum(row("token_embd.weight", ids[i]), row("token_types.weight", 0));
    }
    x = layerNorm(x, "token_embd_norm");
    int heads = weights.number("attention.head_count");
    double base = weights.real("rope.freq_base");
    int d = x[0].length;
    for (int layer = 0; layer < weights.number("block_count"); layer++) {
      String block = "blk." + layer + ".";
      double[][] joint = linear(x, block + "attn_qkv.weight");
      double[][] q = rotated(columns(joint, 0, d), d / heads, base);
      double[][] k = rotated(columns(joint, d, 2 * d), d / heads, base);
      double[][] mixed =
          attention(q, k, columns(joint, 2 * d, 3 * d), heads, heads, ids.length, ids.length);
      x = sum(linear(mixed, block + "attn_output.weight"), x);
      x = layerNorm(x, block + "attn_output_norm");
      x = layerNorm(sum(gatedFeedForward(x, block), x), block + "layer_output_norm");
    }
    return x;
  }

  /** The final vector of each token. */
  public double[][] modernBert(int[] ids) {
    double[][] x = new double[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      x[i] = row("token_embd.weight", ids[i]);
    }
    x = layerNorm(x, "token_embd_norm");
    int heads = weights.number("attention.head_count");
    int d = x[0].length;
    for (int layer = 0; layer < weights.number("block_count"); layer++) {
      String block = "blk." + layer + ".";
      boolean isWhole = layer % weights.number("attention.sliding_window_pattern") == 0;
      double base = weights.real(isWhole ? "rope.freq_base" : "rope.freq_base_swa");
      int window = isWhole ? ids.length : weights.number("attention.sliding_window") / 2;
      double[][] joint =
          linear(layer == 0 ? x : layerNorm(x, block + "attn_norm"), block + "attn_qkv.weight");
      double[][] q = rotated(columns(joint, 0, d), d / heads, base);
      double[][] k = rotated(columns(joint, d, 2 * d), d / heads, base);
      double[][] v = columns(joint, 2 * d, 3 * d);
      x =
          sum(
              x,
              linear(
                  attention(q, k, v, heads, heads, window, window), block + "attn_output.weight"));
      double[][] both = linear(layerNorm(x, block + "ffn_norm"), block + "ffn_up.weight");
      int hidden = both[0].length / 2;
      double[][] gate = columns(both, 0, hidden);
      each(gate, ForwardPass::gelu);
      x =
          sum(
              x,
              linear(product(gate, columns(both, hidden, 2 * hidden)), block + "ffn_down.weight"));
    }
    return layerNorm(x, "output_norm");
  }

  /** The final vector of each token. */
  public double[][] qwen3(int[] ids) {
    double[][] x = new double[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      x[i] = row("token_embd.weight", ids[i]);
    }
    int heads = weights.number("attention.head_count");
    int keyHeads = weights.number("attention.head_count_kv");
    int size = weights.number("attention.key_length");
    double base = weights.real("rope.freq_base");
    for (int layer = 0; layer < weights.number("block_count"); layer++) {
      String block = "blk." + layer + ".";
      double[][] normed = rmsNorm(x, block + "attn_norm.weight");
      double[][] q = linear(normed, block + "attn_q.weight");
      double[][] k = linear(normed, block + "attn_k.weight");
      double[][] v = linear(normed, block + "attn_v.weight");
      q = rotated(headNorm(q, size, block + "attn_q_norm.weight"), size, base);
      k = rotated(headNorm(k, size, block + "attn_k_norm.weight"), size, base);
      double[][] mixed = attention(q, k, v, heads, keyHeads, ids.length, 0);
      x = sum(x, linear(mixed, block + "attn_output.weight"));
      x = sum(x, gatedFeedForward(rmsNorm(x, block + "ffn_norm.weight"), block));
    }
    return rmsNorm(x, "output_norm.weight");
  }

  private double[][] gatedFeedForward(double[][] x, String block) {
    double[][] gate = linear(x, block + "ffn_gate.weight");
    each(gate, a -> a / (1 + Math.exp(-a)));
    return linear(product(gate, linear(x, block + "ffn_up.weight")), block + "ffn_down.weight");
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] out = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[i].length; j++) {
        out[i][j] = a[i][j] * b[i][j];
      }
    }
    return out;
  }

  private static double[][] columns(double[][] x, int from, int to) {
    return Arrays.stream(x).map(row -> Arrays.copyOfRange(row, from, to)).toArray(double[][]::new);
  }

  public static float[] mean(double[][] tokens) {
    float[] mean = new float[tokens[0].length];
    for (int j = 0; j < mean.length; j++) {
      int column = j;
      mean[j] = (float) Arrays.stream(tokens).mapToDouble(t -> t[column]).average().orElseThrow();
    }
    return mean;
  }

  public static float[] first(double[][] tokens) {
    return floats(tokens[0]);
  }

  public static float[] last(double[][] tokens) {
    return floats(tokens[tokens.length - 1]);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int j = 0; j < floats.length; j++) {
      floats[j] = (float) values[j];
    }
    return floats;
  }

  /**
   * Each token sees so many before and after it. Heads of queries share heads of keys and values
   * where there are fewer of those.
   */
  private static double[][] attention(
      double[][] q, double[][] k, double[][] v, int heads, int keyHeads, int before, int after) {
    int n = q.length;
    int size = q[0].length / heads;
    double[][] out = new double[n][q[0].length];
    for (int head = 0; head < heads; head++) {
      int from = head * size;
      int keyFrom = head / (heads / keyHeads) * size;
      for (int i = 0; i < n; i++) {
        int first = Math.max(0, i - before);
        int end = Math.min(n, i + after + 1);
        double[] weight = new double[n];
        double total = 0;
        for (int j = first; j < end; j++) {
          double dot = 0;
          for (int d = 0; d < size; d++) {
            dot += q[i][from + d] * k[j][keyFrom + d];
          }
          weight[j] = Math.exp(dot / Math.sqrt(size));
          total += weight[j];
        }
        for (int j = first; j < end; j++) {
          for (int d = 0; d < size; d++) {
            out[i][from + d] += weight[j] / total * v[j][keyFrom + d];
          }
        }
      }
    }
    return out;
  }

  /** Turns the pair (d, d + size / 2) of each head by the token's place. */
  private static double[][] rotated(double[][] x, int size, double base) {
    double[][] out = new double[x.length][x[0].length];
    for (int i = 0; i < x.length; i++) {
      for (int head = 0; head < x[i].length; head += size) {
        for (int d = 0; d < size / 2; d++) {
          double angle = i * Math.pow(base, -2.0 * d / size);
          double a = x[i][head + d];
          double b = x[i][head + d + size / 2];
          out[i][head + d] = a * Math.cos(angle) - b * Math.sin(angle);
          out[i][head + d + size / 2] = a * Math.sin(angle) + b * Math.cos(angle);
        }
      }
    }
    return out;
  }

  private double[][] biased(double[][] x, String name) {
    double[][] out = linear(x, name + ".weight");
    float[] bias = weights.get(name + ".bias");
    for (double[] token : out) {
      for (int j = 0; j < token.length; j++) {
        token[j] += bias[j];
      }
    }
    return out;
  }

  private double[][] linear(double[][] x, String name) {
    float[] weight = weights.get(name);
    int in = x[0].length;
    int out = weight.length / in;
    double[][] y = new double[x.length][out];
    for (int i = 0; i < x.length; i++) {
      for (int o = 0; o < out; o++) {
        for (int j = 0; j < in; j++) {
          y[i][o] += x[i][j] * weight[o * in + j];
        }
      }
    }
    return y;
  }

  private double[][] layerNorm(double[][] x, String name) {
    float[] scale = weights.get(name + ".weight");
    float[] shift = weights.values().getOrDefault(name + ".bias", new float[scale.length]);
    double epsilon = weights.real("attention.layer_norm_epsilon");
    double[][] out = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      double mean = Arrays.stream(x[i]).average().orElseThrow();
      double variance =
          Arrays.stream(x[i]).map(a -> (a - mean) * (a - mean)).average().orElseThrow();
      out[i] = new double[x[i].length];
      for (int j = 0; j < x[i].length; j++) {
        out[i][j] = (x[i][j] - mean) / Math.sqrt(variance + epsilon) * scale[j] + shift[j];
      }
    }
    return out;
  }

  private double[][] rmsNorm(double[][] x, String name) {
    return headNorm(x, x[0].length, name);
  }

  /** Scales each stretch of {@code size} features to the mean square 1. */
  private double[][] headNorm(double[][] x, int size, String name) {
    float[] scale = weights.get(name);
    double[][] out = new double[x.length][x[0].length];
    for (int i = 0; i < x.length; i++) {
      for (int from = 0; from < x[i].length; from += size) {
        double square =
            Arrays.stream(x[i], from, from + size).map(a -> a * a).average().orElseThrow();
        for (int d = 0; d < size; d++) {
          out[i][from + d] = x[i][from + d] / Math.sqrt(square + QWEN3_EPSILON) * scale[d];
        }
      }
    }
    return out;
  }

  private double[] row(String name, int row) {
    float[] weight = weights.get(name);
    int width = weights.number("embedding_length");
    double[] out = new double[width];
    for (int j = 0; j < width; j++) {
      out[j] = weight[row * width + j];
    }
    return out;
  }

  private static double[][] sum(double[][] a, double[][] b) {
    double[][] out = new double[a.length][];
    for (int i = 0; i < a.length; i++) {
      out[i] = sum(a[i], b[i]);
    }
    return out;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int j = 0; j < a.length; j++) {
      out[j] = a[j] + b[j];
    }
    return out;
  }

  private static void each(double[][] x, java.util.function.DoubleUnaryOperator function) {
    for (double[] token : x) {
      for (int j = 0; j < token.length; j++) {
        token[j] = function.applyAsDouble(token[j]);
      }
    }
  }

  /** By its approximation with tanh, which is what ggml has. */
  private static double gelu(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }
}
