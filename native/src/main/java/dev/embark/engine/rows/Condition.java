package dev.embark.engine.rows;

import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Every error condition of Embark: its name, SQLSTATE and message template, as Spark has them for
 * its own errors. Spark SQL, PySpark, the Python package and the reference take them from this
 * list.
 *
 * <p>A template names its parameters in angle brackets. A condition of the name {@code
 * EMBARK_<kind>} covers the failures of a {@link Kind} that have no condition of their own; its
 * only parameter is {@code reason}.
 */
public enum Condition {
  UNKNOWN_OPTION(
      Kind.OPTION,
      "42616",
      "There is no <function> option '<option>'<hint> The options are <options>."),
  INVALID_OPTION(
      Kind.OPTION, "22023", "The <function> option <option> cannot be <value>; it takes <takes>."),
  DUPLICATE_OPTION(Kind.OPTION, "42614", "The <function> option <option> is given twice."),
  OPTIONS_NOT_LITERAL(
      Kind.OPTION,
      "42K08",
      "The options of <function> have to be literals, such as map('mode', 'FAILFAST') or mode =>"
          + " 'FAILFAST', but this is <argument>."),
  OPTION_KEYS_NOT_STRING(
      Kind.OPTION, "42K09", "The options of <function> have to be a map with string keys."),
  NO_MODEL(
      Kind.OPTION,
      "42616",
      "<function> has no model of its own: name one with map('model', …), or for the session with"
          + " <conf>."),
  SERVER_NOT_ALLOWED(
      Kind.OPTION,
      "42501",
      "The model <model> is on a server that its URL names; calls may name one only if Spark was"
          + " started with --conf <conf>=true."),
  INVALID_CONF(Kind.OPTION, "22022", "<conf> cannot be '<value>'; it takes <takes>."),
  CONF_OF_APPLICATION(
      Kind.OPTION,
      "46110",
      "<conf> belongs to the application: set it before Spark starts, with --conf <conf>=…"),
  NO_TEXT_COLUMN(
      Kind.OPTION,
      "42703",
      "There is no string column '<column>' to embed; the dataset has <schema>."),
  NO_VECTOR_COLUMN(
      Kind.OPTION,
      "42703",
      "There is no column '<column>' of vectors, which are arrays of numbers; the dataset has"
          + " <schema>."),
  NOT_A_TABLE(
      Kind.OPTION,
      "42K09",
      "<function> takes tables, as TABLE(name) or TABLE(SELECT …), but this is <argument>."),
  COLUMN_EXISTS(
      Kind.OPTION, "42711", "The dataset already has a column '<column>'; choose another name."),
  MODEL_NOT_FETCHED(Kind.MODEL, "42K03", "The model <model> cannot be fetched: <reason>."),
  MODEL_NOT_IMPORTED(Kind.MODEL, "0A000", "The model <model> cannot be imported: <reason>."),
  MODEL_NOT_LOADED(Kind.MODEL, "22000", "The model cannot be loaded: <reason>."),
  TOO_MANY_DIMENSIONS(
      Kind.OPTION, "22023", "dimensions is <dimensions>, but the model has <available>."),
  UNKNOWN_PROMPT(
      Kind.OPTION,
      "22023",
      "role is <role>, but the model <name> has no prompts in its file and is of no known family"
          + " (<families>); give its prompt as prefix, '' for none."),
  FAILED_ROW(
      Kind.MODEL,
      "22000",
      "Row <row> of partition <partition> cannot be <done>: <reason> With mode=PERMISSIVE its"
          + " result would be NULL."),
  VECTOR_LENGTHS(
      Kind.OPTION,
      "22000",
      "<function> takes vectors of the same length, but these have <left> and <right> elements;"
          + " they are of different models or dimensions."),
  /** Of Spark 4.2 and later, for the Sparks that lack it. */
  VECTOR_DIMENSION_MISMATCH(
      Kind.OPTION,
      "22000",
      "<functionName> takes vectors of the same length, but these have <leftDim> and <rightDim>"
          + " elements; they are of different models or dimensions."),
  /** Of Spark 4.2 and later, for the Sparks that lack it. */
  INVALID_VECTOR_NORM_DEGREE(
      Kind.OPTION,
      "22023",
      "The degree of <functionName> cannot be <degree>; it takes 1.0, 2.0 or float('inf')."),
  WRONG_SCALA(
      Kind.BACKEND,
      "56038",
      "This jar of Embark is for Scala <jar>, but Spark <spark> runs on Scala <scala>; use the jar"
          + " for Scala <scala>."),

