package dev.embark.job.input;

import java.io.Serializable;

/**
 * How CSV is written, after the options of Spark's reader.
 *
 * @param separator of fields, one character or more
 * @param quote around a field; {@link #NONE} if there are no quotes
 * @param escape before a quote within quotes; the quote itself if it is doubled
 * @param comment at the head of a line that is none of the data; {@link #NONE} if there are none
 * @param lineEnd the only end of a line; {@link #NONE} for what the first line of a file ends with
 * @param isMultiLine whether a quoted field may hold line ends
 * @param hasHeader whether the first line of each file names the columns
 * @param skipsLeadingSpace whether white space before a quote belongs to no field
 * @param columns that each line has to have, if there is no header
 * @param checksColumns whether lines of more or fewer columns are a fault
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
