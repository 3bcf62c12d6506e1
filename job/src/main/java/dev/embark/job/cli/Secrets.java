package dev.embark.job.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;

/**
 * Redacts credentials in everything that a run writes, prints or logs. Credentials are recognised
 * by the names of options and parameters and by their position in a URL. Stateless.
 */
public final class Secrets {
  private static final String REDACTED = "[redacted]";

  private static final String WORDS =
      "password|passwd|passphrase|pwd|secret|token|credentials?|signature"
          + "|(?:access|account|api|encryption|private|secret|shared)[._-]?key";

  private static final Pattern OPTION =
      Pattern.compile("(?i)" + WORDS + "|(?:^|[._-])(?:auth|key|pass|sas|sig)$");

  /** Spark's redaction pattern for option names, which a session may override. */
  private static final String SPARK_CONF = "spark.redaction.regex";

  /** In an Azure URI the part before the @ is a container name, not a credential. */
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

  /** Returns whether the name of a reader option indicates that its value is a credential. */
  public static boolean isSecret(SparkSession spark, String option) {
    String sparks = spark.sparkContext().getConf().get(SPARK_CONF, "");
    return OPTION.matcher(option).find()
        || (!sparks.isEmpty() && Pattern.compile(sparks).matcher(option).find());
  }

  /**
   * Returns {@code text} with the user-info of URLs and the values of credential parameters
   * replaced by {@code [redacted]}.
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