  TOO_LONG(Kind.TOO_LONG, "22001"),
  EMPTY(Kind.EMPTY, "22000"),
  NOT_TEXT(Kind.NOT_TEXT, "22021"),
  NOT_FINITE(Kind.NOT_FINITE, "22003"),
  CANCELLED(Kind.CANCELLED, "57014"),
  OUT_OF_MEMORY(Kind.OUT_OF_MEMORY, "53200"),
  MODEL(Kind.MODEL, "22000"),
  BACKEND(Kind.BACKEND, "56038"),
  OPTION(Kind.OPTION, "42616"),

  // Of the Python package only.
  NO_JAR(
      Kind.BACKEND,
      "42K03",
      "There is no Embark jar: pass jar=, or set EMBARK_JAR to the path of the jar."),
  NOT_A_JAR(Kind.BACKEND, "42K03", "<jar> is not a jar of Embark: <reason>"),
  WRONG_VERSION(
      Kind.BACKEND,
      "56038",
      "embark-spark <package> needs a jar of the same minor version, but <where> has Embark <jar>;"
          + " install the matching package or jar."),
  SPARK_IS_RUNNING(
      Kind.BACKEND,
      "56038",
      "Spark is running already, so a builder cannot add a jar to it; call"
          + " embark.install(spark, jar=…) on the session."),
  NOT_ON_SERVER(
      Kind.BACKEND,
      "56038",
      "The Spark Connect server does not have Embark, and a client cannot add it. Ask its"
          + " administrator to start the server with <arguments>"),
  NOT_INSTALLED(Kind.BACKEND, "56038", "Embark could not be installed in this session: <reason>"),
  NEEDS_DRIVER(
      Kind.BACKEND,
      "56038",
      "A job runs in the driver, which a Spark Connect client does not have. Run it where the"
          + " driver is: embark run <arguments>"),
  CLIENT_TOO_OLD(
      Kind.BACKEND,
      "56038",
      "embark.<function> needs Spark 4 on a Spark Connect client; on Spark <spark>, register both"
          + " DataFrames as temporary views and call the table function <function> in SQL."),
  JOB_FAILED(Kind.BACKEND, "58000", "<reason>"),
  NOT_VECTORS(
      Kind.OPTION, "42K09", "The column <column> is <type>; to_numpy takes a column of vectors."),
  NULL_VECTORS(
      Kind.OPTION,
      "22004",
      "<count> of <rows> rows of the column <column> are NULL; filter them with <column> IS NOT"
          + " NULL<hint>."),
  UNEQUAL_VECTORS(
      Kind.OPTION,
      "22000",
      "The vectors of the column <column> have different lengths, <shortest> to <longest>; they"
          + " are of different models or dimensions.");

  private static final Pattern PARAMETER = Pattern.compile("<([a-zA-Z]+)>");
  private static final String REASON = "reason";

  private final Kind kind;
  private final String sqlState;
  private final String template;

  Condition(Kind kind, String sqlState) {
    this(kind, sqlState, "<" + REASON + ">");
  }

  Condition(Kind kind, String sqlState, String template) {
    this.kind = kind;
    this.sqlState = sqlState;
    this.template = template;
  }

  /** Returns the general condition of a kind of failure. */
  public static Condition of(Kind kind) {
    return valueOf(kind.name());
  }

  /** Returns the condition with a name such as {@code EMBARK_UNKNOWN_OPTION}. */
  public static Optional<Condition> named(String condition) {
    return Arrays.stream(values()).filter(c -> c.condition().equals(condition)).findFirst();
  }

  /**
   * Returns the name that users see, such as {@code EMBARK_UNKNOWN_OPTION}; Spark's own name for a
   * condition of a later Spark.
   */
  public String condition() {
    return isOfLaterSpark() ? name() : "EMBARK_" + name();
  }

  /** Whether later versions of Spark have the condition themselves. */
  public boolean isOfLaterSpark() {
    return this == VECTOR_DIMENSION_MISMATCH || this == INVALID_VECTOR_NORM_DEGREE;
  }

  /** Returns the category of the failure. */
  public Kind kind() {
    return kind;
  }

  /** Returns the SQLSTATE, five characters. */
  public String sqlState() {
    return sqlState;
  }

  /** Returns the message with parameters in angle brackets. */
  public String template() {
    return template;
  }

  /** Returns the names of the parameters, in the order of the template. */
  public Set<String> parameters() {
    Set<String> names = new LinkedHashSet<>();
    PARAMETER.matcher(template).results().forEach(found -> names.add(found.group(1)));
    return names;
  }

  /**
   * Returns the sentence for the user.
   *
   * @param parameters a value for each of {@link #parameters}
   * @throws IllegalArgumentException unless exactly these parameters are given
   */
  public String message(Map<String, String> parameters) {
    if (!parameters.keySet().equals(parameters())) {
      throw new IllegalArgumentException(
          condition() + " takes " + parameters() + ", but was given " + parameters.keySet());
    }
    return PARAMETER
        .matcher(template)
        .replaceAll(found -> Matcher.quoteReplacement(parameters.get(found.group(1))));
  }
}
