package dev.embark.job.input;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * A file with known rows and one seeded damage, next to a sound file of the same format.
 *
 * @param folder folder of the two files
 * @param format format of both
 * @param damage what was done to the first
 * @param names names of both files, the damaged one first
 * @param texts texts of the rows that both files still hold as they were written
 * @param damaged maximum number of other rows that may be read
 */
record DamagedFile(
    Path folder,
    String format,
    Damage damage,
    List<String> names,
    List<String> texts,
    int damaged) {
  private static final int ROWS = 12;
  private static final int LONG = 300_000; // characters, more than any buffer of the readers
  private static final List<String> FORMATS = List.of("text", "csv", "json", "parquet", "orc");

  /** What happens to files. */
  enum Damage {
    NONE,
    CUT,
    LATIN_1,
    HALF_LATIN_1,
    UTF_16LE,
    UTF_16BE,
    MARK,
    NUL_IN_TEXT,
    NULS_AT_THE_END,
    CRLF,
    CR,
    MIXED_LINE_ENDS,
    LONG_LINE,
    GZIP,
    GZIP_CUT,
    GZIP_NOT_PACKED,
    GZIP_UNDER_A_PLAIN_NAME,
    EMPTY,
    JUNK_AT_THE_END,
    QUOTE_LOST,
    LINE_LOST_ITS_END,
    FIRST_LINE_LOST,
    ARRAY,
    ARRAY_CUT,
    FOOTER_OF_ANOTHER,
    OTHER_COLUMN,
    OTHER_TYPE,
    BYTE_CHANGED;

    boolean fits(String format) {
      return switch (this) {
        case NONE, EMPTY, CUT -> true;
        case FOOTER_OF_ANOTHER, OTHER_COLUMN, OTHER_TYPE -> isColumnar(format);
        case BYTE_CHANGED -> format.equals("parquet"); // ORC has no checksums
        case ARRAY, ARRAY_CUT -> format.equals("json");
        case QUOTE_LOST, FIRST_LINE_LOST -> format.equals("csv");
        default -> !isColumnar(format);
      };
    }
  }

  private static boolean isColumnar(String format) {
    return format.equals("parquet") || format.equals("orc");
  }

  /** Makes the files of a seed. */
  static DamagedFile of(SparkSession spark, Path parent, int seed) throws IOException {
    Random random = new Random(seed);
    String format = FORMATS.get(seed % FORMATS.size());
    List<Damage> damages =
        Arrays.stream(Damage.values()).filter(damage -> damage.fits(format)).toList();
    Damage damage = damages.get(seed / FORMATS.size() % damages.size());
    Path folder = Files.createDirectories(parent.resolve(seed + "-" + damage));
    boolean isFirst = random.nextBoolean();
    Maker maker = new Maker(spark, folder, format, damage, random);
    List<String> sound = maker.texts(0);
    maker.write((isFirst ? "b" : "a") + extension(format), sound, Damage.NONE);
    String name = (isFirst ? "a" : "b") + maker.damagedExtension();
    maker.write(name, maker.texts(ROWS), damage);
    List<String> all = new ArrayList<>(sound);
    all.addAll(maker.left);
    return new DamagedFile(
        folder,
        format,
        damage,
        List.of(name, (isFirst ? "b" : "a") + extension(format)),
        all,
        maker.damaged);
  }

  private static String extension(String format) {
    return format.equals("text") ? ".txt" : "." + format;
  }

  private static final class Maker {
    private final SparkSession spark;
    private final Path folder;
    private final String format;
    private final Damage damage;
    private final Random random;

    private List<String> left = List.of();
    private int damaged;

    Maker(SparkSession spark, Path folder, String format, Damage damage, Random random) {
      this.spark = spark;
      this.folder = folder;
      this.format = format;
      this.damage = damage;
      this.random = random;
    }

    String damagedExtension() {
      return extension(format) + (damage.name().matches("GZIP|GZIP_CUT|GZIP_NOT_.*") ? ".gz" : "");
    }

    /** Returns unique texts with what the formats have to escape. */
    List<String> texts(int from) {
      String[] parts = {"caf\u00e9", "a, b", "say \"hi\"", "{x}", "it's", "\\", "[1]", "plain"};
      List<String> texts = new ArrayList<>();
      for (int id = from; id < from + ROWS; id++) {
        StringBuilder text = new StringBuilder("row " + id);
        for (int i = random.nextInt(4) + 1; i > 0; i--) {
          text.append(' ').append(parts[random.nextInt(parts.length)]);
        }
        if (format.equals("csv") && random.nextInt(6) == 0) {
          text.append("\nsecond line");
        }
        texts.add(text.append(" \u00e9.").toString());
      }
      return texts;
    }

    void write(String name, List<String> texts, Damage how) throws IOException {
      left = new ArrayList<>(texts);
      damaged = 0;
      if (isColumnar(format)) {
        columnar(folder.resolve(name), texts, how);
      } else {
        Files.write(folder.resolve(name), bytes(texts, how));
      }
    }

    private String row(int id, String text) {
      return switch (format) {
        case "csv" -> id + ",\"" + text.replace("\"", "\"\"") + "\"";
        case "json" ->
            "{\"id\":%d,\"text\":\"%s\"}"
                .formatted(id, text.replace("\\", "\\\\").replace("\"", "\\\""));
        default -> text;
      };
    }

    private List<String> lines(List<String> texts) {
      List<String> lines = new ArrayList<>();
      if (format.equals("csv")) {
        lines.add("id,text");
      }
      for (int i = 0; i < texts.size(); i++) {
        lines.add(row(i, texts.get(i)));
      }
      return lines;
    }

    private byte[] bytes(List<String> texts, Damage how) throws IOException {
      int victim = random.nextInt(ROWS);
      if (how == Damage.NUL_IN_TEXT || how == Damage.LONG_LINE) {
        String more = how == Damage.LONG_LINE ? "x".repeat(LONG) : "\0 behind";
        left.set(
            victim, texts.get(victim) + (format.equals("json") ? more.replace("\0", "") : more));
      }
      List<String> lines = lines(left);
      String content = String.join("\n", lines) + "\n";
      byte[] utf8 = content.getBytes(StandardCharsets.UTF_8);
      int at = 1 + random.nextInt(utf8.length - 1);
      return switch (how) {
        case CUT -> cut(utf8, at, lines);
        case LATIN_1 -> content.getBytes(StandardCharsets.ISO_8859_1);
        case HALF_LATIN_1 -> halfLatin(lines);
        case UTF_16LE, UTF_16BE ->
            ((random.nextBoolean() ? "\uFEFF" : "") + content)
                .getBytes(Charset.forName(how.name().replace("F_1", "F-1")));
        case MARK -> ("\uFEFF" + content).getBytes(StandardCharsets.UTF_8);
        case NULS_AT_THE_END -> more(utf8, new byte[50], 1);
        case CRLF -> content.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
        case CR -> content.replace("\n", "\r").getBytes(StandardCharsets.UTF_8);
        case MIXED_LINE_ENDS -> mixed(lines).getBytes(StandardCharsets.UTF_8);
        case GZIP, GZIP_UNDER_A_PLAIN_NAME -> packed(utf8);
        case GZIP_CUT -> Arrays.copyOf(packed(utf8), packed(utf8).length - 1 - random.nextInt(60));
        case EMPTY -> empty();
        case JUNK_AT_THE_END -> more(utf8, new byte[] {(byte) 0xFF, (byte) 0xFE, 7, 0, 9}, 1);
        case QUOTE_LOST -> quoteLost(content);
        case LINE_LOST_ITS_END -> lineLost(lines, victim);
        case FIRST_LINE_LOST ->
            content.substring(content.indexOf('\n') + 1).getBytes(StandardCharsets.UTF_8);
        case ARRAY -> array(lines).getBytes(StandardCharsets.UTF_8);
        case ARRAY_CUT -> Arrays.copyOf(array(lines).getBytes(StandardCharsets.UTF_8), at);
        default -> utf8;
      };
    }

    private byte[] empty() {
      left = List.of();
      return new byte[0];
    }

    /** Keeps the rows whose line ends, line end included, before the cut. */
    private byte[] cut(byte[] whole, int at, List<String> lines) {
      int end = 0;
      int kept = 0;
      int header = format.equals("csv") ? 1 : 0;
      for (String line : lines) {
        end += line.getBytes(StandardCharsets.UTF_8).length + 1;
        kept += end <= at ? 1 : 0;
      }
      left = left.subList(0, Math.max(0, kept - header));
      damaged = 1;
      return Arrays.copyOf(whole, at);
    }

    private byte[] halfLatin(List<String> lines) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int i = 0; i < lines.size(); i++) {
        out.write(
            (lines.get(i) + "\n")
                .getBytes(i % 2 == 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
      }
      return out.toByteArray();
    }

    private byte[] more(byte[] content, byte[] tail, int rows) throws IOException {
      damaged = rows;
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(content);
      out.write(tail);
      return out.toByteArray();
    }

    private String mixed(List<String> lines) {
      StringBuilder content = new StringBuilder();
      String[] ends = {"\n", "\r\n", "\r"};
      lines.forEach(line -> content.append(line).append(ends[random.nextInt(ends.length)]));
      return content.toString();
    }

    private static byte[] packed(byte[] content) throws IOException {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
        out.write(content);
      }
      return packed.toByteArray();
    }

    /** One quote is missing, so the rows around it may be read otherwise, but not be lost. */
    private byte[] quoteLost(String content) {
      int quotes = (int) content.chars().filter(c -> c == '"').count();
      int at = -1;
      for (int skipped = random.nextInt(quotes); skipped >= 0; skipped--) {
        at = content.indexOf('"', at + 1);
      }
      String damagedContent = content.substring(0, at) + content.substring(at + 1);
      left = left.stream().filter(text -> damagedContent.contains(row(text))).toList();
      damaged = ROWS - left.size();
      return damagedContent.getBytes(StandardCharsets.UTF_8);
    }

    private String row(String text) {
      String row = row(0, text);
      return row.substring(1) + "\n";
    }

    private byte[] lineLost(List<String> lines, int victim) {
      int header = format.equals("csv") ? 1 : 0;
      int line = header + Math.min(victim, ROWS - 2);
      StringBuilder content = new StringBuilder();
      for (int i = 0; i < lines.size(); i++) {
        content.append(lines.get(i)).append(i == line ? " " : "\n");
      }
      if (format.equals("text")) {
        // A text is whatever a line holds.
        left = new ArrayList<>(left);
        left.set(line, left.get(line) + " " + left.remove(line + 1));
      }
      return content.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String array(List<String> lines) {
      return "[\n" + String.join(",\n", lines) + "\n]\n";
    }

    private void columnar(Path file, List<String> texts, Damage how) throws IOException {
      byte[] whole = written(texts, how);
      byte[] bytes = whole;
      switch (how) {
        case EMPTY -> bytes = empty();
        case CUT -> bytes = Arrays.copyOf(whole, 1 + random.nextInt(whole.length - 1));
        case FOOTER_OF_ANOTHER -> bytes = withTail(whole, written(texts(500), Damage.NONE));
        case BYTE_CHANGED -> {
          bytes = whole.clone();
          bytes[4 + random.nextInt(whole.length / 3)] ^= (byte) (1 << random.nextInt(8));
        }
        default -> {}
      }
      Files.write(file, bytes);
    }

    /** Puts the last bytes of a file onto another, from where a footer may begin. */
    private byte[] withTail(byte[] file, byte[] other) {
      int tail = other.length / 3 + random.nextInt(other.length / 3);
      byte[] mixed = Arrays.copyOf(file, Math.max(1, file.length - tail) + tail);
      System.arraycopy(other, other.length - tail, mixed, mixed.length - tail, tail);
      return mixed;
    }

    private byte[] written(List<String> texts, Damage how) throws IOException {
      boolean isOtherType = how == Damage.OTHER_TYPE;
      StructType schema =
          new StructType()
              .add("id", isOtherType ? "string" : "int")
              .add(how == Damage.OTHER_COLUMN ? "body" : "text", "string");
      List<org.apache.spark.sql.Row> rows = new ArrayList<>();
      for (String text : texts) {
        rows.add(RowFactory.create(isOtherType ? (Object) "no number" : 1, text));
      }
      Path made = folder.resolveSibling(folder.getFileName() + ".made");
      spark
          .createDataFrame(rows, schema)
          .coalesce(1)
          .write()
          .mode(SaveMode.Overwrite)
          .format(format)
          .save(made.toString());
      try (var files = Files.newDirectoryStream(made, "part-*")) {
        return Files.readAllBytes(files.iterator().next());
      }
    }
  }
}
