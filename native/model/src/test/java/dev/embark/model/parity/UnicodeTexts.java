package dev.embark.model.parity;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Random texts of what tokenizers disagree about: white space, control characters, marks, scripts,
 * emoji, spellings of special tokens, long words, characters without a meaning. Seeded.
 */
final class UnicodeTexts {
  private static final int PARTS = 12;
  private static final int LONGEST_RUN = 150;
  private static final int LAST_PLANE = 0x110000;

  // First and last code point; the ASCII range is drawn more often, by being named more often.
  private static final int[][] BLOCKS = {
    {0x20, 0x7E},
    {0x20, 0x7E},
    {0x20, 0x7E},
    {0x20, 0x7E},
    {0x20, 0x7E},
    {0, 0x1F},
    {0x7F, 0x9F},
    {0xA0, 0x17F},
    {0x180, 0x24F},
    {0x250, 0x2FF},
    {0x300, 0x36F},
    {0x370, 0x3FF},
    {0x400, 0x52F},
    {0x590, 0x5FF},
    {0x600, 0x6FF},
    {0x700, 0x77F},
    {0x900, 0x97F},
    {0x980, 0xDFF},
    {0xE00, 0xE7F},
    {0xE80, 0x10FF},
    {0x1100, 0x11FF},
    {0x1200, 0x1DFF},
    {0x1E00, 0x1FFF},
    {0x2000, 0x206F},
    {0x2070, 0x2BFF},
    {0x2C00, 0x2FFF},
    {0x3000, 0x30FF},
    {0x3100, 0x33FF},
    {0x3400, 0x4DFF},
    {0x4E00, 0x9FFF},
    {0x4E00, 0x9FFF},
    {0xA000, 0xABFF},
    {0xAC00, 0xD7AF},
    {0xAC00, 0xD7AF},
    {0xD800, 0xDFFF},
    {0xE000, 0xF8FF},
    {0xF900, 0xFAFF},
    {0xFB00, 0xFDFF},
    {0xFE00, 0xFEFF},
    {0xFF00, 0xFFFF},
    {0x10000, 0x11FFF},
    {0x1D000, 0x1EFFF},
    {0x1F000, 0x1FAFF},
    {0x1F300, 0x1F6FF},
    {0x20000, 0x2FFFF},
    {0x30000, 0xDFFFF},
    {0xE0000, 0xE01FF},
    {0xF0000, LAST_PLANE - 1}
  };

  private static final List<String> SPACES =
      List.of(
          " ", " ", " ", " ", " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\u00a0", "\u0085",
          "\u3000", "\u2028", "\u2029", "\u2003", "\u200b", "\ufeff", "\u1680", "\u180e", "\u202f",
          "\u205f", "\u000b", "\f", "\u2581", "\u001c", "\u001f", "\0");

  private static final List<String> PARTS_OF_TEXTS =
      List.of(
          "the",
          " The",
          "ing",
          "it's",
          "I'LL",
          "don't",
          "we\u2019re",
          "'s",
          "'S",
          "'\u017f",
          "'\u017fo",
          "1234567",
          "3.14",
          "\u00bd",
          "\u0663\u0664",
          "x\u00b2",
          "Caf\u00e9",
          "Cafe\u0301",
          "e\u0301\u0323",
          "\u00e9\u0301",
          "\u1100\u1161\u11a8",
          "\ud55c\uad6d\uc5b4",
          "\u4e2d\u6587",
          "\u6771\u4eac\u306f",
          "\u30c6\u30ad\u30b9\u30c8",
          "\u30cf\u309a",
          "\uff8a\uff9f",
          "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
          "\u0e01\u0e33",
          "\u0928\u092e\u0938\u094d\u0924\u0947",
          "\u0645\u0631\u062d\u0628\u0627",
          "\u064e\u0651",
          "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
          "\u041f\u0440\u0438\u0432\u0435\u0442",
          "\u0439",
          "\u0438\u0306",
          "\ud83d\ude00",
          "\ud83d\udc4d\ud83c\udffd",
          "\ud83d\udc69\u200d\ud83d\udd2c",
          "\ud83c\udde9\ud83c\uddea",
          "\u2764\ufe0f",
          "1\ufe0f\u20e3",
          "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
          "\u200d",
          "\u200c",
          "\u200e",
          "\u202e",
          "\u2066",
          "[SEP]",
          "[CLS]",
          "</s>",
          "<s>",
          "<|endoftext|>",
          "<unk>",
          "<mask>",
          "<bos>",
          "<0x0A>",
          "\ufb01",
          "\uff26\uff35",
          "\u2460",
          "\u212b",
          "\u00c5",
          "\u0130",
          "\u0131",
          "\u00df",
          "\u03a3\u03c2",
          "\u01c5",
          "...",
          "!?",
          "--",
          "\u2014",
          "\u2026",
          "https://example.org/a?b=c&d",
          "a_b",
          "foo()",
          "{\"k\": 1}",
          "\\n",
          "##",
          "\ue000",
          "\ufffd",
          "\u00ad",
          "\u034f",
          "\u115f",
          "\u3164",
          "\u0378",
          "\ud83d",
          "\ude00");

