package dev.embark.job.scan;

import java.io.Serializable;

/**
 * CSV dialect, derived from the options of Spark's reader.
 *
 * @param separator field separator of one or more characters
 * @param quote quote character; {@link #NONE} to disable quoting
 * @param escape escape character within quotes; equal to {@code quote} if quotes are doubled
 * @param comment first character of comment lines; {@link #NONE} to disable comments
 * @param lineEnd the only line terminator; {@link #NONE} to detect it
 * @param isMultiLine whether a quoted field may contain line ends
 * @param hasHeader whether the first line of each file names the columns
 * @param skipsLeadingSpace whether white space before a quote is ignored
 * @param columns number of fields that each line must have, if there is no header
 * @param checksColumns whether a different number of fields is a fault
 */
record CsvDialect(
    String separator,
    char quote,
    char escape,
    char comment,
    char lineEnd,
    boolean isMultiLine,
    boolean hasHeader,
    boolean skipsLeadingSpace,
    int columns,
    boolean checksColumns)
    implements Serializable {
  static final char NONE = '\0';
}
