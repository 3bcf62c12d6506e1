package dev.embark.job.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.InputCheck;
import dev.embark.job.input.Source;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Columns;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rejection of text files that Spark would misread. In the test files ~ represents a line feed and
 * ^ for a carriage return.
 */
class TextCheckTest {
  private static final String ID_TEXT = "id,text~";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  private static String lines(String text) {
    return text.replace('~', '\n').replace('^', '\r');
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private Path file(String name, String text) throws IOException {
    return file(name, lines(text).getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the texts that Spark reads, if the check lets them pass. */
  private List<String> texts(Path input, String... options) {
    List<String> arguments = new ArrayList<>();
    for (String option : options) {
      arguments.add(option.startsWith("--") ? option : "--input-option=" + option);
    }
    Source.Input opened = open(input, arguments);
    return opened.rows().select(Columns.quoted(opened.textColumn())).collectAsList().stream()
        .map((Row row) -> row.getString(0))
        .toList();
  }

  private Source.Input open(Path input, List<String> arguments) {
    Runs runs = new Runs(folder, "parquet");
    JobSpec spec = runs.spec(input.toString(), arguments.toArray(String[]::new));
    Source.Input opened = new Source(spark, spec, Sink.of(spark, spec)).open();
    InputCheck.check(spark, spec, opened);
    return opened;
  }

  private void assertRefused(Path input, String sentence, String... options) {
    assertThatThrownBy(() -> texts(input, options))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(sentence)
        .hasMessageNotContaining("check --input")
        .hasMessageContaining("file:" + folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "1,\"abc~2,b~3,c~                | quote that opens in line 2 of",
        "1,a~2,\"b~~c                    | quote that opens in line 3 of",
        "1,\"\"\"~2,b~                   | quote that opens in line 2 of",
        "1,a~2,\"b~3,\"c\"~4,d~          | quote opens in line 3 of",
        "1,\"a\"x~                       | quote opens in line 2 of",
        "1,\"a\" \"b\"~                  | quote opens in line 2 of",
        "1,\"say \\\"hi\\\"\"~           | quote opens in line 2 of",
        "1,\"a~b\"~2,\"c~                | quote that opens in line 4 of",
        "1,a,b~                          | Line 2 of",
        "1,\"a~b\"~2,c,d~                | Line 4 of",
        "1,a~2~                          | has 1 field for 2 columns",
        "1,a~b~2,c~                      | Line 3 of",
      })
  void linesOfCsvThatSparkWouldMergeOrCutAreRefused(String lines, String sentence)
      throws IOException {
    assertRefused(file("in.csv", ID_TEXT + lines), sentence);
  }

  @Test
  void aFormatInCapitalsIsCheckedAndReadInTheSameWay() throws IOException {
    assertRefused(
        file("in.dat", ID_TEXT + "1,\"abc~2,b~"),
        "quote that opens in line 2",
        "--input-format=CSV");
    assertThat(texts(file("in.dat", ID_TEXT + "1,\"a~b\"~"), "--input-format=CSV"))
        .containsExactly("a\nb");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      nullValues = "NULL",
      value = {
        "1,\"a~b\"~2,c~                 | a~b;c",
        "1,\"a \"\"b\"\", c\"~          | a \"b\", c",
        "1,5\" pipe~2,a\"b\"c~          | 5\" pipe;a\"b\"c",
        "1,\"a\" ~                      | a",
        "1,\"\"\"\"~2,b                 | \";b",
        "1,\"a,\",~                     | a,",
        "~1,a~~2,b~~                    | a;b",
        "1,\"a^~b\"~                    | a^~b",
        "1,a^b~                         | a^b",
      })
  void validCsvPassesAndIsReadByRow(String lines, String expected) throws IOException {
    assertThat(texts(file("in.csv", ID_TEXT + lines)))
        .containsExactlyElementsOf(List.of(lines(expected).split(";")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"id,text^~1,a^~2,\"b~c\"^~", "id,text^1,a^2,\"b~c\"^"})
  void linesMayEndAsOnWindowsOrAnOldMac(String lines) throws IOException {
    assertThat(texts(file("in.csv", lines))).hasSize(2).first().isEqualTo("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text^~a~b^~", "text^a~b^"})
  void linesThatEndInAnotherWayThanTheFirstAreRefused(String lines) throws IOException {
    assertRefused(file("in.csv", lines), "ends in a line feed");
  }

  @Test
  void optionsOfTheReaderAreHeeded() throws IOException {
    assertThat(texts(file("a.csv", ID_TEXT + "1,\"a~2,b~"), "quote=")).containsExactly("\"a", "b");
    assertThat(texts(file("b.csv", "id||text~1||'a||~b'~"), "sep=||", "quote='"))
        .containsExactly("a||\nb");
    assertThat(texts(file("c.csv", ID_TEXT + "1,\"a\\\"b\\\\\"~2,c~"), "escape=\\"))
        .containsExactly("a\"b\\", "c");
    assertThat(texts(file("d.csv", ID_TEXT + "#1,\"a~1,b~"), "comment=#")).containsExactly("b");
    assertThat(texts(file("e.csv", ID_TEXT + "1, \"a,b\"~"), "ignoreLeadingWhiteSpace=true"))
        .containsExactly("a,b");
    assertThat(texts(file("f.csv", ID_TEXT + "1,a,b~2~"), "mode=PERMISSIVE"))
        .containsExactly("a", null);
    assertThat(
            texts(file("g.csv", ID_TEXT + "1,\"a\"x~"), "unescapedQuoteHandling=STOP_AT_DELIMITER"))
        .containsExactly("\"a\"x");
    assertThat(texts(file("h.tsv", "id\ttext~1\t\"a\tb\"~"))).containsExactly("a\tb");
    assertThat(texts(file("i.csv", "1,a~2,b~"), "header=false", "--text-column=_c1"))
        .containsExactly("a", "b");
    assertRefused(file("j.csv", "1,a~2~"), "Line 2 of", "header=false", "--text-column=_c1");
    assertRefused(file("k.csv", ID_TEXT + "1,\"a~b\"~"), "multiLine=true", "multiLine=false");
  }

  @Test
  void filesOfOtherColumnsThanTheFirstAreRefused() throws IOException {
    Path many = Files.createDirectory(folder.resolve("many.csv"));
    file("many.csv/a.csv", ID_TEXT + "1,a~");
    file("many.csv/b.csv", "\"ID\",\"text\"~2,b~");
    assertThat(texts(many)).containsExactlyInAnyOrder("a", "b");

    file("many.csv/c.csv", "text,id~c,3~");

    assertRefused(many, "c.csv have different header lines");
    assertThat(texts(many, "enforceSchema=true")).hasSize(3);
  }

  static List<String[]> formats() {
    return List.of(
        new String[] {"in.csv", "id,text~1,a~2,%s~", "encoding=ISO-8859-1"},
        new String[] {"in.json", "~~{\"id\":2,\"text\":\"%s\"}~", "encoding=ISO-8859-1"},
        new String[] {"in.txt", "a~b~%s~", "iconv -f ISO-8859-1"});
  }

  @ParameterizedTest
  @MethodSource("formats")
  void bytesOfAnotherEncodingAreRefusedAndAReplacementCharacterIsNot(
      String name, String content, String hint) throws IOException {
    String text = lines(content.formatted("caf\u00E9"));

    assertRefused(file(name, text.getBytes(StandardCharsets.ISO_8859_1)), "Line 3 of");
    assertRefused(file(name, text.getBytes(StandardCharsets.ISO_8859_1)), hint);
    assertThat(texts(file(name, content.formatted("caf\uFFFD")))).contains("caf\uFFFD");
    assertThat(texts(file(name, "\uFEFF" + content.formatted("caf\u00E9")))).contains("caf\u00E9");
  }

  @ParameterizedTest
  @MethodSource("formats")
  void utf16IsNotReadAsUtf8(String name, String content, String hint) throws IOException {
    for (String charset : List.of("UTF-16LE", "UTF-16BE")) {
      for (String mark : List.of("", "\uFEFF")) {
        byte[] bytes =
            lines(mark + content.formatted("caf\u00E9")).getBytes(Charset.forName(charset));
        assertRefused(file(name, bytes), "looks like " + charset);
      }
    }
  }

  @Test
  void anEncodingThatIsNamedIsReadAndChecked() throws IOException {
    byte[] utf16 = lines(ID_TEXT + "1,caf\u00E9~").getBytes(StandardCharsets.UTF_16LE);
    byte[] half = lines(ID_TEXT + "1,\uD83D~").getBytes(StandardCharsets.UTF_16LE);
    half[half.length - 4] =
        0x3D; // half a surrogate pair, which getBytes replaced by a replacement character
    half[half.length - 3] = (byte) 0xD8;
    byte[] latin = lines(ID_TEXT + "1,caf\u00E9~").getBytes(StandardCharsets.ISO_8859_1);

    assertThat(texts(file("a.csv", utf16), "encoding=UTF-16LE")).containsExactly("caf\u00E9");
    assertThat(texts(file("b.csv", latin), "charset=ISO-8859-1")).containsExactly("caf\u00E9");
    assertRefused(
        file("c.csv", Arrays.copyOf(utf16, utf16.length - 1)), "Line 2", "encoding=UTF-16LE");
    assertRefused(file("d.csv", half), "Line 2", "encoding=UTF-16LE");
    assertRefused(
        file("e.csv", "\uFEFF" + ID_TEXT + "1,caf\u00E9~"),
        "byte order mark of UTF-8",
        "encoding=ISO-8859-1");
    assertThatThrownBy(() -> texts(folder.resolve("a.csv"), "encoding=UTF-16LE", "multiLine=false"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("multiLine=true");
  }

  @Test
  void theEncodingOfAJsonFileIsDetectedFromItsBytes() throws IOException {
    byte[] bytes = "[{\"text\":\"caf\u00E9\"}]".getBytes(StandardCharsets.UTF_16LE);

    assertThat(texts(file("in.json", bytes), "multiLine=true")).containsExactly("caf\u00E9");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\":\"a\"}~{\"text\":\"b\"}~",
        "[{\"text\":\"a\"}]~~ [{\"text\":\"b\"}]",
        "{\"text\":\"}\\\"{\", \"n\":[{}]} {\"text\":\"b\"}"
      })
  void multiLineJsonHasOneDocument(String content) throws IOException {
    assertRefused(file("in.json", content), "begins a second JSON document", "multiLine=true");
    assertThat(texts(file("one.json", "[{\"text\":\"}{\"},~{\"text\":'b'}]~"), "multiLine=true"))
        .containsExactlyInAnyOrder("}{", "b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"text\":\"a\"},~{\"text\":\"b\"}]~",
        "~ [~  {\"text\": \"a\"},~  {\"text\": \"b\"}~]",
        "[^~{\"text\":\"a\"}^~,{\"text\":\"b\"}^~]",
        "[^{\"text\":\"a\"},^{\"text\":\"b\"}]",
        "[~{~\"text\":~\"a\"~},~{~\"text\":\"b\"~}~]~~",
        "[{\"text\":\"a\"},{\"text\":\"b\"}]",
        "{\"text\":\"a\"}^{\"text\":\"b\"}^",
      })
  void jsonIsReadAsItIsWritten(String content) throws IOException {
    assertThat(texts(file("in.json", content))).containsExactly("a", "b");
    assertThat(texts(file("marked.json", "\uFEFF" + content))).containsExactly("a", "b");
  }

  @Test
  void anObjectOverSeveralLinesIsRead() throws IOException {
    assertThat(texts(file("in.json", "{~  \"id\": 1,~  \"text\": \"a\"~}~"))).containsExactly("a");
    assertThat(texts(file("in.json.gz", packed("{\"id\": 1,~\"text\": \"a\"~}~"))))
        .containsExactly("a");
    byte[] utf16 = lines("[~{\"text\":\"caf\u00E9\"}~]").getBytes(StandardCharsets.UTF_16LE);
    assertThat(texts(file("wide.json", utf16))).containsExactly("caf\u00E9");
  }

  @Test
  void jsonOfTwoLayoutsIsRefused() throws IOException {
    String array = "[~{\"text\":\"a\"}~]~";
    String byLine = "{\"text\":\"b\"}~{\"text\":\"c\"}~";
    Path first = Files.createDirectory(folder.resolve("first"));
    file("first/a.json", array);
    file("first/b.json", byLine);
    Path last = Files.createDirectory(folder.resolve("last"));
    file("last/a.json", byLine);
    file("last/b.json", byLine + array);

    assertRefused(first, "Line 2 of file:" + first + "/b.json begins a second JSON document");
    assertRefused(last, "begins in line 3 of file:" + last + "/b.json continues on the next line");
    assertThat(texts(file("broken.json", byLine + "{\"text\":~{\"text\":\"d\"}~")))
        .containsExactly("b", "c", null, "d");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "[~{\"text\":\"a\"},~{\"text\":\"b     | begins in line 1 of",
        "[~{\"text\":\"a\"}               | begins in line 1 of",
        "[~{\"text\":\"a\"}~] [{}]         | Line 3 of",
        "[~{\"text\":\"a\"}~]~more         | Line 4 of",
        "{\"text\":\"a\"}~{\"text\":\"b\"}~{\"text\":\"c\"} more | Line 3 of",
      })
  void jsonThatSparkWouldCutIsRefused(String content, String sentence) throws IOException {
    assertRefused(file("in.json", content), sentence);
  }

  @Test
  void aLineOfJsonHasOneDocument() throws IOException {
    assertRefused(
        file("in.json", "{\"text\":\"a\"}~{\"text\":\"b\"} {\"text\":\"c\"}~"),
        "has a second JSON document");
    assertThat(texts(file("good.json", "{\"text\":\"{\"},~~{\"text\":\"it's\"}~")))
        .containsExactlyInAnyOrder("{", "it's");
  }

  /** Folders of files, as name|content, and an option of the reader. */
  static List<Arguments> foldersOfJson() {
    return List.of(
        Arguments.of(
            "types that are merged",
            "primitivesAsString=false",
            List.of(
                "a.json|{\"text\":\"a\",\"n\":1,\"l\":[]}~{\"text\":\"b\",\"n\":null}",
                "b.json|{\"n\":1.5,\"text\":\"c\",\"s\":{\"x\":[1]}}~{\"s\":{\"y\":true},\"l\":[\"q\"]}~",
                "c.json|{\"text\":\"d\",\"n\":9223372036854775808}~",
                "empty.json|")),
        Arguments.of(
            "corrupt lines, blank lines and every end of a line",
            "primitivesAsString=false",
            List.of(
                "a.json|\uFEFF{\"text\":\"a\"}^~ ~~{\"id\":1,\"text\":\"b\"}^~nothing^~^~",
                "b.json|{\"text\":\"c\"}^{\"text\":\"d\",\"other\":2}^")),
        Arguments.of(
            "a column with the name of a folder",
            "primitivesAsString=false",
            List.of(
                "day=2026-01-02/a.json|{\"day\":7,\"text\":\"a\"}~",
                "day=2026-01-03/b.json|{\"text\":\"b\",\"z\":1}~")),
        Arguments.of(
            "folders of folders",
            "primitivesAsString=true",
            List.of(
                "lang=en/n=1/a.json|{\"text\":\"a\",\"id\":1}~",
                "lang=fi/n=2/b.json|{\"text\":\"b\",\"id\":2}~")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("foldersOfJson")
  void theColumnsOfJsonAreThoseThatSparkInfers(String name, String option, List<String> files)
      throws IOException {
    Path in = folder.resolve("in");
    for (String file : files) {
      String[] parts = file.split("[|]", 2);
      Files.createDirectories(in.resolve(parts[0]).getParent());
      Files.writeString(in.resolve(parts[0]), lines(parts[1]));
    }
    String[] words = option.split("=");
    Dataset<Row> expected = spark.read().option(words[0], words[1]).json(in.toString());

    // A column with the name of a folder follows the others.
    Dataset<Row> rows =
        open(in, List.of("--input-option=" + option, "--input-format=json"))
            .rows()
            .selectExpr(expected.columns());

    assertThat(rows.schema()).isEqualTo(expected.schema());
    assertThat(rows.collectAsList()).containsExactlyInAnyOrderElementsOf(expected.collectAsList());
  }

  @Test
  void aTextThatIsAWholeFileIsWithoutItsMark() throws IOException {
    assertThat(texts(file("in.txt", "\uFEFFa~b~"), "wholetext=true")).containsExactly("a\nb\n");
  }

  private static byte[] packed(String content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(lines(content).getBytes(StandardCharsets.UTF_8));
    }
    return packed.toByteArray();
  }

  @Test
  void compressedFilesAreLookedInto() throws IOException {
    assertRefused(file("in.csv.gz", packed(ID_TEXT + "1,\"a~2,b~")), "opens in line 2 of");
  }

  @Test
  void aCompressedFileThatIsCutShortOrIsNoneIsNamed() throws IOException {
    byte[] whole = packed(ID_TEXT + "1,a~2,b~");
    String dir = "file:" + folder;

    assertRefused(file("in.csv.gz", Arrays.copyOf(whole, whole.length - 9)), dir + "/in.csv.gz");
    assertRefused(file("in.csv.gz", ID_TEXT + "1,a~"), dir + "/in.csv.gz");
  }

  /**
   * A file scanned in parts has the same lines and fault as the whole file, wherever it is split.
   */
  @Test
  void aFileIsCutBetweenCharacters() throws IOException {
    byte[] valid = lines("a~\u00E9\u20AC~\uD83D\uDE00b~").getBytes(StandardCharsets.UTF_8);
    byte[] broken = valid.clone();
    broken[5] = 'x'; // in the middle of the second line's second character

    for (int cut = 1; cut < valid.length; cut++) {
      assertThat(scan(valid, 0, cut).lines() + scan(valid, cut, valid.length).lines()).isEqualTo(3);
      assertThat(scan(valid, 0, cut).fault()).isNull();
      assertThat(scan(valid, cut, valid.length).fault()).isNull();
      TextFileScan.Result head = scan(broken, 0, cut);
      TextFault fault =
          head.fault() == null
              ? scan(broken, cut, broken.length).fault().after(head.lines())
              : head.fault();
      assertThat(fault).isEqualTo(TextFault.of(TextFault.Kind.BYTES, 2));
    }
  }

  private TextFileScan.Result scan(byte[] bytes, long from, long to) throws IOException {
    return new TextFileScan(0, file("cut.txt", bytes).toString(), from, to, "UTF-8", null, null)
        .run(new Configuration());
  }
}