  private static final List<String> RUNS =
      List.of("a", "Z", "1", "\u4e2d", "\u0301", "\ud55c", " ", "\n", "=", "\ud83d\ude00");

  // Letters and digits since Unicode 16, which llama.cpp's tables lack, and marks with a combining
  // class since Unicode 10, which those of Hugging Face's NFC lack.
  private static final BitSet NEWER = new BitSet();

  static {
    String ranges =
        """
        7FD 898-89F 8CA-8D3 9FE C3C D3B-D3C EBA 1715 1ABF-1ACE 1C89-1C8A 1DF6-1DFA A7CB-A7CD
        A7DA-A7DC A82C 105C0-105F3 10D24-10D27 10D40-10D65 10D69-10D6D 10D6F-10D85 10EAB-10EAC
        10EC2-10EC4 10EFD-10EFF 10F46-10F50 10F82-10F85 11070 1133B 11380-113E2 1145E 116D0-116E3
        11839-1183A 1193D-1193E 11943 119E0 11A34 11A47 11A99 11BC0-11BE0 11BF0-11BF9 11D42
        11D44-11D45 11D97 11DE0-11DE9 11F41-11F42 13460-143FA 16100-16139 16D40-16D79 16FF0-16FF6
        18CFF 1CCF0-1CCF9 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5D0-1E5FA
        """;
    for (String range : ranges.trim().split("\\s+")) {
      String[] ends = range.split("-");
      NEWER.set(Integer.parseInt(ends[0], 16), Integer.parseInt(ends[ends.length - 1], 16) + 1);
    }
  }

  private UnicodeTexts() {}

  /** Returns whether a text has none of the characters that differ in byte-pair vocabularies. */
  static boolean isOfOlderUnicode(String text) {
    return text.codePoints().noneMatch(NEWER::get);
  }

  /**
   * Texts as Spark stores them: UTF-8, in which half a surrogate pair has become a question mark.
   */
  static List<String> random(int n, long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> text(random))
        .limit(n)
        .map(text -> new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
        .toList();
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int part = random.nextInt(PARTS); part >= 0; part--) {
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> text.append(any(PARTS_OF_TEXTS, random));
        case 4, 5 -> text.append(any(SPACES, random));
        case 6, 7, 8 -> {
          int[] block = BLOCKS[random.nextInt(BLOCKS.length)];
          IntStream.rangeClosed(0, random.nextInt(5))
              .map(i -> block[0] + random.nextInt(block[1] - block[0] + 1))
              .forEach(text::appendCodePoint);
        }
        default -> text.append(any(RUNS, random).repeat(1 + random.nextInt(LONGEST_RUN)));
      }
    }
    return switch (random.nextInt(PARTS)) {
      case 0 -> Normalizer.normalize(text, Normalizer.Form.NFD);
      case 1 -> Normalizer.normalize(text, Normalizer.Form.NFC);
      default -> text.toString();
    };
  }

  private static String any(List<String> choices, Random random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
