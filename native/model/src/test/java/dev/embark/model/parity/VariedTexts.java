package dev.embark.model.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Texts of many kinds, the same for the same seed. */
final class VariedTexts {

  private static final List<String> WORDS =
      List.of(
          ("the a of and to in is that for it as was with on by are this be from or have an they"
                  + " which one had not but what all were when we there can your said out use"
                  + " each she how their will other about many then them these some would make"
                  + " like him into time has look two more write go see number no way could"
                  + " people my than first water been called who oil now find long down day did"
                  + " get come made may part market engine harbour violin quantum enzyme"
                  + " glacier treaty orchestra photosynthesis unbelievable Constantinople"
                  + " reimbursement kilometres running Zürich café naïve semiconductors don't"
                  + " it's O'Neill e-mail state-of-the-art IPv6 COVID-19 GPUs x86_64 3.14")
              .split(" "));
  private static final List<String> SCRIPTS =
      List.of(
          "Über den Wolken muß die Freiheit wohl grenzenlos sein",
          "Où est passé l'élève à Nîmes, ça va très bien",
          "El niño comió piñas en la montaña mañana",
          "Příliš žluťoučký kůň úpěl ďábelské ódy",
          "Zażółć gęślą jaźń nad Łodzią",
          "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
          "Съешь ещё этих мягких французских булок",
          "Їжак з'їв ґанок біля річки",
          "我们明天去北京的图书馆看书",
          "今日は天気がいいから散歩しましょう",
          "カタカナとひらがな",
          "안녕하세요 세계 여러분",
          "مرحبا بالعالم كيف حالك",
          "שלום עולם מה שלומך",
          "नमस्ते दुनिया आप कैसे हैं",
          "สวัสดีชาวโลก",
          "xin chào thế giới tiếng Việt",
          "İstanbul'da ılık bir gün ŞĞÇ");
  private static final List<String> EMOJI =
      List.of("😀", "👍🏽", "👨‍👩‍👧‍👦", "🇫🇷", "❤️", "🚀🚀🚀", "☕", "✓", "🏳️‍🌈", "1️⃣");
  private static final List<String> RUNS =
      List.of(
          "!!!",
          "?!?!",
          "...",
          "…",
          "-----",
          "=====>",
          "***",
          "((()))",
          "[[x]]",
          "{}{}",
          "##",
          "$$$",
          "€100",
          "50%",
          "@@",
          "~~",
          "^_^",
          "¯\\_(ツ)_/¯",
          "“quoted”",
          "«bon»",
          "a/b/c",
          "C:\\dir\\f.txt",
          "x=y+z*2",
          "≤≥≠±×÷",
          "→←↑↓",
          "•",
          "½",
          "x²",
          "№ 5",
          "™®©",
          "--flag=1");
  private static final List<String> BLANKS =
      List.of(" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000");
  private static final List<String> TECHNICAL =
      List.of(
          "https://example.org/path/to?page=2&q=a%20b#top",
          "SELECT id, embed(body) FROM docs WHERE lang = 'en' LIMIT 10;",
          "for (int i = 0; i < n; i++) { sum += a[i]; }",
          "{\"id\": 17, \"tags\": [\"x\", \"y\"], \"ok\": true}",
          "jane.doe+news@example.com wrote on 2024-02-29T23:59:59Z",
          "0xDEADBEEF 1e-12 1,234,567.89 192.168.0.1 v5.15.0-91-generic",
          "Pneumonoultramicroscopicsilicovolcanoconiosis");

  private VariedTexts() {}

  /** {@code n} texts, one in 40 of them of some 350 words. */
  static List<String> of(long seed, int n) {
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      texts.add(i % 40 == 39 ? words(random, 330 + random.nextInt(90)) : shortText(random, i));
    }
    return texts;
  }

  private static String shortText(Random random, int i) {
    String sentence = words(random, 1 + random.nextInt(11));
    return switch (i % 8) {
      case 0 -> pick(random, SCRIPTS) + " " + sentence;
      case 1 -> sentence + " " + pick(random, EMOJI) + pick(random, EMOJI);
      case 2 -> pick(random, RUNS) + sentence + pick(random, RUNS) + " " + pick(random, RUNS);
      case 3 -> pick(random, TECHNICAL) + " " + sentence;
      case 4 -> sentence.replace(" ", pick(random, BLANKS)) + pick(random, BLANKS);
      case 5 -> sentence.toUpperCase(java.util.Locale.ROOT) + " " + random.nextInt(1_000_000);
      default -> sentence + ".";
    };
  }

  private static String words(Random random, int n) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < n; i++) {
      text.append(i == 0 ? "" : random.nextInt(9) == 0 ? ", " : " ").append(pick(random, WORDS));
    }
    return text.toString();
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
