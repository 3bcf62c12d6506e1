package dev.embark.job.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;

/**
 * Keeps credentials out of what a run writes, prints and logs. Recognises them by the names of
 * options and parameters, and by their place in a URL. Stateless.
 */
public final class Secrets {
  private static final String REDACTED = "[redacted]";

  private static final String WORDS =
      "password|passwd|passphrase|pwd|secret|token|credentials?|signature"
          + "|(?:access|account|api|encryption|private|secret|shared)[._-]?key";

  private static final Pattern OPTION =
      Pattern.compile("(?i)" + WORDS + "|(?:^|[._-])(?:auth|key|pass|sas|sig)$");

  /** Spark's own rule for names, which a session may replace. */
  private static final String SPARK_CONF = "spark.redaction.regex";

  /** The container of a URI of Azure precedes the @, and is no credential. */
  private static final Pattern USER_INFO =
      Pattern.compile(
          "(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?<user>[^/\\s@:'\"<>]+@(?:[^/\\s@]*@)?"
              + "|[^/\\s@'\"<>]*:(?!\\d+/)[^\\s@'\"<>]*@(?:[^/\\s@]*@)?)");

  private static final Pattern ORACLE =
      Pattern.compile("(?i)(jdbc:oracle:\\w+:)[^@\\s]+@(?=[/\\w(])");

  private static final Pattern PARAMETER =
      Pattern.compile(
          "(?i)(?<name>[\\w.-]*(?:"
              + WORDS
              + ")|(?<=[?&;])(?:key|pass|sas|sig|uid|user|username))(?<is>\\s*(?:=|->)\\s*)"
              + "(?:\\{[^}]*\\}|'[^']*'|\"[^\"]*\"|[^&;,\\s)'\"]+)");

  private Secrets() {}

  /** Whether an option of a reader has a credential as its value, by its name. */
  public static boolean isSecret(SparkSession spark, String option) {
    String sparks = spark.sparkContext().getConf().get(SPARK_CONF, "");
    return OPTION.matcher(option).find()
        || (!sparks.isEmpty() && Pattern.compile(sparks).matcher(option).find());
  }

  /**
   * Returns a text with {@code [redacted]} for the user-info of its URLs and the values of its
   * parameters that are named as credentials are.
   */
  public static String redacted(String text) {
    String withoutUsers =
        USER_INFO.matcher(text).replaceAll(found -> Matcher.quoteReplacement(url((Matcher) found)));
    String withoutOracle = ORACLE.matcher(withoutUsers).replaceAll("$1" + REDACTED + "@");
    return PARAMETER.matcher(withoutOracle).replaceAll("${name}${is}" + REDACTED);
  }

  private static String url(Matcher found) {
    boolean isContainer =
        found.group("scheme").matches("(?i)abfss?|wasbs?") && !found.group("user").contains(":");
    return isContainer ? found.group() : found.group("scheme") + "://" + REDACTED + "@";
  }
}
