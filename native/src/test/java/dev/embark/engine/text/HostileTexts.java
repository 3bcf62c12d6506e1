package dev.embark.engine.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Seeded inputs of the kinds that break tokenizers: not UTF-8, endless, or full of controls. */
public final class HostileTexts {
  private static final List<String> LITERALS =
      List.of(
          "[CLS]",
          "[SEP]",
          "[UNK]",
          "[PAD]",
          "<|endoftext|>",
          "<s>",
          "</s>",
          "<bos>",
          "<eos>",
          "<0x00>",
          "##a",
          "▁",
          "<|im_start|>",
          "<unused0>");

  private HostileTexts() {}

  /** {@code n} texts of moderate length, each kind in turn. */
  public static List<byte[]> of(long seed, int n) {
    List<byte[]> texts = new ArrayList<>();
    Random random = new Random(seed);
    for (int i = 0; i < n; i++) {
      texts.add(text(random, i % 12));
    }
    return texts;
  }

  /** Texts that are large: {@code bytes} without a space, {@code emoji} emoji and their like. */
  static List<byte[]> endless(int bytes, int emoji) {
    Random random = new Random(40);
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < bytes; i++) {
      letters.append((char) ('a' + random.nextInt(26)));
    }
    return List.of(
        utf8(letters.toString()),
        utf8("a".repeat(bytes)),
        utf8("\ud83d\ude00".repeat(emoji)),
        utf8(" ".repeat(bytes)),
        utf8("\u0301".repeat(emoji)),
        utf8("1".repeat(bytes / 2)),
        utf8("!?".repeat(bytes / 2)),
        new byte[bytes]);
  }

  private static byte[] text(Random random, int kind) {
    int length = 1 + random.nextInt(1 << random.nextInt(9));
    return switch (kind) {
      case 0 -> {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        yield bytes;
      }
      case 1 -> loneSurrogates(random, length);
      case 2 -> mixed(random, length, "\0", "dog", "\0\0", "cat");
      case 3 -> mixed(random, length, LITERALS.toArray(String[]::new));
      case 4 -> mixed(random, length, "\u05d0\u05d1", "\u0627\u0644", "\u202e", "\u200f", " ");
      case 5 -> mixed(random, length, "e", "\u0301", "\u0323", "\u20e3", "\u0489", "\u200d");
      case 6 -> mixed(random, length, "\ud83d\ude00", "\ud83d\udc69\u200d\ud83d\udcbb", "\ufe0f");
      case 7 -> new byte[0];
      case 8 -> mixed(random, length, " ", "\t", "\n", "\r", "\u00a0", "\u3000", "\u2028");
      case 9 -> anyCodePoints(random, length);
      case 10 -> cutInsideACharacter(random, length);
      default -> mixed(random, length, "\u4f60", "\u597d", "\uac00", "\u3042", "x", "9");
    };
  }

  private static byte[] mixed(Random random, int n, String... parts) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < n; i++) {
      text.append(parts[random.nextInt(parts.length)]);
    }
    return utf8(text.toString());
  }

  /** As three bytes each, which is how sloppy encoders write them. */
  private static byte[] loneSurrogates(Random random, int n) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < n; i++) {
      int unit = 0xD800 + random.nextInt(0x800);
      out.write(0xE0 | (unit >> 12));
      out.write(0x80 | ((unit >> 6) & 0x3F));
      out.write(0x80 | (unit & 0x3F));
      if (random.nextBoolean()) {
        out.write('a');
      }
    }
    return out.toByteArray();
  }

  private static byte[] anyCodePoints(Random random, int n) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < n; i++) {
      text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
    }
    return utf8(text.toString());
  }

  private static byte[] cutInsideACharacter(Random random, int n) {
    byte[] whole = utf8("dog \ud83d\ude00".repeat(n));
    return java.util.Arrays.copyOf(whole, whole.length - 1 - random.nextInt(3));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
